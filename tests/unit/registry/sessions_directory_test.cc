#include <filesystem>

#include "registry/sessions_directory.h"
#include "registry/sessions_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string File(const std::vector<std::string>& ids, const std::string& group = "") {
  std::string text = "sessions:\n";
  for (const std::string& id : ids) {
    text += "- name: " + FullName(id) + "\n  spec: {url: 'ws://" + id + "/'}\n";
    if (!group.empty()) text += "  group: " + group + "\n";
  }
  return text;
}

class SessionsDirectoryTest : public RegistryTest {
 protected:
  // What was told of the tries, "good" and "refused".
  struct Reloads final : OperationObserver {
    void OnStoreCommit(Duration /*took*/, size_t /*changes*/, bool /*ok*/) override {}
    void OnRpc(std::string_view /*method*/, std::string_view /*code*/, Duration /*took*/) override {}
    void OnLoopLag(int /*loop*/, Duration /*lag*/) override {}
    void OnException(std::string_view /*room*/) override {}
    void OnReload(std::string_view what, bool ok) override {
      EXPECT_EQ(what, "sessions");
      told.push_back(ok ? "good" : "refused");
    }
    std::vector<std::string> told;
  };

  SessionsDirectoryTest() : sessions_(files_.path(), *registry_, operations_) {}

  // Looks until a change has settled.
  void Settle() {
    sessions_.Poll();
    sessions_.Poll();
  }
  std::string LastError() { return std::string(sessions_.status().last.message()); }

  holter::testing::TemporaryDirectory files_;
  Reloads operations_;
  SessionsDirectory sessions_;
};

