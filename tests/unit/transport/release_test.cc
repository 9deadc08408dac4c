// A channel can be let go in every phase and from within every call of its observer; then it is gone at once and
// silent.
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/support/misbehaving_peer.h"
#include "tests/unit/transport/channel_fixture.h"
#include "tests/unit/transport/fake_dns_server.h"

namespace holter::transport {
namespace {

using core::FrameKind;
using core::Phase;
using core::Reason;
using Manner = core::DropAction::Manner;
using std::chrono::milliseconds;
using testing::EncodeFrame;
using testing::MisbehavingPeer;
using testing::Opcode;
using testing::PeerConnection;
namespace scripts = testing::scripts;

// Listens, but its queue is full: a connect to it gets no answer.
class FullListener {
 public:
  FullListener() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address_), sizeof address_), 0);
    EXPECT_EQ(listen(listener_, 0), 0);
    socklen_t size = sizeof address_;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size);
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      connect(filler, reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
    }
  }
  ~FullListener() {
    for (const int filler : fillers_) {
      close(filler);
    }
    close(listener_);
  }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/"; }

 private:
  int listener_;
  sockaddr_in address_{};
  int fillers_[4];
};

class ReleaseTest : public ChannelTest {
 protected:
  static constexpr Manner kManners[] = {Manner::kPolite, Manner::kFarewell, Manner::kAbort};

  // Lets go of a channel that is not open; nothing of it may remain or be heard.
  void ExpectGoneAtOnce(Manner manner) {
    observer.deaf = true;
    channel->Release(manner, 1000, "");
    EXPECT_EQ(factory->open_files(), 0U);
    RunFor(milliseconds(30));
    observer.deaf = false;
  }
};

TEST_F(ReleaseTest, BeforeAnythingHappened) {
  for (const Manner manner : kManners) {
    Dial("ws://127.0.0.1:1/");
    ExpectGoneAtOnce(manner);
  }
}

TEST_F(ReleaseTest, DuringDns) {
  FakeDnsServer dns(io);
  MakeFactory(dns.address());
  for (const Manner manner : kManners) {
    dns.queries = 0;
    Dial("ws://silent.test/");
    ASSERT_TRUE(RunUntil([&] { return dns.queries >= 2; }));
    ExpectGoneAtOnce(manner);
  }
}

TEST_F(ReleaseTest, DuringConnect) {
  const FullListener full;
  for (const Manner manner : kManners) {
    observer = {};
    Dial(full.url());
    ASSERT_TRUE(RunUntil([&] { return observer.phases.size() == 1; }));
    RunFor(milliseconds(5));
    ASSERT_EQ(factory->open_files(), 1U);
    ExpectGoneAtOnce(manner);
  }
}

TEST_F(ReleaseTest, DuringTls) {
  MisbehavingPeer peer([](PeerConnection& connection) { connection.Hold(); });
  for (const Manner manner : kManners) {
    observer = {};
    Dial("wss://127.0.0.1:" + std::to_string(peer.port()) + "/");
    ASSERT_TRUE(RunUntil([&] { return observer.phases.size() == 2; }));
    ExpectGoneAtOnce(manner);
  }
}

TEST_F(ReleaseTest, DuringUpgrade) {
  MisbehavingPeer peer(scripts::NeverUpgrades());
  for (const Manner manner : kManners) {
    observer = {};
    Dial(peer.url());
    ASSERT_TRUE(RunUntil([&] { return observer.phases.size() == 2; }));
    ExpectGoneAtOnce(manner);
  }
}

TEST_F(ReleaseTest, DuringThePeersClose) {
  spec.connect.timeouts.close = milliseconds(50);
  MisbehavingPeer peer(scripts::AcceptsThenCloses(1000, false));
  for (const Manner manner : kManners) {
    observer = {};
    ASSERT_TRUE(DialUntilOpen(peer.url()));
    ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
    channel->Release(manner, 1000, "");
    EXPECT_EQ(factory->open_files(), manner == Manner::kAbort ? 0U : 1U);
    ASSERT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
  }
}

TEST_F(ReleaseTest, DestroyingTheChannelAborts) {
  MisbehavingPeer peer(scripts::EchoPongs());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  observer.deaf = true;
  channel.reset();
  EXPECT_EQ(factory->open_files(), 0U);
}

TEST_F(ReleaseTest, DestroyingTheChannelAfterAPoliteReleaseDoesNotAbort) {
  MisbehavingPeer peer(scripts::EchoPongs());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  channel->Release(Manner::kPolite, 1000, "");
  channel.reset();
  ASSERT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
  ASSERT_EQ(peer.frames().size(), 1U);
}

TEST_F(ReleaseTest, ShutdownAbortsWhatStillCloses) {
  spec.connect.timeouts.close = std::chrono::hours(1);
  MisbehavingPeer peer(scripts::NeverFinishesClose());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  channel->Release(Manner::kPolite, 1000, "");
  RunFor(milliseconds(10));
  EXPECT_EQ(factory->open_files(), 1U);
  factory->Shutdown();
  EXPECT_EQ(factory->open_files(), 0U);
}

