// Watching a real daemon: clients that do not read, and clients that come and go.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <fstream>
#include <numeric>

#include "holter/status.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"
#include "tests/support/misbehaving_peer.h"

namespace holter::integration {
namespace {

using holter::testing::MisbehavingPeer;
using holter::testing::Opcode;
using holter::testing::PeerConnection;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// A watch over a connection of its own whose responses are read only when the test says so.
class RawWatch {
 public:
  explicit RawWatch(const std::string& server, const std::string& token = "") {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // or the client itself takes megabytes that nobody has read
    stub_ =
        v1::SessionService::NewStub(grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments));
    context_.set_deadline(std::chrono::system_clock::now() + 3 * kPatience);
    v1::WatchSessionsRequest request;
    request.set_parent("tenants/-");
    request.set_resume_token(token);
    reader_ = stub_->WatchSessions(&context_, request);
  }
  ~RawWatch() {
    context_.TryCancel();
    v1::WatchSessionsResponse ignored;
    while (!finished_ && reader_->Read(&ignored)) {
    }
    if (!finished_) (void)reader_->Finish();
  }
  RawWatch(const RawWatch&) = delete;
  RawWatch& operator=(const RawWatch&) = delete;

  // Reads up to the end of the snapshot.
  void ReadSnapshot() {
    v1::WatchSessionsResponse response;
    while (reader_->Read(&response)) {
      if (!response.resume_token().empty()) token_ = response.resume_token();
      for (const v1::SessionChange& change : response.changes()) {
        if (change.kind() == v1::SessionChange::KIND_SNAPSHOT_END) return;
      }
    }
    ADD_FAILURE() << "the watch ended within its snapshot: " << Finish();
  }
  // Reads at least so many changes, or to the end of the stream.
  std::vector<v1::SessionChange> Read(size_t count) {
    std::vector<v1::SessionChange> changes;
    v1::WatchSessionsResponse response;
    while (changes.size() < count && reader_->Read(&response)) {
      token_ = response.resume_token();
      changes.insert(changes.end(), response.changes().begin(), response.changes().end());
    }
    return changes;
  }
  // After the last response.
  absl::Status Finish() {
    finished_ = true;
    return client::FromGrpc(reader_->Finish());
  }
  const std::string& token() const { return token_; }

 private:
  std::unique_ptr<v1::SessionService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchSessionsResponse>> reader_;
  std::string token_;
  bool finished_ = false;
};

class LaggingWatchTest : public EndToEndTest {
 protected:
  static constexpr seconds kWriteTimeout{3};
  static constexpr int kUpdates = 2000;
  static constexpr int kLabels = 16;
  static constexpr size_t kLabelBytes = 128;

  void SetUp() override {
    StartDaemon(nullptr, {"--store=memory", fmt::format("--watch-write-timeout={}s", kWriteTimeout.count())});
    v1::Session session = Large(0);
    session.mutable_spec()->set_url("ws://127.0.0.1:1/");
    session.mutable_spec()->mutable_reconnect()->set_first_delay("1h");
    ASSERT_TRUE(client->Create(session).ok());
    EXPECT_TRUE(Await([&] { return StatusOf("feed").state() == v1::STATE_BACKOFF; }));
  }

  // Its labels make a change of 2 KiB; `number` tells one change from the next.
  static v1::Session Large(int number) {
    v1::Session session;
    session.set_name(NameOf("feed"));
    for (int i = 0; i < kLabels; ++i) {
      (*session.mutable_labels())[fmt::format("label_{}", i)] = fmt::format("{:0{}}", number, kLabelBytes);
    }
    return session;
  }
  void MakeChanges() {
    for (int i = 1; i <= kUpdates; ++i) {
      const auto updated = client->Update(Large(i), {"labels"});
      EXPECT_TRUE(updated.ok()) << updated.status();
    }
  }

  static std::vector<int> NumbersOf(const std::vector<v1::SessionChange>& changes) {
    std::vector<int> numbers;
    for (const v1::SessionChange& change : changes) {
      if (change.kind() != v1::SessionChange::KIND_DECLARED) continue;
      numbers.push_back(std::stoi(change.session().labels().at("label_0")));
    }
    return numbers;
  }

