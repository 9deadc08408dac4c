// Laws that hold whatever happens, over thousands of sessions and virtual hours. A failure prints the seed; HOLTER_SEED
// runs it again.
#include "tests/sim/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/support/seed.h"

namespace holter::sim {
namespace {

using core::Health;
using core::SharedSpec;
using core::State;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using SpecPtr = std::shared_ptr<const SharedSpec>;

core::BeatSpec Question() {
  core::BeatSpec beat;
  beat.name = "question";
  beat.cadence = {.interval = seconds(15), .timeout = seconds(5)};
  beat.send = *core::MessageTemplate::FromText("q${seq}");
  beat.expect = *core::Matcher::Regex("^a(\\d+)$");
  beat.correlate = core::Correlation{.place = *core::Extractor::Regex("^a(\\d+)$"), .variable = core::Variable::kSeq};
  return beat;
}

SharedSpec Plain() {
  SharedSpec spec;
  spec.protocol.payload = *core::MessageTemplate::FromText("${seq}");
  spec.protocol.cadence = {.interval = seconds(20), .timeout = seconds(5)};
  return spec;
}

// A few declarations of every sort.
std::vector<SpecPtr> Declarations() {
  std::vector<SpecPtr> specs;
  const auto add = [&specs](SharedSpec spec) { specs.push_back(std::make_shared<const SharedSpec>(std::move(spec))); };
  add(Plain());
  SharedSpec pipelined = Plain();
  pipelined.protocol.cadence = {.interval = seconds(3), .timeout = seconds(10)};
  add(pipelined);
  SharedSpec forgiving = Plain();
  forgiving.protocol.cadence.misses_allowed = 2;
  forgiving.protocol.answer = core::PongRule::kAnyPong;
  add(forgiving);
  SharedSpec bytes = Plain();
  bytes.protocol.answer = core::PongRule::kAnyInbound;
  bytes.protocol.cadence.first_delay = seconds(7);
  add(bytes);
  SharedSpec both = Plain();
  both.beats.push_back(Question());
  both.close.rules = {
      {.kind = core::CloseRule::Kind::kCloseCode, .first = 4000, .last = 4000, .then = core::RetryClass::kAtOnce}};
  add(both);
  SharedSpec app = Plain();
  app.protocol.active = false;
  app.beats.push_back(Question());
  app.beats.push_back(Question());
  app.beats[0].cadence.misses_allowed = 1;
  app.beats[1].name = "keepalive";
  app.beats[1].expect.reset();
  app.beats[1].correlate.reset();
  add(app);
  SharedSpec eager = Plain();
  eager.reconnect = {.first_delay = milliseconds(50), .factor = 1.5, .max_delay = seconds(5), .jitter = 1.0};
  add(eager);
  SharedSpec constant = Plain();
  constant.protocol.payload = *core::MessageTemplate::FromText("beat");
  add(constant);
  return specs;
}

class Simulation : public ::testing::Test {
 protected:
  void Check() const { ASSERT_EQ(world_.failure(), "") << "HOLTER_SEED=" << seed_; }

  PeerKind AnyPeer() { return static_cast<PeerKind>(world_.random()() % kPeerKinds); }
  size_t AnySession() { return world_.random()() % world_.size(); }
  Duration Sometime(Duration before) {
    return Duration(static_cast<Duration::rep>(static_cast<double>(before.count()) * Uniform01(world_.random())));
  }

