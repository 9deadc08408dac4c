#include "engine/frame_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace holter::engine {
namespace {

using core::Frame;
using core::FrameDirection;
using core::FrameType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Recorder final : public FrameObserver {
 public:
  void OnFrame(const Frame& frame) override {
    payloads.emplace_back(frame.payload);
    last = frame;
  }
  void OnSessionGone() override { ++gone; }

  std::vector<std::string> payloads;
  Frame last;  // its payload is no more
  int gone = 0;
};

class FrameLogTest : public ::testing::Test {
 protected:
  void Add(core::SessionId session, std::string_view payload) {
    log.Add(session, {.at = WallTime(std::chrono::seconds(7)),
                      .direction = FrameDirection::kOut,
                      .type = FrameType::kPing,
                      .size = payload.size(),
                      .payload = payload});
  }
  std::vector<std::string> Recent(core::SessionId session, size_t most) {
    const auto recorder = std::make_shared<Recorder>();
    log.Watch(session, most, recorder);
    return recorder->payloads;
  }

  FrameLog log;
};

TEST_F(FrameLogTest, TellsTheLastFramesOfOneSessionInOrder) {
  Add(1, "a");
  Add(2, "x");
  Add(1, "b");
  Add(1, "c");
  EXPECT_THAT(Recent(1, 10), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Recent(1, 2), ElementsAre("b", "c"));
  EXPECT_THAT(Recent(1, 0), IsEmpty());
  EXPECT_THAT(Recent(3, 10), IsEmpty());
}

TEST_F(FrameLogTest, TellsAllOfAFrameButTheEndOfALongOne) {
  const auto recorder = std::make_shared<Recorder>();
  log.Watch(1, 0, recorder);
  const std::string payload(FrameLog::kMostPayload + 100, 'p');
  log.Add(1, {.at = WallTime(std::chrono::seconds(7)),
              .direction = FrameDirection::kIn,
              .type = FrameType::kBinary,
              .size = payload.size(),
              .payload = payload});
  ASSERT_THAT(recorder->payloads, ElementsAre(payload.substr(0, FrameLog::kMostPayload)));
  EXPECT_EQ(recorder->last.size, payload.size());
  EXPECT_EQ(recorder->last.type, FrameType::kBinary);
  EXPECT_EQ(recorder->last.direction, FrameDirection::kIn);
  EXPECT_EQ(recorder->last.at, WallTime(std::chrono::seconds(7)));
  EXPECT_THAT(Recent(1, 1), ElementsAre(payload.substr(0, FrameLog::kMostPayload))) << "and keeps it so";
}

TEST_F(FrameLogTest, TellsEveryoneWhoStillLooks) {
  const auto stays = std::make_shared<Recorder>();
  auto goes = std::make_shared<Recorder>();
  log.Watch(1, 0, stays);
  log.Watch(1, 0, goes);
  Add(1, "a");
  EXPECT_THAT(goes->payloads, ElementsAre("a"));
  goes.reset();
  Add(1, "b");
  EXPECT_THAT(stays->payloads, ElementsAre("a", "b"));
  log.Forget(1);
  EXPECT_EQ(stays->gone, 1);
  Add(1, "c");
  EXPECT_THAT(stays->payloads, ElementsAre("a", "b")) << "nothing follows the end";
}

TEST_F(FrameLogTest, IsBoundedAndAlwaysHoldsHalfOfIt) {
  const std::string payload(1000, 'p');
  const size_t each = payload.size() + 24;
  const size_t frames = 3 * FrameLog::kBytes / each;
  for (size_t i = 0; i < frames; ++i) {
    Add(1, payload);
    if (i % 211 != 0) continue;  // a look at it costs a walk through all of it
    const size_t kept = Recent(1, frames).size();
    ASSERT_LE(kept * each, FrameLog::kBytes);
    ASSERT_GE(kept + 1, std::min(i + 1, FrameLog::kBytes / 2 / each));
  }
}

}  // namespace
}  // namespace holter::engine