  static std::vector<int> NumbersUpTo(int last) {
    std::vector<int> numbers(static_cast<size_t>(last));
    std::iota(numbers.begin(), numbers.end(), 1);
    return numbers;
  }

  size_t ResidentBytes() const {
    std::ifstream file(fmt::format("/proc/{}/statm", daemon->process().pid()));
    size_t pages = 0;
    file >> pages >> pages;
    return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  }
};

TEST_F(LaggingWatchTest, ClientsThatDoNotReadAreBoundedCutOffAndTold) {
  constexpr size_t kLagging = 30;
  std::vector<std::unique_ptr<RawWatch>> lagging;
  for (size_t i = 0; i < kLagging; ++i) {
    lagging.push_back(std::make_unique<RawWatch>(daemon->grpc()));
    lagging.back()->ReadSnapshot();
  }
  const ChangeRecorder good(*client);
  EXPECT_TRUE(Await([&] { return !good.All().empty(); }));
  const size_t before = ResidentBytes();
  const auto begin = steady_clock::now();
  std::thread maker([&] { MakeChanges(); });

  // They stall soon and are cut off when the time is up, at most a quarter later; they are told if they read again
  // before it is up once more. Meanwhile nothing is kept for them: the log of changes costs what it costs once.
  size_t most = before;
  while (steady_clock::now() < begin + kWriteTimeout * 3 / 2) {
    most = std::max(most, ResidentBytes());
    std::this_thread::sleep_for(milliseconds(20));
  }
  const size_t all_changes = size_t{kUpdates} * kLabels * kLabelBytes;
  EXPECT_LT(most - before, kLagging * all_changes / 3) << "of " << kLagging << " watchers times " << all_changes;
  std::vector<std::vector<int>> told;
  std::vector<std::string> tokens;
  for (size_t i = 0; i < kLagging / 2; ++i) {
    std::vector<int> numbers = NumbersOf(lagging[i]->Read(kUpdates));
    const absl::Status end = lagging[i]->Finish();
    if (absl::IsCancelled(end)) continue;  // the machine was too slow for it
    EXPECT_TRUE(absl::IsResourceExhausted(end)) << end;
    EXPECT_EQ(client::ReasonOf(end), "WATCH_LAGGED") << end;
    told.push_back(std::move(numbers));
    tokens.push_back(lagging[i]->token());
  }
  EXPECT_FALSE(told.empty());

  // With the token of the last response nothing is lost and nothing comes twice.
  for (size_t i = 0; i < told.size(); ++i) {
    ASSERT_LT(told[i].size(), size_t{kUpdates}) << "was not cut off";
    RawWatch resumed(daemon->grpc(), tokens[i]);
    const std::vector<int> rest = NumbersOf(resumed.Read(kUpdates - told[i].size()));
    told[i].insert(told[i].end(), rest.begin(), rest.end());
    EXPECT_EQ(told[i], NumbersUpTo(kUpdates));
  }

  // Those who never read again are reset.
  EXPECT_TRUE(Await([&] {
    return daemon->Http("/metrics")
               .find(fmt::format("holter_rpc_requests_total{{code=\"RESOURCE_EXHAUSTED\",method=\"WatchSessions\"}} {}",
                                 kLagging)) != std::string::npos;
  })) << daemon->Http("/metrics");
  lagging.back()->Read(kUpdates);
  EXPECT_TRUE(absl::IsCancelled(lagging.back()->Finish()));

  // The others are not disturbed.
  maker.join();
  EXPECT_TRUE(Await([&] { return NumbersOf(good.All()).size() >= kUpdates; }));
  EXPECT_EQ(NumbersOf(good.All()), NumbersUpTo(kUpdates));
  EXPECT_TRUE(good.failure().ok()) << good.failure();
  EXPECT_EQ(good.resets(), 0);
}

class ResumeTest : public EndToEndTest {
 protected:
  static constexpr int kSessions = 8;

  void SetUp() override { StartDaemon(); }

  static std::string Id(int i) { return "feed-" + std::to_string(i); }

  void DeclareFlapping() {
    for (int i = 0; i < kSessions; ++i) {
      v1::Session session;
      session.set_name(NameOf(Id(i)));
      session.mutable_spec()->set_url(flapping_.url());
      session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("50ms");
      session.mutable_spec()->mutable_reconnect()->set_first_delay("50ms");
      session.mutable_spec()->mutable_reconnect()->set_max_delay("50ms");
      ASSERT_TRUE(client->Create(session).ok());
    }
  }