TEST_F(SessionsDirectoryTest, FilesAreDeclaredAtStartAndFollowed) {
  files_.Write("one.yaml", File({"a", "b"}));
  files_.Write("two.json", R"({"sessions": [{"name": "tenants/default/sessions/c", "spec": {"url": "ws://c/"}}]})");
  files_.Write("notes.txt", "not a file of sessions");
  files_.Write(".hidden.yaml", "nor this");
  sessions_.Load();
  EXPECT_EQ(LastError(), "");
  EXPECT_TRUE(Exists("a") && Exists("b") && Exists("c"));
  EXPECT_EQ(sessions_.status().files, 2);
  EXPECT_EQ(sessions_.status().sessions, 3);
  files_.Write("one.yaml", File({"a"}));
  std::filesystem::remove(files_ / "two.json");
  files_.Write("three.yml", File({"d"}));
  Settle();
  EXPECT_TRUE(Exists("a") && Exists("d"));
  EXPECT_FALSE(Exists("b") || Exists("c"));
  EXPECT_EQ(sessions_.status().reloads, 2);
}

TEST_F(SessionsDirectoryTest, NothingIsReadWhenNothingChanges) {
  files_.Write("one.yaml", File({"a"}));
  sessions_.Load();
  for (int i = 0; i < 30; ++i) {
    sessions_.Poll();
  }
  EXPECT_EQ(sessions_.status().reloads, 1);
}

// Half a file may parse; the sessions of the other half must not go.
TEST_F(SessionsDirectoryTest, AFileThatIsBeingWrittenIsLeftToSettle) {
  files_.Write("one.yaml", File({"a", "b"}));
  sessions_.Load();
  files_.Write("one.yaml", File({"a"}));
  sessions_.Poll();
  EXPECT_TRUE(Exists("b"));
  files_.Write("one.yaml", File({"a", "b", "c"}));
  sessions_.Poll();
  EXPECT_TRUE(Exists("b"));
  sessions_.Poll();
  EXPECT_TRUE(Exists("b") && Exists("c"));
}

TEST_F(SessionsDirectoryTest, ABrokenFileKeepsTheLastGoodSetAndSaysSo) {
  files_.Write("one.yaml", File({"a"}));
  files_.Write("two.yaml", File({"b"}));
  sessions_.Load();
  files_.Write("one.yaml", File({"new"}));
  files_.Write("two.yaml", "sessions:\n- nme: x\n");
  Settle();
  EXPECT_TRUE(Exists("a") && Exists("b"));
  EXPECT_FALSE(Exists("new"));
  EXPECT_THAT(LastError(), HasSubstr("two.yaml:2"));
  EXPECT_EQ(sessions_.status().failures, 1);
  EXPECT_EQ(sessions_.status().sessions, 2);
  files_.Write("two.yaml", File({"b"}));
  Settle();
  EXPECT_EQ(LastError(), "");
  EXPECT_TRUE(Exists("new") && Exists("b"));
  EXPECT_FALSE(Exists("a"));
  EXPECT_THAT(operations_.told, ElementsAre("good", "refused", "good"));
}

TEST_F(SessionsDirectoryTest, FoldersAreReadButNotThoseInThem) {
  for (const char* folder : {"team-a", "team-b", "team-b/old", "..2026"}) {
    std::filesystem::create_directory(files_ / folder);
  }
  files_.Write("team-a/sessions.yaml", File({"a"}));
  files_.Write("team-b/sessions.yaml", File({"b"}));
  files_.Write("team-b/old/sessions.yaml", File({"old"}));
  files_.Write("..2026/sessions.yaml", File({"hidden"}));
  sessions_.Load();
  EXPECT_EQ(LastError(), "");
  EXPECT_TRUE(Exists("a") && Exists("b"));
  EXPECT_FALSE(Exists("old") || Exists("hidden"));
  files_.Write("team-b/sessions.yaml", File({"a", "b"}));
  Settle();
  EXPECT_THAT(LastError(), HasSubstr("declared in team-a/sessions.yaml and again in team-b/sessions.yaml"));
}

// A directory with the name of a file is a folder like others; in a folder it cannot be read.
TEST_F(SessionsDirectoryTest, ADirectoryInPlaceOfAFileEndsNothing) {
  files_.Write("one.yaml", File({"a"}));
  std::filesystem::create_directories(files_ / "two.yaml");
  sessions_.Load();
  EXPECT_EQ(LastError(), "");
  std::filesystem::create_directories(files_ / "two.yaml/three.yaml");
  Settle();
  EXPECT_TRUE(Exists("a"));
  EXPECT_THAT(LastError(), HasSubstr("two.yaml/three.yaml: Is a directory"));
}

TEST_F(SessionsDirectoryTest, ABrokenFileAtStartKeepsWhatIsStored) {
  files_.Write("one.yaml", File({"a"}));
  sessions_.Load();
  Restart();
  files_.Write("one.yaml", "{");
  const auto started = SessionsDirectory::Start(files_.path(), *registry_, operations_);
  EXPECT_TRUE(Exists("a"));
  EXPECT_FALSE(started->status().last.ok());
}

TEST_F(SessionsDirectoryTest, AnInvalidSpecNamesTheFileAndTheField) {
  files_.Write("good.yaml", File({"a"}));
  files_.Write("bad.yaml", "sessions:\n- name: " + FullName("b") + "\n  spec: {url: 'http://b/'}\n");
  sessions_.Load();
  EXPECT_THAT(LastError(), HasSubstr("bad.yaml: " + FullName("b") + ".spec.url"));
  EXPECT_FALSE(Exists("a"));
}

TEST_F(SessionsDirectoryTest, ANameInTwoFilesNamesBoth) {
  files_.Write("one.yaml", File({"a"}));
  files_.Write("two.yaml", File({"a"}));
  sessions_.Load();
  EXPECT_THAT(LastError(), HasSubstr("one.yaml"));
  EXPECT_THAT(LastError(), HasSubstr("two.yaml"));
  EXPECT_THAT(LastError(), HasSubstr(FullName("a")));
}

TEST_F(SessionsDirectoryTest, ANameOfTheApiNamesTheFileAndIsTriedAgain) {
  ASSERT_TRUE(Create("a").ok());
  files_.Write("one.yaml", File({"a"}));
  sessions_.Load();
  EXPECT_THAT(LastError(), HasSubstr("one.yaml: " + FullName("a")));
  EXPECT_EQ(Get("a")->origin(), v1::ORIGIN_API);
  ASSERT_TRUE(Delete("a").ok());
  for (int i = 0; i < SessionsDirectory::kPollsPerRetry; ++i) {
    sessions_.Poll();
  }
  EXPECT_EQ(LastError(), "");
  EXPECT_EQ(Get("a")->origin(), v1::ORIGIN_FILE);
}

// Kubernetes mounts a directory behind a link and swaps the link.
TEST_F(SessionsDirectoryTest, ASwappedLinkIsNoticed) {
  std::filesystem::create_directory(files_ / "..one");
  std::filesystem::create_directory(files_ / "..two");
  files_.Write("..one/sessions.yaml", File({"a"}));
  files_.Write("..two/sessions.yaml", File({"b"}));
  std::filesystem::create_directory_symlink("..one", files_ / "..data");
  std::filesystem::create_symlink("..data/sessions.yaml", files_ / "sessions.yaml");
  sessions_.Load();
  EXPECT_TRUE(Exists("a"));
  std::filesystem::create_directory_symlink("..two", files_ / "..data_tmp");
  std::filesystem::rename(files_ / "..data_tmp", files_ / "..data");
  Settle();
  EXPECT_TRUE(Exists("b"));
  EXPECT_FALSE(Exists("a"));
}

TEST_F(SessionsDirectoryTest, ADirectoryThatIsGoneIsNotAnEmptyOne) {
  files_.Write("one.yaml", File({"a"}));
  sessions_.Load();
  std::filesystem::remove_all(files_.path());
  Settle();
  EXPECT_TRUE(Exists("a"));
  EXPECT_THAT(LastError(), HasSubstr(files_.path()));
}

TEST_F(SessionsDirectoryTest, AnEmptyDirectoryDeclaresNothing) {
  files_.Write("one.yaml", File({"a"}));
  sessions_.Load();
  std::filesystem::remove(files_ / "one.yaml");
  Settle();
  EXPECT_FALSE(Exists("a"));
}

TEST_F(SessionsDirectoryTest, WithoutADirectoryNoFileDeclaresAnything) {
  files_.Write("one.yaml", File({"a"}));
  sessions_.Load();
  ASSERT_TRUE(Create("mine").ok());
  Restart();
  const auto started = SessionsDirectory::Start("", *registry_, operations_);
  EXPECT_FALSE(Exists("a"));
  EXPECT_TRUE(Exists("mine"));
}

}  // namespace
}  // namespace holter::registry
