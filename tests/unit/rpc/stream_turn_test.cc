// The orders in which gRPC, the scheduler and the end of a stream can meet.
#include "rpc/stream_turn.h"

#include <gtest/gtest.h>

#include <chrono>

namespace holter::rpc {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};
constexpr Duration kMost = std::chrono::seconds(30);
const absl::Status kGone = absl::CancelledError("gone");

StreamTurn Waiting() {
  StreamTurn turn;
  EXPECT_EQ(turn.Wait(), StreamTurn::Waiting::kWaits);
  return turn;
}

StreamTurn Writing() {
  StreamTurn turn;
  EXPECT_TRUE(turn.Write(kNow));
  return turn;
}

TEST(StreamTurnTest, ReadsWritesAndWaitsInTurn) {
  StreamTurn turn;
  EXPECT_TRUE(turn.Write(kNow));
  EXPECT_FALSE(turn.Wake()) << "the write is outstanding";
  EXPECT_FALSE(turn.is_waiting());
  EXPECT_TRUE(turn.WriteDone());
  EXPECT_EQ(turn.Wait(), StreamTurn::Waiting::kWaits);
  EXPECT_TRUE(turn.is_waiting());
  EXPECT_TRUE(turn.Wake());
  EXPECT_FALSE(turn.is_waiting());
  turn.Finish(absl::StatusCode::kOk, kNow);
  EXPECT_EQ(turn.code(), absl::StatusCode::kOk);
}

TEST(StreamTurnTest, AWakeWhileSomebodyReadsIsNotLost) {
  StreamTurn turn;
  EXPECT_FALSE(turn.Wake()) << "one turn at a time";
  EXPECT_EQ(turn.Wait(), StreamTurn::Waiting::kReadAgain);
  EXPECT_EQ(turn.Wait(), StreamTurn::Waiting::kWaits);
}

// Whoever then took the turn would read from what gRPC is about to destroy, and end the stream twice.
TEST(StreamTurnTest, OnceAWaitingStreamIsEndedNobodyGetsTheTurn) {
  StreamTurn turn = Waiting();
  EXPECT_TRUE(turn.End(kGone, kNow));
  EXPECT_FALSE(turn.is_waiting());
  EXPECT_FALSE(turn.Wake());
  EXPECT_FALSE(turn.End(absl::UnavailableError("stop"), kNow)) << "told once";
  EXPECT_EQ(turn.code(), absl::StatusCode::kCancelled);
}

TEST(StreamTurnTest, OnceAWritingStreamIsEndedNobodyGetsTheTurn) {
  StreamTurn turn = Writing();
  EXPECT_TRUE(turn.End(kGone, kNow));
  EXPECT_FALSE(turn.WriteDone());
  EXPECT_FALSE(turn.Wake());
  EXPECT_FALSE(turn.End(absl::UnavailableError("stop"), kNow)) << "told once";
  EXPECT_EQ(turn.code(), absl::StatusCode::kCancelled);
}

TEST(StreamTurnTest, WhoHasTheTurnEndsTheStreamInsteadOfTheNextStep) {
  for (const bool writes : {false, true}) {
    StreamTurn turn;
    EXPECT_FALSE(turn.End(kGone, kNow));
    EXPECT_FALSE(turn.End(absl::UnavailableError("stop"), kNow));
    if (writes) {
      EXPECT_FALSE(turn.Write(kNow));
    } else {
      EXPECT_EQ(turn.Wait(), StreamTurn::Waiting::kEnds);
    }
    EXPECT_EQ(turn.end(), kGone) << "the first counts";
    EXPECT_FALSE(turn.Wake()) << "still this one's turn";
    turn.Finish(turn.end().code(), kNow);
    EXPECT_FALSE(turn.Wake());
    EXPECT_FALSE(turn.WriteDone());
    EXPECT_FALSE(turn.End(kGone, kNow));
  }
}

TEST(StreamTurnTest, TellsASlowClientAndOneThatDoesNotTakeItsEnd) {
  StreamTurn turn = Writing();
  EXPECT_FALSE(turn.IsSlow(kNow + kMost, kMost));
  EXPECT_TRUE(turn.IsSlow(kNow + kMost + Duration(1), kMost));
  const TimePoint end = kNow + kMost + Duration(1);
  EXPECT_TRUE(turn.End(kGone, end));
  EXPECT_FALSE(turn.IsSlow(end + 2 * kMost, kMost));
  EXPECT_FALSE(turn.IsStuck(end + kMost, kMost));
  EXPECT_TRUE(turn.IsStuck(end + kMost + Duration(1), kMost));
  EXPECT_FALSE(turn.IsStuck(end + 2 * kMost, kMost)) << "told once";
  EXPECT_FALSE(Waiting().IsSlow(kNow + 2 * kMost, kMost));
}

}  // namespace
}  // namespace holter::rpc
