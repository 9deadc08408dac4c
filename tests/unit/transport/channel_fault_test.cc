// Beast 1.81's known faults and hostile peers. Each test says what happens without the work-around.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/misbehaving_peer.h"
#include "tests/unit/transport/channel_fixture.h"

namespace holter::transport {
namespace {

using core::FrameKind;
using core::Reason;
using Manner = core::DropAction::Manner;
using std::chrono::milliseconds;
using testing::ClosePayload;
using testing::EncodeFrame;
using testing::MisbehavingPeer;
using testing::Opcode;
using testing::PeerConnection;
using testing::PeerFrame;
namespace scripts = testing::scripts;

constexpr Duration kCloseTimeout = milliseconds(100);

class ChannelFaultTest : public ChannelTest {
 protected:
  ChannelFaultTest() { spec.connect.timeouts.close = kCloseTimeout; }

  // Opens a channel to a peer that sends `bytes` and then only reads; gives how it ended.
  core::CloseInfo CloseAfter(const std::string& bytes) {
    peer = std::make_unique<MisbehavingPeer>(scripts::SendsThenReads(bytes));
    DialUntilOpen(peer->url());
    EXPECT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
    return observer.closed.value_or(core::CloseInfo());
  }

  // Sends until the kernel takes no more: both socket buffers are full, and they grow for a while. What is sent next
  // waits for what was sent before, so that the channel's own queue is never full.
  void StallWrites() {
    constexpr size_t piece = 400'000;
    size_t sent = 0;
    size_t written = 0;
    int blocked = 0;
    const TimePoint end = SystemClock().Now() + 3 * kPatience;
    while (blocked < 5 && SystemClock().Now() < end) {
      if (written >= sent) {
        channel->Send(FrameKind::kBinary, std::string(piece, 'x'));
        sent += piece;
      }
      RunFor(milliseconds(10));
      written += channel->TakeBytesWritten();
      blocked = channel->Link().write_blocked ? blocked + 1 : 0;
    }
    ASSERT_EQ(blocked, 5);
  }

