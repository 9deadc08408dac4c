#include "engine/session_rooms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace holter::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(SessionRooms, TakesAllOrNothing) {
  SessionRooms rooms(10, 266);
  EXPECT_TRUE(rooms.Take(7).ok());
  EXPECT_FALSE(rooms.Take(4).ok());
  EXPECT_EQ(rooms.used(), 7u);
  EXPECT_TRUE(rooms.Take(3).ok());
  rooms.GiveBack(1);
  EXPECT_TRUE(rooms.Take(1).ok());
  EXPECT_FALSE(rooms.Take(1).ok());
}

TEST(SessionRooms, SaysHowManyFit) {
  SessionRooms rooms(10, 266);
  ASSERT_TRUE(rooms.Take(7).ok());
  const absl::Status status = rooms.Take(5);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(HasReason(status, "OPEN_FILES_EXHAUSTED"));
  EXPECT_THAT(DetailsOf(status).metadata,
              UnorderedElementsAre(Pair("limit", "10"), Pair("used", "7"), Pair("free", "3")));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no room for 5 more sessions: 7 of 10 are held, 3 more fit"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("limit of open files 266, less 256"));
}

TEST(SessionRooms, ACountThatOverflowsIsRefused) {
  SessionRooms rooms(10, 266);
  ASSERT_TRUE(rooms.Take(1).ok());
  EXPECT_FALSE(rooms.Take(SIZE_MAX).ok());
  EXPECT_EQ(rooms.used(), 1u);
}

}  // namespace
}  // namespace holter::engine
