#include "base/secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace holter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class SecretTest : public ::testing::Test {
 protected:
  SecretTest() {
    std::string pattern = ::testing::TempDir() + "holter-secret-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(directory_ + "/feed");
    std::ofstream(directory_ + "/feed/token") << "canary-1\n";
    std::ofstream(directory_ + "/outside") << "canary-2";
  }
  ~SecretTest() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
};

TEST_F(SecretTest, ReadsTheFileWithoutItsLastNewline) {
  EXPECT_EQ(DirectorySecretSource(directory_).Read("feed/token")->Reveal(), "canary-1");
}

TEST_F(SecretTest, SeesARotatedSecret) {
  const DirectorySecretSource source(directory_);
  std::ofstream(directory_ + "/feed/token") << "rotated";
  EXPECT_EQ(source.Read("feed/token")->Reveal(), "rotated");
}

TEST_F(SecretTest, NeverLeavesItsDirectory) {
  const DirectorySecretSource source(directory_ + "/feed");
  for (const char* reference : {"../outside", "feed/../outside", "/etc/passwd", "a/b/c", "feed", "feed/", "/token",
                                "feed/..", ".", "feed/to\nken", "feed/to ken"}) {
    EXPECT_FALSE(source.Read(reference).ok()) << reference;
  }
}

TEST_F(SecretTest, MissingSecretIsNamedAndEmptyDirectoryHasNone) {
  const auto missing = DirectorySecretSource(directory_).Read("feed/other");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("feed/other"));
  EXPECT_EQ(DirectorySecretSource("").Read("feed/token").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SecretTest, DoesNotPrint) {
  std::ostringstream out;
  out << *DirectorySecretSource(directory_).Read("feed/token");
  EXPECT_EQ(out.str(), "<secret>");
}

TEST_F(SecretTest, FindsAndExpandsReferences) {
  const DirectorySecretSource source(directory_);
  EXPECT_THAT(*FindSecretReferences("Bearer ${secret:feed/token}, ${secret:a/b}"), ElementsAre("feed/token", "a/b"));
  EXPECT_TRUE(FindSecretReferences("plain ${seq}")->empty());
  EXPECT_EQ(ExpandSecrets("Bearer ${secret:feed/token}!", source)->Reveal(), "Bearer canary-1!");
}

TEST_F(SecretTest, MalformedReferencesAreErrorsWithoutContent) {
  const DirectorySecretSource source(directory_);
  for (const char* text : {"${secret:", "${secret:}", "${secret:feed}", "${secret:feed/token", "x ${secret:../a}"}) {
    EXPECT_EQ(FindSecretReferences(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  const auto expanded = ExpandSecrets("${secret:feed/token} ${secret:feed/none}", source);
  EXPECT_THAT(expanded.status().ToString(), Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace holter