  std::unique_ptr<MisbehavingPeer> peer;
};

// Without our own teardown and timer, Beast's read waits without limit for the peer's FIN (#2999), and nothing is ever
// heard.
TEST_F(ChannelFaultTest, CloseFrameThenOpenTcpEndsByOurTimer) {
  MisbehavingPeer silent(scripts::AcceptsThenCloses(1001, false));
  const TimePoint began = SystemClock().Now();
  ASSERT_TRUE(DialUntilOpen(silent.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  EXPECT_EQ(observer.closed->reason, Reason::kPeerClosed);
  EXPECT_EQ(observer.closed->code, 1001);
  EXPECT_EQ(factory->open_files(), 1U) << "the peer has its time to end TCP";
  ASSERT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
  EXPECT_GE(SystemClock().Now() - began, kCloseTimeout);
  // Our echo was sent all the same.
  ASSERT_TRUE(RunUntil([&] { return !silent.frames().empty(); }));
  EXPECT_EQ(silent.frames()[0].close_code(), 1001);
}

// A session that comes back every 50 ms while its peers have minutes for their FIN would run the process out of files.
TEST_F(ChannelFaultTest, HandshakesOfOneOwnerThatNeverFinishDoNotPileUp) {
  spec.connect.timeouts.close = std::chrono::minutes(5);
  MisbehavingPeer silent(scripts::AcceptsThenCloses(1001, false));
  for (int i = 0; i < 5; ++i) {
    observer = {};
    ASSERT_TRUE(DialUntilOpen(silent.url()));
    ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
    EXPECT_EQ(factory->open_files(), 1U);
  }
  RecordingObserver other;
  const auto its_channel =
      factory->Dial({.url = silent.url(), .shared = std::make_shared<core::SharedSpec>(spec)}, &other);
  ASSERT_TRUE(RunUntil([&] { return other.closed.has_value(); }));
  EXPECT_EQ(factory->open_files(), 2U) << "another owner's handshake has its own time";
}

// Without a bound of our own, async_close never completes.
TEST_F(ChannelFaultTest, CloseThatThePeerNeverAnswersEndsByOurTimer) {
  MisbehavingPeer silent(scripts::NeverFinishesClose());
  ASSERT_TRUE(DialUntilOpen(silent.url()));
  const TimePoint began = SystemClock().Now();
  channel->Release(Manner::kPolite, 1000, "");
  ASSERT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
  EXPECT_GE(SystemClock().Now() - began, kCloseTimeout);
}

// Without our linger, Beast's close waits for the FIN of a peer that echoes the close frame and keeps TCP open.
TEST_F(ChannelFaultTest, EchoedCloseThenOpenTcpEndsByOurTimer) {
  MisbehavingPeer lazy([](PeerConnection& connection) {
    connection.Upgrade();
    connection.ReadFrame();
    connection.SendFrame(Opcode::kClose, ClosePayload(1000));
    connection.Hold();
  });
  ASSERT_TRUE(DialUntilOpen(lazy.url()));
  channel->Release(Manner::kPolite, 1000, "");
  EXPECT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
}

// The close handshake may be flooded; the timer counts, not the bytes.
TEST_F(ChannelFaultTest, FloodDuringCloseEndsByOurTimer) {
  MisbehavingPeer flood([](PeerConnection& connection) {
    connection.Upgrade();
    connection.ReadFrame();
    connection.SendFrame(Opcode::kClose, ClosePayload(1000));
    while (connection.Send(std::string(65536, 'f'))) {
    }
  });
  ASSERT_TRUE(DialUntilOpen(flood.url()));
  channel->Release(Manner::kPolite, 1000, "");
  EXPECT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
}

// Beast 1.81 takes 1014 (bad gateway) for a protocol error of the peer and forgets the code.
TEST_F(ChannelFaultTest, BadGatewayCloseKeepsItsCode) {
  for (const char* reason : {"", "upstream is gone"}) {
    observer = {};
    const core::CloseInfo info = CloseAfter(EncodeFrame(Opcode::kClose, ClosePayload(1014, reason)));
    EXPECT_EQ(info.reason, Reason::kPeerClosed) << info.detail;
    EXPECT_EQ(info.code, 1014);
  }
}

TEST_F(ChannelFaultTest, OtherForbiddenCloseCodesAreProtocolErrors) {
  for (const uint16_t code : {999, 1004, 1005, 1006, 1015, 2999}) {
    observer = {};
    EXPECT_EQ(CloseAfter(EncodeFrame(Opcode::kClose, ClosePayload(code))).reason, Reason::kProtocolError) << code;
  }
}

TEST_F(ChannelFaultTest, CloseWithoutCode) {
  const core::CloseInfo info = CloseAfter(EncodeFrame(Opcode::kClose, ""));
  EXPECT_EQ(info.reason, Reason::kPeerClosed);
  EXPECT_EQ(info.code, 1005);
}

// Beast 1.81 accepts a 64-bit length with the top bit set when no limit is set.
TEST_F(ChannelFaultTest, HugeFrameLengthIsRefused) {
  for (const char first : {'\x7f', '\x80', '\xff'}) {
    observer = {};
    std::string frame("\x82\x7f", 2);
    frame += first;
    frame += std::string(7, '\xff');
    EXPECT_EQ(CloseAfter(frame + "data").reason, Reason::kMessageTooBig);
  }
}

// Without our own teardown, the cause is held back until the peer ends TCP, which this one does not.
TEST_F(ChannelFaultTest, MessageBeyondTheLimit) {
  spec.connect.max_message_bytes = 1000;
  EXPECT_EQ(CloseAfter(EncodeFrame(Opcode::kText, std::string(1001, 'x'))).reason, Reason::kMessageTooBig);
  ASSERT_TRUE(RunUntil([&] { return !peer->frames().empty(); }));
  EXPECT_EQ(peer->frames()[0].close_code(), 1009);
}

TEST_F(ChannelFaultTest, FragmentsBeyondTheLimit) {
  spec.connect.max_message_bytes = 1000;
  EXPECT_EQ(CloseAfter(EncodeFrame(Opcode::kText, std::string(600, 'x'), false) +
                       EncodeFrame(Opcode::kContinuation, std::string(401, 'x')))
                .reason,
            Reason::kMessageTooBig);
}

TEST_F(ChannelFaultTest, MessageAtTheLimitIsDelivered) {
  spec.connect.max_message_bytes = 1000;
  MisbehavingPeer exact(scripts::SendsThenReads(EncodeFrame(Opcode::kText, std::string(1000, 'x'))));
  ASSERT_TRUE(DialUntilOpen(exact.url()));
  EXPECT_TRUE(RunUntil([&] { return observer.messages.size() == 1; }));
}

TEST_F(ChannelFaultTest, ProtocolErrors) {
  const std::string errors[] = {
      EncodeFrame(Opcode::kText, "masked", true, true),
      EncodeFrame(static_cast<Opcode>(3), "reserved"),
      EncodeFrame(Opcode::kContinuation, "of nothing"),
      EncodeFrame(Opcode::kText, "a", false) + EncodeFrame(Opcode::kText, "b"),
      EncodeFrame(Opcode::kPing, "fragmented", false),
      EncodeFrame(Opcode::kPing, std::string(126, 'x')),
      EncodeFrame(Opcode::kText, "\xff\xfe"),
      "\xf1\x01x",
  };
  for (const std::string& bytes : errors) {
    observer = {};
    EXPECT_EQ(CloseAfter(bytes).reason, Reason::kProtocolError);
    EXPECT_FALSE(observer.closed->detail.empty());
  }
}

TEST_F(ChannelFaultTest, EndWithoutCloseFrame) {
  MisbehavingPeer peer_that_dies([](PeerConnection& connection) { connection.Upgrade(); });
  ASSERT_TRUE(DialUntilOpen(peer_that_dies.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  EXPECT_EQ(observer.closed->reason, Reason::kPeerReset);
  EXPECT_EQ(observer.closed->code, 0);
}

TEST_F(ChannelFaultTest, Reset) {
  MisbehavingPeer peer_that_resets(scripts::ResetsAfterUpgrade());
  ASSERT_TRUE(DialUntilOpen(peer_that_resets.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  EXPECT_EQ(observer.closed->reason, Reason::kPeerReset);
}

// Beast stops reading at the first failed write: without hiding it, the ping that fails here takes the peer's close
// frame, which waits in the kernel, with it, and the end is reported as a reset.
TEST_F(ChannelFaultTest, CloseFrameBehindAFailedWriteIsReported) {
  std::atomic<bool> go = false;
  std::atomic<bool> gone = false;
  MisbehavingPeer abrupt([&](PeerConnection& connection) {
    connection.Upgrade();
    go.wait(false);
    connection.SendFrame(Opcode::kClose, ClosePayload(4007, "kicked"));
    connection.Reset();
    gone = true;
    gone.notify_one();
  });
  ASSERT_TRUE(DialUntilOpen(abrupt.url()));
  RunFor(milliseconds(5));
  // The loop does not run until the peer is gone, so that the write fails before anything is read.
  go = true;
  go.notify_one();
  gone.wait(false);
  channel->Ping("fails");
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  EXPECT_EQ(observer.closed->reason, Reason::kPeerClosed) << observer.closed->detail;
  EXPECT_EQ(observer.closed->code, 4007);
}

TEST_F(ChannelFaultTest, StalledWriteShowsInTheLinkAndCanBeLeft) {
  for (const Manner manner : {Manner::kPolite, Manner::kFarewell, Manner::kAbort}) {
    observer = {};
    MisbehavingPeer stalled(scripts::StopsReading());
    ASSERT_TRUE(DialUntilOpen(stalled.url()));
    EXPECT_FALSE(channel->Link().write_blocked);
    StallWrites();
    EXPECT_TRUE(channel->Link().unacked_bytes);
    channel->Release(manner, 4000, "stalled");
    ASSERT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
  }
}

// Beast's read waits for the write lock to answer the ping; the message behind it is not delivered. That cannot be
// helped, but nobody may wait for it: InputPending must not promise what will not come, or a verdict would be put off
// for ever.
TEST_F(ChannelFaultTest, InputBehindAPongThatCannotBeWrittenIsNotPending) {
  std::atomic<bool> stalled = false;
  std::atomic<bool> sent = false;
  MisbehavingPeer deaf([&](PeerConnection& connection) {
    connection.Upgrade();
    stalled.wait(false);
    connection.Send(EncodeFrame(Opcode::kPing, "p"));
    connection.Pause(milliseconds(20));
    connection.Send(EncodeFrame(Opcode::kText, "behind"));
    sent = true;
    connection.Hold();
  });
  ASSERT_TRUE(DialUntilOpen(deaf.url()));
  StallWrites();
  stalled = true;
  stalled.notify_one();
  ASSERT_TRUE(RunUntil([&] { return sent && observer.pings.size() == 1; }));
  RunFor(milliseconds(20));
  EXPECT_TRUE(observer.messages.empty());
  EXPECT_FALSE(channel->InputPending());
  EXPECT_TRUE(channel->Link().write_blocked);
}

TEST_F(ChannelFaultTest, EndlessQueueEndsTheConnection) {
  MisbehavingPeer stalled(scripts::StopsReading());
  ASSERT_TRUE(DialUntilOpen(stalled.url()));
  StallWrites();
  observer.deaf = true;
  for (int i = 0; i < 2000; ++i) {
    channel->Send(FrameKind::kText, "more");
  }
  observer.deaf = false;
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  EXPECT_EQ(observer.closed->reason, Reason::kWriteStalled);
}

TEST_F(ChannelFaultTest, PingFloodIsAnsweredAndOvertakenByNothing) {
  std::string flood;
  for (int i = 0; i < 5000; ++i) {
    flood += EncodeFrame(Opcode::kPing, std::to_string(i));
  }
  MisbehavingPeer flooder([&](PeerConnection& connection) {
    connection.Upgrade();
    connection.Send(flood + EncodeFrame(Opcode::kText, "after"));
    connection.AwaitEnd();
  });
  ASSERT_TRUE(DialUntilOpen(flooder.url()));
  channel->Ping("ours");
  ASSERT_TRUE(RunUntil([&] { return observer.messages.size() == 1; }));
  EXPECT_EQ(observer.pings.size(), 5000U);
  ASSERT_TRUE(RunUntil([&] { return flooder.frames().size() == 5001; }));
}

// Bytes of a message that is still on its way are life to a policy that counts bytes.
TEST_F(ChannelFaultTest, EveryPieceOfADrippingMessageIsInbound) {
  MisbehavingPeer dripping(scripts::Drips(size_t{1} << 20, 20, milliseconds(5)));
  ASSERT_TRUE(DialUntilOpen(dripping.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.reads >= 10; }));
  EXPECT_TRUE(observer.messages.empty());
  spec.connect.max_message_bytes = size_t{1} << 20;
  ASSERT_TRUE(RunUntil([&] { return observer.messages.size() == 1; }));
  EXPECT_EQ(observer.bytes, (size_t{1} << 20) + 10);
  channel->Ping("still alive");
  EXPECT_TRUE(RunUntil([&] { return observer.pongs.size() == 1; }));
}

// Two messages in one segment: the second waits in Beast's buffer, and its completion is posted. With one scratch
// buffer a loop, the other session's message is found there.
TEST_F(ChannelFaultTest, SessionsDoNotReadEachOthersMessages) {
  std::string many;
  for (int i = 0; i < 50; ++i) {
    many += EncodeFrame(Opcode::kText, "first " + std::to_string(i));
  }
  std::string others = many;
  for (size_t at = 0; (at = others.find("first", at)) != std::string::npos;) {
    others.replace(at, 5, "other");
  }
  MisbehavingPeer first(scripts::SendsThenReads(many));
  MisbehavingPeer other(scripts::SendsThenReads(others));
  ASSERT_TRUE(DialUntilOpen(first.url()));
  RecordingObserver other_observer;
  const auto other_channel =
      factory->Dial({.url = other.url(), .shared = std::make_shared<core::SharedSpec>(spec)}, &other_observer);
  ASSERT_TRUE(RunUntil([&] { return observer.messages.size() == 50 && other_observer.messages.size() == 50; }));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(observer.messages[static_cast<size_t>(i)].second, "first " + std::to_string(i));
    EXPECT_EQ(other_observer.messages[static_cast<size_t>(i)].second, "other " + std::to_string(i));
  }
}

TEST_F(ChannelFaultTest, InputPendingSeesBytesThatWaitInTheKernel) {
  std::atomic<bool> sent = false;
  MisbehavingPeer sender([&](PeerConnection& connection) {
    connection.Upgrade();
    connection.ReadFrame();
    connection.SendFrame(Opcode::kPong, "x");
    sent = true;
    sent.notify_one();
    connection.AwaitEnd();
  });
  ASSERT_TRUE(DialUntilOpen(sender.url()));
  EXPECT_FALSE(channel->InputPending());
  channel->Ping("x");
  sent.wait(false);
  EXPECT_TRUE(channel->InputPending());
  ASSERT_TRUE(RunUntil([&] { return observer.pongs.size() == 1; }));
  EXPECT_FALSE(channel->InputPending());
}

TEST_F(ChannelFaultTest, LinkKnowsTheRoundTrip) {
  MisbehavingPeer good(scripts::EchoPongs());
  ASSERT_TRUE(DialUntilOpen(good.url()));
  channel->Ping("x");
  ASSERT_TRUE(RunUntil([&] { return observer.pongs.size() == 1; }));
  const core::LinkState link = channel->Link();
  ASSERT_TRUE(link.tcp_rtt.has_value());
  EXPECT_GT(link.tcp_rtt->min, Duration::zero());
  EXPECT_LE(link.tcp_rtt->min, link.tcp_rtt->smoothed);
  EXPECT_FALSE(link.unacked_bytes);
}

}  // namespace
}  // namespace holter::transport