  // Answers one ping, then resets the connection: CONNECTING, OPEN, HEALTHY, BACKOFF, and again.
  MisbehavingPeer flapping_{[](PeerConnection& connection) {
    if (!connection.Upgrade()) return;
    if (const auto frame = connection.ReadFrame()) connection.SendFrame(Opcode::kPong, frame->payload);
    if (connection.ReadFrame()) connection.Reset();
  }};
};

TEST_F(ResumeTest, NothingIsLostByAClientThatComesAndGoes) {
  constexpr size_t kConnections = 60;
  const ChangeRecorder steady(*client);
  EXPECT_TRUE(Await([&] { return !steady.All().empty(); }));
  auto watch = std::make_unique<RawWatch>(daemon->grpc());
  watch->ReadSnapshot();
  std::string token = watch->token();
  watch.reset();
  DeclareFlapping();
  std::vector<v1::SessionChange> seen;
  for (size_t i = 0; i < kConnections; ++i) {
    RawWatch next(daemon->grpc(), token);
    // Away for a while now and then, so that the next one finds changes that were made meanwhile.
    const std::vector<v1::SessionChange> changes = next.Read(1 + i % 17);
    seen.insert(seen.end(), changes.begin(), changes.end());
    token = next.token();
    if (i % 5 == 0) std::this_thread::sleep_for(milliseconds(40));
  }
  for (int i = 0; i < kSessions; ++i) ASSERT_TRUE(client->Delete(NameOf(Id(i))).ok());
  const auto deleted = [](const std::vector<v1::SessionChange>& changes) {
    return std::count_if(changes.begin(), changes.end(),
                         [](const auto& change) { return change.kind() == v1::SessionChange::KIND_DELETED; });
  };
  RawWatch last(daemon->grpc(), token);
  while (deleted(seen) < kSessions) {
    const std::vector<v1::SessionChange> changes = last.Read(1);
    ASSERT_FALSE(changes.empty()) << last.Finish();
    seen.insert(seen.end(), changes.begin(), changes.end());
  }
  ASSERT_TRUE(Await([&] { return deleted(steady.All()) == kSessions; }));

  std::vector<v1::SessionChange> all = steady.All();
  ASSERT_EQ(all.front().kind(), v1::SessionChange::KIND_SNAPSHOT_END);
  all.erase(all.begin());
  EXPECT_GT(all.size(), 4 * kConnections) << "too few changes to prove anything";
  ASSERT_EQ(seen.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(seen[i].SerializeAsString(), all[i].SerializeAsString())
        << i << ": " << seen[i].ShortDebugString() << "\n"
        << all[i].ShortDebugString();
  }
}

// Every state follows from the one before: a hole would show.
TEST_F(ResumeTest, EveryTransitionComesAndInOrder) {
  const ChangeRecorder recorder(*client);
  EXPECT_TRUE(Await([&] { return !recorder.All().empty(); }));
  DeclareFlapping();
  EXPECT_TRUE(Await([&] { return recorder.All().size() > 400; }));
  for (int i = 0; i < kSessions; ++i) {
    v1::State state = v1::STATE_CONNECTING;
    v1::Health health = v1::HEALTH_UNKNOWN;
    SystemTime time{};
    for (const v1::SessionChange& change : recorder.Of(NameOf(Id(i)))) {
      if (change.kind() != v1::SessionChange::KIND_TRANSITION) continue;
      const v1::SessionStatus& now = change.session().status();
      const bool follows = now.state() == state ||  // of health only
                           (state == v1::STATE_CONNECTING && now.state() != v1::STATE_STOPPED) ||
                           (state == v1::STATE_OPEN && now.state() == v1::STATE_BACKOFF) ||
                           (state == v1::STATE_BACKOFF && now.state() == v1::STATE_CONNECTING);
      EXPECT_TRUE(follows) << v1::State_Name(state) << " before " << change.ShortDebugString();
      EXPECT_FALSE(now.state() == state && now.health() == health) << "said twice: " << change.ShortDebugString();
      EXPECT_GE(ToTime(change.time()), time);
      state = now.state();
      health = now.health();
      time = ToTime(change.time());
    }
  }
}

}  // namespace
}  // namespace holter::integration
