// Whatever happens, in whatever order: who watches knows in the end what is true, and was told every change once, in
// order.
#include <atomic>
#include <thread>

#include "base/random.h"
#include "tests/support/seed.h"
#include "tests/unit/registry/watch_fixture.h"

namespace holter::registry {
namespace {

class WatchModelTest : public WatchTest {
 protected:
  static std::string IdOf(uint64_t number) { return "s" + std::to_string(number); }

  // One random thing.
  void Act(Random& random, uint64_t names) {
    const std::string id = IdOf(random() % names);
    switch (random() % 8) {
      case 0:
        StartCreate(CreateRequest(id, SessionWithUrl("ws://" + id + "/")));
        break;
      case 1:
        if (random() % 3 == 0) StartDelete(id);
        break;
      case 2: {
        v1::Session session;
        session.set_name(FullName(id));
        session.set_group("g" + std::to_string(random() % 5));
        StartUpdate(session, {"group"});
        break;
      }
      default:
        Step(id);
    }
  }
};

// A client with a life of its own: it reads now and then, and comes back with its token, or without.
class Client {
 public:
  using Open = std::function<std::unique_ptr<WatchReader>(const std::string& token)>;

  Client(Open open, uint64_t seed) : open_(std::move(open)), random_(seed) { Begin(); }

  void Act() {
    switch (random_() % 10) {
      case 0:
        if (!token_.empty() && known_.complete) reader_ = open_(token_);
        break;
      case 1:
        if (random_() % 4 == 0) Begin();
        break;
      default:
        Read(static_cast<int>(random_() % 7));
    }
  }
  // False when there was nothing.
  bool Read(int most) {
    const auto response = reader_->Next(most);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return false;
    for (const v1::SessionChange& change : response->changes()) {
      known_.Take(change);
      const bool is_live = known_.complete && change.kind() != v1::SessionChange::KIND_SNAPSHOT_END;
      if (is_live) heard_[change.session().name()].push_back(change.SerializeAsString());
    }
    if (!response->resume_token().empty()) token_ = response->resume_token();
    return !response->changes().empty();
  }

  const WatchedSessions& known() const { return known_; }
  // Live changes since the last snapshot, by name.
  const std::map<std::string, std::vector<std::string>>& heard() const { return heard_; }

 private:
  void Begin() {
    reader_ = open_("");
    known_ = {};
    heard_.clear();
    token_.clear();
  }

  const Open open_;
  Random random_;
  std::unique_ptr<WatchReader> reader_;
  std::string token_;
  WatchedSessions known_;
  std::map<std::string, std::vector<std::string>> heard_;
};

TEST_F(WatchModelTest, ClientsThatComeAndGoMissNothing) {
  const uint64_t seed = holter::testing::TestSeed();
  for (uint64_t round = 0; round < 20; ++round) {
    Shut();
    watch_history_ = 100000;
    store_.Clear();
    Open();
    Random random(seed + round);
    const auto open = [this](const std::string& token) { return Watch(token); };
    Client reference(open, 0);  // hears everything: it is there before the first session
    reference.Read(1);
    std::vector<std::unique_ptr<Client>> clients;
    for (uint64_t i = 0; i < 4; ++i) {
      clients.push_back(std::make_unique<Client>(open, random()));
    }
    for (int i = 0; i < 600; ++i) {
      Act(random, 12);
      clients[random() % clients.size()]->Act();
    }
    while (reference.Read(100)) {
    }
    const auto truth = Truth();
    EXPECT_EQ(reference.known().sessions, truth);
    for (const auto& client : clients) {
      while (client->Read(100)) {
      }
      EXPECT_EQ(client->known().sessions, truth);
      // What it heard of a session is the end of all that happened to it: none lost, none twice, none out of order.
      for (const auto& [name, heard] : client->heard()) {
        const std::vector<std::string>& all = reference.heard().at(name);
        ASSERT_LE(heard.size(), all.size()) << name;
        EXPECT_TRUE(std::equal(heard.begin(), heard.end(), all.end() - static_cast<ptrdiff_t>(heard.size()))) << name;
      }
    }
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST_F(WatchModelTest, AndNeitherDoThoseWhoWatchWhileManyThreadsWork) {
  const uint64_t seed = holter::testing::TestSeed();
  Shut();
  watch_history_ = 1000000;
  Open();
  constexpr uint64_t kThreads = 3;
  constexpr uint64_t kNames = 8;  // of each thread: a session is stepped by one thread at a time
  std::atomic<uint64_t> working = kThreads;
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(seed + t);
      for (int i = 0; i < 2000; ++i) {
        const std::string id = "t" + std::to_string(t) + "-" + std::to_string(random() % kNames);
        const uint64_t what = random() % 8;
        if (what == 0) StartCreate(CreateRequest(id, SessionWithUrl("ws://" + id + "/")));
        if (what == 1 && random() % 3 == 0) StartDelete(id);
        if (what > 1) Step(id);
      }
      --working;
    });
  }
  std::vector<std::unique_ptr<Client>> clients;
  for (uint64_t i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Client>([this](const std::string& token) { return Watch(token); }, seed + i));
  }
  while (working > 0) {
    for (const auto& client : clients) {
      client->Act();
    }
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const auto truth = Truth();
  for (const auto& client : clients) {
    while (client->Read(100)) {
    }
    EXPECT_EQ(client->known().sessions, truth);
  }
}

}  // namespace
}  // namespace holter::registry
