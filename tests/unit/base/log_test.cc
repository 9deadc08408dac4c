#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holter {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { ConfigureLog(LogFormat::kText, LogLevel::kInfo); }
};

TEST_F(LogTest, JsonIsOneObjectALine) {
  ConfigureLog(LogFormat::kJson, LogLevel::kInfo);
  CaptureStderr();
  Log(LogLevel::kWarning, "session is down", {{"session", "a\nb"}, {"attempts", 3}, {"ratio", 0.5}, {"new", true}});
  EXPECT_THAT(
      GetCapturedStderr(),
      HasSubstr(R"("level":"warning","message":"session is down","session":"a\nb","attempts":3,"ratio":0.5,"new":true})"
                "\n"));
}

TEST_F(LogTest, TextQuotesWhatIsNotOneWord) {
  CaptureStderr();
  Log(LogLevel::kInfo, "serving", {{"address", "127.0.0.1:7600"}, {"note", "two words"}, {"empty", ""}});
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("info    serving address=127.0.0.1:7600 note=\"two words\" empty=\"\"\n"));
}

TEST_F(LogTest, LeastLevelHolds) {
  ConfigureLog(LogFormat::kText, LogLevel::kError);
  CaptureStderr();
  Log(LogLevel::kWarning, "hidden");
  EXPECT_EQ(GetCapturedStderr(), "");
}

}  // namespace
}  // namespace holter
