#include "core/beat_ring.h"

#include <gtest/gtest.h>

namespace holter::core {
namespace {

SentBeat Beat(uint64_t key, BeatFate fate) {
  SentBeat beat;
  beat.key = key;
  beat.set_fate(fate);
  return beat;
}

TEST(BeatRing, ForgetsTheOldestThatWasAnswered) {
  BeatRing ring;
  for (uint64_t key = 1; key <= 10; ++key) ring.Push(Beat(key, BeatFate::kAcked), false);
  ASSERT_EQ(ring.size(), 4u);
  EXPECT_EQ(ring[0].key, 7u);
  EXPECT_EQ(ring[3].key, 10u);
}

TEST(BeatRing, GrowsForWhatIsOutstandingAndKeepsTheOrder) {
  BeatRing ring;
  for (uint64_t key = 1; key <= 3; ++key) ring.Push(Beat(key, BeatFate::kAcked), false);
  for (uint64_t key = 4; key <= 60; ++key) ring.Push(Beat(key, BeatFate::kOutstanding), false);
  ASSERT_GE(ring.size(), 57u);
  for (size_t i = 1; i < ring.size(); ++i) EXPECT_EQ(ring[i].key, ring[i - 1].key + 1);
  EXPECT_EQ(ring[ring.size() - 1].key, 60u);
  EXPECT_EQ(ring[ring.size() - 57].key, 4u);
}

TEST(BeatRing, FullOfOutstandingHasNoRoom) {
  BeatRing ring;
  for (uint64_t key = 1; key <= BeatRing::kCapacity; ++key) {
    ASSERT_TRUE(ring.HasRoom()) << key;
    ring.Push(Beat(key, BeatFate::kOutstanding), false);
  }
  EXPECT_FALSE(ring.HasRoom());
  ring[0].set_fate(BeatFate::kMissed);
  ASSERT_TRUE(ring.HasRoom());
  ring.Push(Beat(999, BeatFate::kOutstanding), true);
  EXPECT_EQ(ring.size(), BeatRing::kCapacity);
  EXPECT_EQ(ring[0].key, 2u);
  EXPECT_EQ(ring[ring.size() - 1].key, 999u);
}

TEST(BeatRing, KeepsMissedOnesOnlyWhenAsked) {
  BeatRing kept;
  BeatRing forgotten;
  for (uint64_t key = 1; key <= 20; ++key) {
    kept.Push(Beat(key, BeatFate::kMissed), true);
    forgotten.Push(Beat(key, BeatFate::kMissed), false);
  }
  EXPECT_EQ(kept.size(), 20u);
  EXPECT_EQ(forgotten.size(), 4u);
}

TEST(BeatRing, ShrinkKeepsTheNewest) {
  BeatRing ring;
  for (uint64_t key = 1; key <= 20; ++key) ring.Push(Beat(key, BeatFate::kMissed), true);
  ring.Shrink();
  ASSERT_EQ(ring.size(), 3u);
  EXPECT_EQ(ring[0].key, 18u);
  EXPECT_EQ(ring[2].key, 20u);
  ring.Push(Beat(21, BeatFate::kOutstanding), false);
  EXPECT_EQ(ring[3].key, 21u);
  ring.Clear();
  EXPECT_TRUE(ring.empty());
}

}  // namespace
}  // namespace holter::core
