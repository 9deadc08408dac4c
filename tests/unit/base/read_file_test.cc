#include "base/read_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"

namespace holter {
namespace {

using ::testing::HasSubstr;

TEST(ReadFileTest, ReadsAllOfIt) {
  const testing::TemporaryDirectory files;
  const std::string long_text(100'000, 'x');
  files.Write("long", long_text);
  files.Write("empty", "");
  files.Write("nul", std::string("a\0b", 3));
  EXPECT_EQ(*ReadWholeFile(files / "long"), long_text);
  EXPECT_EQ(*ReadWholeFile(files / "empty"), "");
  EXPECT_EQ(*ReadWholeFile(files / "nul"), std::string("a\0b", 3));
}

TEST(ReadFileTest, SaysWhichFileAndWhyNot) {
  const testing::TemporaryDirectory files;
  EXPECT_EQ(ReadWholeFile(files / "none").status().message(),
            "cannot read " + (files / "none") + ": No such file or directory");
  EXPECT_THAT(std::string(ReadWholeFile(files.path()).status().message()), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace holter
