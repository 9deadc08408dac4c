// The registry's smaller parts.
#include <algorithm>
#include <stdexcept>
#include <thread>

#include "absl/synchronization/notification.h"
#include "registry/change_entry.h"
#include "registry/declaration_compiler.h"
#include "registry/name_sequencer.h"
#include "registry/session_uid.h"
#include "registry/weak_interner.h"
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

struct Word {
  std::string text;
  std::string_view Key() const { return text; }
};

TEST(WeakInternerTest, EqualValuesAreOneForAsLongAsSomebodyUsesThem) {
  WeakInterner<Word> words;
  auto a = words.Intern({"a"});
  auto again = words.Intern({"a"});
  const auto b = words.Intern({"b"});
  EXPECT_EQ(a, again);
  EXPECT_NE(a, b);
  EXPECT_EQ(words.size(), 2);
  a.reset();
  EXPECT_EQ(words.size(), 2);
  again.reset();
  EXPECT_EQ(words.size(), 1);
}

TEST(WeakInternerTest, ValuesMayOutliveIt) {
  std::shared_ptr<const Word> word;
  {
    WeakInterner<Word> words;
    word = words.Intern({"long enough not to be kept inside of the string"});
  }
  EXPECT_EQ(word->text, "long enough not to be kept inside of the string");
}