TEST_F(ReleaseTest, FactoryMayGoBeforeItsHandlersHaveRun) {
  MisbehavingPeer peer(scripts::EchoPongs());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  channel->Ping("x");
  observer.deaf = true;
  channel.reset();
  factory.reset();
  io.restart();
  io.run_for(kPatience);
  EXPECT_TRUE(io.stopped());
  MakeFactory("");
}

TEST_F(ReleaseTest, LoopMayEndBeforeItsHandlersHaveRun) {
  MisbehavingPeer peer(scripts::StopsReading());
  auto own_io = std::make_unique<boost::asio::io_context>(1);
  auto own_factory = MakeBeastChannelFactory(
      *own_io, {.clock = &SystemClock(), .secrets = &secrets, .guard = guard.get(), .operations = &operations});
  ASSERT_TRUE(own_factory.ok());
  auto own_channel =
      (*own_factory)->Dial({.url = peer.url(), .shared = std::make_shared<core::SharedSpec>(spec)}, &observer);
  const TimePoint end = SystemClock().Now() + kPatience;
  while (!observer.opened && SystemClock().Now() < end) {
    own_io->run_one_for(milliseconds(20));
  }
  ASSERT_TRUE(observer.opened);
  for (int i = 0; i < 20; ++i) {
    own_channel->Send(FrameKind::kText, std::string(200'000, 'x'));
    own_channel->Ping("p");
  }
  own_io->run_for(milliseconds(20));
  own_channel.reset();
  own_factory->reset();
  own_io.reset();  // leaks show under AddressSanitizer
}

class ReleaseWithinTest : public ReleaseTest, public ::testing::WithParamInterface<Manner> {
 protected:
  void Release() {
    channel->Release(GetParam(), 1000, "");
    channel.reset();
    observer.deaf = true;
    released = true;
  }
  bool released = false;
};

TEST_P(ReleaseWithinTest, EachPhase) {
  MisbehavingPeer peer(scripts::EchoPongs());
  for (const Phase phase : {Phase::kDns, Phase::kConnect, Phase::kUpgrade}) {
    observer = {};
    released = false;
    observer.on_phase = [&, phase](Phase ended) {
      if (ended == phase) {
        Release();
      }
    };
    Dial(peer.url());
    ASSERT_TRUE(RunUntil([&] { return released && factory->open_files() == 0; }));
  }
}

TEST_P(ReleaseWithinTest, Opened) {
  MisbehavingPeer peer(scripts::SendsThenReads(EncodeFrame(Opcode::kText, "unheard")));
  spec.connect.timeouts.close = milliseconds(50);
  observer.on_opened = [&] { Release(); };
  Dial(peer.url());
  ASSERT_TRUE(RunUntil([&] { return released && factory->open_files() == 0; }));
}

TEST_P(ReleaseWithinTest, Message) {
  const std::string frame = EncodeFrame(Opcode::kText, "heard once");
  MisbehavingPeer peer(scripts::SendsThenReads(frame + frame + frame));
  spec.connect.timeouts.close = milliseconds(50);
  observer.on_message = [&] { Release(); };
  Dial(peer.url());
  ASSERT_TRUE(RunUntil([&] { return released && factory->open_files() == 0; }));
  EXPECT_EQ(observer.messages.size(), 1U);
}

TEST_P(ReleaseWithinTest, PingAndPong) {
  for (const Opcode opcode : {Opcode::kPing, Opcode::kPong}) {
    observer = {};
    released = false;
    const std::string frame = EncodeFrame(opcode, "heard once");
    MisbehavingPeer peer(scripts::SendsThenReads(frame + frame + EncodeFrame(Opcode::kText, "unheard") + frame));
    spec.connect.timeouts.close = milliseconds(50);
    observer.on_ping = [&] { Release(); };
    observer.on_pong = [&] { Release(); };
    Dial(peer.url());
    ASSERT_TRUE(RunUntil([&] { return released && factory->open_files() == 0; }));
  }
}

INSTANTIATE_TEST_SUITE_P(Manners, ReleaseWithinTest,
                         ::testing::Values(Manner::kPolite, Manner::kFarewell, Manner::kAbort));

TEST_F(ReleaseTest, ExceptionOfTheObserverEndsItsConnectionOnlyAndIsCounted) {
  MisbehavingPeer peer(scripts::EchoPongs());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  observer.on_pong = [] { throw std::runtime_error("observer"); };
  RecordingObserver other;
  const auto other_channel =
      factory->Dial({.url = peer.url(), .shared = std::make_shared<core::SharedSpec>(spec)}, &other);
  ASSERT_TRUE(RunUntil([&] { return other.opened.has_value(); }));
  channel->Ping("x");
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  EXPECT_EQ(observer.closed->reason, Reason::kLocalResource);
  EXPECT_EQ(operations.rooms, std::vector<std::string>{"transport"});
  other_channel->Ping("y");
  EXPECT_TRUE(RunUntil([&] { return other.pongs.size() == 1; }));
  EXPECT_EQ(factory->open_files(), 1U);
}

}  // namespace
}  // namespace holter::transport
