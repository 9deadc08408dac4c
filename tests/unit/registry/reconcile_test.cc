// Sessions that are declared in files.
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::Session FileSession(const std::string& id, const std::string& group = "") {
  v1::Session session = SessionWithUrl("ws://" + id + "/");
  session.set_name(FullName(id));
  session.set_group(group);
  return session;
}

class ReconcileTest : public RegistryTest {
 protected:
  explicit ReconcileTest(size_t limit = 100000) : RegistryTest(limit) {}

  void Reconcile(const std::vector<v1::Session>& sessions) {
    const absl::Status status = registry_->ReconcileFiles(sessions);
    ASSERT_TRUE(status.ok()) << status;
  }
  int UpdatesOf(const std::string& id) { return engine_.sessions().at(engine_.IdOf("ws://" + id + "/")).updates; }
};

TEST_F(ReconcileTest, MakesTheSessionsBeWhatTheFilesSay) {
  Reconcile({FileSession("a"), FileSession("b"), FileSession("c")});
  EXPECT_EQ(registry_->size(), 3);
  EXPECT_EQ(Get("a")->origin(), v1::ORIGIN_FILE);
  EXPECT_EQ(store_.commits(), 1);
  const core::SessionId a = engine_.IdOf("ws://a/");
  const std::string uid_b = Get("b")->uid();
  Reconcile({FileSession("d"), FileSession("b", "new-group"), FileSession("a")});
  EXPECT_EQ(store_.commits(), 2);
  EXPECT_FALSE(Exists("c"));
  EXPECT_TRUE(Exists("d"));
  EXPECT_EQ(Get("b")->group(), "new-group");
  EXPECT_EQ(Get("b")->uid(), uid_b);
  // What did not change keeps its connection and its etag.
  EXPECT_EQ(engine_.IdOf("ws://a/"), a);
  EXPECT_EQ(UpdatesOf("a"), 0);
  EXPECT_EQ(UpdatesOf("b"), 1);
  EXPECT_EQ(engine_.admitted(), 3);
}

TEST_F(ReconcileTest, TheSameSetIsNoCommit) {
  Reconcile({FileSession("a"), FileSession("b")});
  Reconcile({FileSession("b"), FileSession("a")});
  EXPECT_EQ(store_.commits(), 1);
}

TEST_F(ReconcileTest, SessionsOfTheApiStay) {
  ASSERT_TRUE(Create("mine").ok());
  Reconcile({FileSession("a")});
  Reconcile({});
  EXPECT_TRUE(Exists("mine"));
  EXPECT_FALSE(Exists("a"));
}

TEST_F(ReconcileTest, AFileThatWentWhileHolterWasDownRemovesItsSessions) {
  Reconcile({FileSession("a"), FileSession("b")});
  Restart();
  EXPECT_EQ(Get("a")->origin(), v1::ORIGIN_FILE);
  Reconcile({FileSession("a")});
  EXPECT_TRUE(Exists("a"));
  EXPECT_FALSE(Exists("b"));
}

TEST_F(ReconcileTest, ANameOfTheApiIsRefusedAndNothingChanges) {
  Reconcile({FileSession("a")});
  ASSERT_TRUE(Create("mine").ok());
  const absl::Status status = registry_->ReconcileFiles({FileSession("new"), FileSession("mine")});
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(HasReason(status, "API_MANAGED"));
  EXPECT_THAT(std::string(status.message()), HasSubstr(FullName("mine")));
  EXPECT_TRUE(Exists("a"));
  EXPECT_FALSE(Exists("new"));
  EXPECT_EQ(engine_.admitted(), 2);
}

TEST_F(ReconcileTest, TheApiCannotTouchASessionOfAFile) {
  Reconcile({FileSession("a")});
  EXPECT_TRUE(absl::IsAlreadyExists(Create("a").status()));
  v1::Session session;
  session.set_name(FullName("a"));
  session.set_group("g");
  for (const absl::Status& status : {Update(session, {"group"}).status(), Delete("a")}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_TRUE(HasReason(status, "FILE_MANAGED"));
  }
  EXPECT_EQ(Get("a")->group(), "");
}

TEST_F(ReconcileTest, EveryFaultIsNamedAndNothingChanges) {
  Reconcile({FileSession("a")});
  v1::Session bad_url = FileSession("b");
  bad_url.mutable_spec()->set_url("http://b/");
  v1::Session bad_name = FileSession("c");
  bad_name.set_name("sessions/c");
  const absl::Status status =
      registry_->ReconcileFiles({bad_url, bad_name, FileSession("d", "no spaces"), FileSession("e"), FileSession("e")});
  EXPECT_THAT(BadFields(status),
              ElementsAre(FullName("b") + ".spec.url", "sessions/c", FullName("d") + ".group", FullName("e")));
  EXPECT_TRUE(Exists("a"));
  EXPECT_EQ(registry_->size(), 1);
}

TEST_F(ReconcileTest, AFailedCommitIsUndone) {
  Reconcile({FileSession("a")});
  store_.next_status = absl::UnavailableError("no");
  EXPECT_TRUE(absl::IsUnavailable(registry_->ReconcileFiles({FileSession("b")})));
  EXPECT_TRUE(Exists("a"));
  EXPECT_FALSE(Exists("b"));
  EXPECT_EQ(engine_.admitted(), 1);
  store_.next_status = absl::OkStatus();
  Reconcile({FileSession("b")});
  EXPECT_FALSE(Exists("a"));
}

TEST_F(ReconcileTest, NothingIsTakenAfterClose) {
  registry_->Close();
  EXPECT_TRUE(HasReason(registry_->ReconcileFiles({FileSession("a")}), "SHUTTING_DOWN"));
  EXPECT_THAT(store_.stored(), IsEmpty());
}

class SmallReconcileTest : public ReconcileTest {
 protected:
  SmallReconcileTest() : ReconcileTest(2) {}
};

TEST_F(SmallReconcileTest, MoreThanFitsIsRefusedAsAWhole) {
  Reconcile({FileSession("a")});
  const absl::Status status = registry_->ReconcileFiles({FileSession("a"), FileSession("b"), FileSession("c")});
  EXPECT_TRUE(HasReason(status, "OPEN_FILES_EXHAUSTED")) << status;
  EXPECT_EQ(registry_->size(), 1);
  EXPECT_EQ(engine_.admitted(), 1);
}

}  // namespace
}  // namespace holter::registry