  const uint64_t seed_ = holter::testing::TestSeed();
  World world_{seed_};
  const std::vector<SpecPtr> specs_ = Declarations();
};

TEST_F(Simulation, AnythingMayHappen) {
  constexpr size_t kSessions = 2000;
  constexpr Duration kTime = hours(1);
  for (size_t i = 0; i < kSessions; ++i) world_.Add(specs_[i % specs_.size()], AnyPeer());
  for (int i = 0; i < 2000; ++i) {
    world_.Plan(Sometime(kTime), [this] { world_.SetPeer(AnySession(), AnyPeer()); });
  }
  for (int i = 0; i < 300; ++i) {
    // The same declaration, so that the checker's idea of it stays right.
    world_.Plan(Sometime(kTime), [this] {
      const size_t session = AnySession();
      world_.Update(session, specs_[session % specs_.size()], true);
    });
  }
  for (int i = 0; i < 400; ++i) {
    world_.Plan(Sometime(kTime), [this] { world_.Pause(AnySession()); });
    world_.Plan(Sometime(kTime), [this] { world_.Reconnect(AnySession(), Duration::zero()); });
    world_.Plan(Sometime(kTime), [this] { world_.Reconnect(AnySession(), Sometime(minutes(5))); });
  }
  for (int i = 0; i < 8000; ++i) {
    world_.Plan(Sometime(kTime), [this] { world_.Resume(AnySession()); });
  }
  for (int i = 0; i < 100; ++i) {
    world_.Plan(Sometime(kTime), [this] { world_.Stop(AnySession()); });
  }
  for (int i = 0; i < 60; ++i) world_.PlanStall(Sometime(kTime), milliseconds(50) + Sometime(seconds(30)));
  world_.RunUntil(kTime);
  Check();
  std::cout << world_.events() << " events" << std::endl;
  EXPECT_GT(world_.events(), 200000u);
}

TEST_F(Simulation, GoodPeersAreNeverDownWhateverHolterItselfSuffers) {
  for (size_t i = 0; i < 800; ++i) world_.Add(specs_[i % specs_.size()], PeerKind::kGood);
  for (int i = 0; i < 100; ++i) world_.PlanStall(Sometime(hours(1)), Sometime(seconds(60)));
  world_.RunUntil(hours(2));
  Check();
  for (size_t i = 0; i < world_.size(); ++i) {
    ASSERT_EQ(world_.machine(i).health(), Health::kHealthy) << "session " << i << " HOLTER_SEED=" << seed_;
    ASSERT_EQ(world_.checker(i).times_down(), 0) << "session " << i << " HOLTER_SEED=" << seed_;
    ASSERT_EQ(world_.checker(i).times_healthy(), 1);
    ASSERT_EQ(world_.checker(i).dials(), 1);
    ASSERT_GT(world_.checker(i).acked(), 100);
  }
}

TEST_F(Simulation, ZombiesAreNeverHealthyAndNeverHammered) {
  for (size_t i = 0; i < 400; ++i) {
    world_.Add(specs_[i % specs_.size()], i % 2 == 0 ? PeerKind::kZombie : PeerKind::kHangUp);
  }
  world_.RunUntil(hours(2));
  Check();
  for (size_t i = 0; i < world_.size(); ++i) {
    ASSERT_EQ(world_.checker(i).times_healthy(), 0) << "session " << i << " HOLTER_SEED=" << seed_;
    ASSERT_EQ(world_.checker(i).times_down(), 1) << "session " << i << " HOLTER_SEED=" << seed_;
    // The eager policy waits 2.5 s on average, the usual one a minute.
    ASSERT_LE(world_.checker(i).dials(), specs_[i % specs_.size()]->reconnect.max_delay == seconds(5) ? 4000 : 400);
  }
}

TEST_F(Simulation, AStutteringMachineFindsTheDeadAndSparesTheLiving) {
  for (size_t i = 0; i < 400; ++i) {
    world_.Add(specs_[i % specs_.size()], i % 2 == 0 ? PeerKind::kZombie : PeerKind::kGood);
  }
  for (Duration at = seconds(1); at < minutes(10); at += seconds(2) + Sometime(seconds(2))) {
    world_.PlanStall(at, milliseconds(60) + Sometime(milliseconds(900)));
  }
  world_.RunUntil(minutes(10));
  Check();
  for (size_t i = 0; i < world_.size(); ++i) {
    ASSERT_EQ(world_.checker(i).times_down(), i % 2 == 0 ? 1 : 0) << "session " << i << " HOLTER_SEED=" << seed_;
  }
}

TEST_F(Simulation, AMassOutageIsFollowedByASpreadReturn) {
  constexpr size_t kSessions = 2000;
  const SpecPtr spec = specs_[0];
  for (size_t i = 0; i < kSessions; ++i) world_.Add(spec, PeerKind::kGood);
  world_.Plan(minutes(10), [this] {
    for (size_t i = 0; i < world_.size(); ++i) world_.SetPeer(i, PeerKind::kZombie);
  });
  world_.Plan(minutes(12), [this] {
    for (size_t i = 0; i < world_.size(); ++i) world_.SetPeer(i, PeerKind::kRefusing);
  });
  world_.Plan(minutes(30), [this] {
    for (size_t i = 0; i < world_.size(); ++i) world_.SetPeer(i, PeerKind::kGood);
  });
  world_.RunUntil(minutes(40));
  Check();
  std::vector<int> by_second(2400);
  for (Duration at : world_.dials()) {
    if (at > seconds(1)) ++by_second[static_cast<size_t>(at / seconds(1)) % by_second.size()];
  }
  EXPECT_LE(*std::max_element(by_second.begin(), by_second.end()), static_cast<int>(kSessions / 5))
      << "HOLTER_SEED=" << seed_;
  for (size_t i = 0; i < world_.size(); ++i) {
    ASSERT_EQ(world_.machine(i).health(), Health::kHealthy) << "session " << i << " HOLTER_SEED=" << seed_;
    ASSERT_EQ(world_.checker(i).times_healthy(), 2);
  }
}

TEST_F(Simulation, BeatsOfManySessionsAreSpread) {
  constexpr size_t kSessions = 4000;
  for (size_t i = 0; i < kSessions; ++i) world_.Add(specs_[0], PeerKind::kGood);
  world_.RunUntil(minutes(5));
  const uint64_t before = world_.events();
  uint64_t most = 0;
  for (int i = 0; i < 200; ++i) {
    const uint64_t from = world_.events();
    world_.RunUntil(minutes(5) + milliseconds(100) * (i + 1));
    most = std::max(most, world_.events() - from);
  }
  Check();
  const double mean = static_cast<double>(world_.events() - before) / 200;
  EXPECT_GT(mean, 30) << "a ping and a pong each";
  EXPECT_LT(static_cast<double>(most), mean * 2) << "HOLTER_SEED=" << seed_;
}

TEST_F(Simulation, TheSameSeedGivesTheSameLife) {
  const auto live = [this](uint64_t seed) {
    World world(seed);
    for (size_t i = 0; i < 50; ++i) world.Add(specs_[i % specs_.size()], static_cast<PeerKind>(i % kPeerKinds));
    world.RunUntil(minutes(20));
    EXPECT_EQ(world.failure(), "");
    return std::make_pair(world.events(), world.dials());
  };
  EXPECT_EQ(live(seed_), live(seed_));
  EXPECT_NE(live(seed_), live(seed_ + 1));
}

}  // namespace
}  // namespace holter::sim