TEST(WeakInternerTest, ManyThreadsAtOnce) {
  WeakInterner<Word> words;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&words] {
      for (int i = 0; i < 20000; ++i) {
        const auto word = words.Intern({std::to_string(i % 3)});
        ASSERT_EQ(word->text, std::to_string(i % 3));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(words.size(), 0);
}

TEST(DeclarationCompilerTest, EqualPartsAreSharedAndTheUrlIsNotOneOfThem) {
  testing::ManualClock clock;
  LeaseTable leases(&clock);
  DeclarationCompiler compiler(&leases);
  const auto compile = [&compiler](const std::string& id, const v1::Session& session) {
    return *compiler.Compile({"default", id}, session, "session", nullptr, {});
  };
  v1::Session session = SessionWithUrl("ws://one/");
  session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("5s");
  const Declaration one = compile("one", session);
  session.mutable_spec()->set_url("ws://two/");
  const Declaration two = compile("two", session);
  EXPECT_EQ(one.spec, two.spec);
  EXPECT_EQ(one.traits, two.traits);
  EXPECT_EQ(one.spec->shared, two.spec->shared);
  session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("6s");
  (*session.mutable_labels())["a"] = "b";
  std::optional<Declaration> three = compile("three", session);
  EXPECT_NE(one.spec, three->spec);
  EXPECT_NE(one.traits, three->traits);
  EXPECT_EQ(compiler.distinct_specs(), 2);
  three.reset();
  EXPECT_EQ(compiler.distinct_specs(), 1);
}

// A map has no order of its own; equal ones must have equal bytes.
TEST(DeclarationCompilerTest, TheOrderOfMapsDoesNotMatter) {
  testing::ManualClock clock;
  LeaseTable leases(&clock);
  DeclarationCompiler compiler(&leases);
  v1::Session session = SessionWithUrl("ws://one/");
  auto* fields = session.mutable_spec()->add_beats();
  fields->set_name("b");
  for (const char* key : {"one", "two", "three", "four", "five"}) {
    (*fields->mutable_send()->mutable_json()->mutable_struct_value()->mutable_fields())[key].set_number_value(1);
    (*session.mutable_labels())[key] = "x";
  }
  v1::Session other = SessionWithUrl("ws://one/");
  fields = other.mutable_spec()->add_beats();
  fields->set_name("b");
  for (const char* key : {"five", "four", "three", "two", "one"}) {
    (*fields->mutable_send()->mutable_json()->mutable_struct_value()->mutable_fields())[key].set_number_value(1);
    (*other.mutable_labels())[key] = "x";
  }
  const auto a = compiler.Compile({"default", "a"}, session, "session", nullptr, {});
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_TRUE(compiler.IsSame(other, *a));
  EXPECT_EQ(compiler.Compile({"default", "a"}, other, "session", nullptr, {})->spec, a->spec);
  (*other.mutable_labels())["six"] = "x";
  EXPECT_FALSE(compiler.IsSame(other, *a));
}

TEST(SessionRecordTest, NamesAreInTheOrderOfTheirText) {
  const std::vector<std::string> ids = {"a", "a-b", "a0", "aa", "b", "a-", "z9"};
  for (const std::string& t1 : ids) {
    for (const std::string& t2 : ids) {
      for (const std::string& s1 : ids) {
        for (const std::string& s2 : ids) {
          const int by_text = FullName(s1, t1).compare(FullName(s2, t2));
          const int by_parts = CompareNames({.tenant = t1, .session = s1}, {.tenant = t2, .session = s2});
          EXPECT_EQ(by_text < 0, by_parts < 0) << t1 << "/" << s1 << " " << t2 << "/" << s2;
          EXPECT_EQ(by_text == 0, by_parts == 0);
        }
      }
    }
  }
}

TEST(SessionRecordTest, IsSmall) {
  // What 20,000 sessions are multiplied by, beside their cells and strings.
  EXPECT_LE(sizeof(SessionRecord), 160);
  EXPECT_LE(sizeof(ChangeEntry), 100);
}

TEST(SessionUidTest, IsARandomUuid) {
  const Uid uid = NewUid();
  const std::string text = FormatUid(uid);
  EXPECT_EQ(text[14], '4');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
  EXPECT_EQ(ParseUid(text), uid);
  EXPECT_NE(NewUid(), uid);
  for (const char* bad : {"", "f81d4fae-7dec-41d0-a765-00a0c91e6bf", "f81d4fae-7dec-41d0-a765-00a0c91e6bfg",
                          "f81d4fae07dec-41d0-a765-00a0c91e6bf6"}) {
    EXPECT_EQ(ParseUid(bad), std::nullopt) << bad;
  }
}

TEST(NameSequencerTest, TurnsComeInOrderAndNamesDoNotWaitForEachOther) {
  InPlaceTurns turns;
  NameSequencer names(&turns);
  std::vector<std::string> order;
  const auto note = [&](const char* what) { return [&order, what](const std::string*) { order.emplace_back(what); }; };
  names.Acquire({"a"}, note("a1"));
  names.Acquire({"a"}, note("a2"));
  names.Acquire({"a"}, note("a3"));
  names.Acquire({"b"}, note("b1"));
  EXPECT_EQ(order, (std::vector<std::string>{"a1", "b1"}));
  names.Release("a");
  names.Release("a");
  EXPECT_EQ(order, (std::vector<std::string>{"a1", "b1", "a2", "a3"}));
  EXPECT_FALSE(names.WaitUntilIdle(absl::ZeroDuration()));
  names.Release("a");
  names.Release("b");
  EXPECT_TRUE(names.WaitUntilIdle(absl::ZeroDuration()));
}

TEST(NameSequencerTest, ThoseWhoWaitAreBounded) {
  InPlaceTurns turns;
  NameSequencer names(&turns);
  size_t started = 0;
  names.Acquire({"a"}, [](const std::string*) {});
  for (size_t i = 0; i < NameSequencer::kMostWaiting; ++i) {
    names.Acquire({"a"}, [&](const std::string* crowded) {
      EXPECT_EQ(crowded, nullptr);
      ++started;
      names.Release("a");
    });
  }
  std::string refused;
  names.Acquire({"0", "a", "b"}, [&](const std::string* crowded) { refused = crowded != nullptr ? *crowded : "none"; });
  EXPECT_EQ(refused, "a");
  names.Release("a");
  EXPECT_EQ(started, NameSequencer::kMostWaiting);
  EXPECT_TRUE(names.WaitUntilIdle(absl::ZeroDuration()));
}

TEST(NameSequencerTest, SeveralNamesAreTakenTogether) {
  InPlaceTurns turns;
  NameSequencer names(&turns);
  std::vector<std::string> order;
  const auto note = [&](const char* what) { return [&order, what](const std::string*) { order.emplace_back(what); }; };
  names.Acquire({"b"}, note("b"));
  names.Acquire({"a", "b", "c"}, note("abc"));  // holds a, waits for b
  names.Acquire({"c"}, note("c"));
  names.Acquire({"a"}, note("a"));
  EXPECT_EQ(order, (std::vector<std::string>{"b", "c"}));
  names.Release("b");
  EXPECT_EQ(order, (std::vector<std::string>{"b", "c"})) << "c is taken";
  names.Release("c");
  EXPECT_EQ(order, (std::vector<std::string>{"b", "c", "abc"}));
  for (const char* name : {"a", "b", "c"}) {
    names.Release(name);
  }
  EXPECT_EQ(order, (std::vector<std::string>{"b", "c", "abc", "a"}));
  names.Release("a");
  EXPECT_TRUE(names.WaitUntilIdle(absl::ZeroDuration()));
}

TEST(NameSequencerTest, HoldWaitsItsTurn) {
  InPlaceTurns turns;
  NameSequencer names(&turns);
  names.Acquire({"a"}, [](const std::string*) {});
  std::atomic<bool> released = false;
  std::thread holder([&] {
    names.Hold("a");
    EXPECT_TRUE(released);
    names.Release("a");
  });
  released = true;
  names.Release("a");
  holder.join();
  EXPECT_TRUE(names.WaitUntilIdle(absl::ZeroDuration()));
}

// Each call ends at once and gives the name to the next, while others come: as when many clients go on asking for what
// is refused.
TEST(NameSequencerTest, AChainOfCallsThatEndAtOnceCostsNoStack) {
  constexpr int kCalls = 1000;
  TurnThread turns;
  NameSequencer names(&turns);
  int depth = 0;
  int deepest = 0;
  int calls = 0;
  std::function<void(const std::string*)> call = [&](const std::string*) {
    deepest = std::max(deepest, ++depth);
    if (++calls < kCalls) names.Acquire({"a"}, call);
    names.Release("a");
    --depth;
  };
  names.Hold("a");
  names.Acquire({"a"}, call);
  names.Release("a");
  EXPECT_TRUE(names.WaitUntilIdle(absl::InfiniteDuration()));
  EXPECT_EQ(calls, kCalls);
  EXPECT_EQ(deepest, 1);
}

TEST(NameSequencerTest, WhoHasToWaitNeverStartsWithinARelease) {
  TurnThread turns;
  NameSequencer names(&turns);
  std::thread::id first;
  std::thread::id second;
  names.Acquire({"a"}, [&](const std::string*) { first = std::this_thread::get_id(); });
  names.Acquire({"a"}, [&](const std::string*) {
    second = std::this_thread::get_id();
    names.Release("a");
  });
  names.Release("a");
  EXPECT_TRUE(names.WaitUntilIdle(absl::InfiniteDuration()));
  EXPECT_EQ(first, std::this_thread::get_id()) << "nobody else takes a hop";
  EXPECT_NE(second, std::this_thread::get_id());
}

TEST(TurnThreadTest, RunsWhatIsLeftAlsoAfterOneThatThrows) {
  std::vector<int> ran;
  {
    TurnThread turns;
    turns.Run([&] { ran.push_back(1); });
    turns.Run([] { throw std::runtime_error("oops"); });
    turns.Run([&] { ran.push_back(2); });
  }
  EXPECT_EQ(ran, (std::vector<int>{1, 2}));
}

class TurnsTest : public RegistryTest {
 protected:
  TurnsTest() {
    turns_ = nullptr;
    Restart();
  }
};

// The store's thread has the commits of everybody to do.
TEST_F(TurnsTest, AQueuedCallIsNotPlannedByWhoCommits) {
  store_.held = true;
  const PendingSession first = StartCreate(CreateRequest("a"));
  absl::Notification answered;
  std::thread::id thread;
  registry_->Create(CreateRequest("a"), [&](const absl::StatusOr<v1::Session>& session) {
    EXPECT_TRUE(absl::IsAlreadyExists(session.status())) << session.status();
    thread = std::this_thread::get_id();
    answered.Notify();
  });
  store_.Release();
  answered.WaitForNotification();
  EXPECT_TRUE(first.value().ok());
  EXPECT_NE(thread, std::this_thread::get_id());
}

}  // namespace
}  // namespace holter::registry
