#include <thread>

#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using DeleteTest = RegistryTest;

TEST_F(DeleteTest, NothingIsLeft) {
  ASSERT_TRUE(Create("a").ok());
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_FALSE(Exists("a"));
  EXPECT_EQ(registry_->size(), 0);
  EXPECT_THAT(store_.stored(), IsEmpty());
  EXPECT_THAT(engine_.sessions(), IsEmpty());
  EXPECT_EQ(engine_.admitted(), 0);
}

TEST_F(DeleteTest, UnknownNames) {
  const absl::Status missing = Delete("a");
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_TRUE(HasReason(missing, "SESSION_NOT_FOUND"));
  EXPECT_THAT(BadFields(Delete("A")), ElementsAre("name"));
}

TEST_F(DeleteTest, AFailedCommitLeavesTheSessionRunning) {
  ASSERT_TRUE(Create("a").ok());
  store_.next_status = absl::UnavailableError("no");
  EXPECT_TRUE(absl::IsUnavailable(Delete("a")));
  EXPECT_TRUE(Exists("a"));
  EXPECT_THAT(engine_.sessions(), SizeIs(1));
}

TEST_F(DeleteTest, TheSessionRunsUntilItIsOnDisk) {
  ASSERT_TRUE(Create("a").ok());
  store_.held = true;
  const PendingEmpty removed = StartDelete("a");
  EXPECT_TRUE(Exists("a"));
  EXPECT_THAT(engine_.sessions(), SizeIs(1));
  store_.Release();
  EXPECT_TRUE(removed.value().ok());
  EXPECT_FALSE(Exists("a"));
}

TEST_F(DeleteTest, OfASessionThatIsBeingCreated) {
  store_.held = true;
  const PendingSession created = StartCreate(CreateRequest("a"));
  const PendingEmpty removed = StartDelete("a");
  store_.Release();
  EXPECT_TRUE(created.value().ok());
  EXPECT_FALSE(removed.answered());
  store_.Release();
  EXPECT_TRUE(removed.value().ok());
  EXPECT_THAT(engine_.sessions(), IsEmpty());
}

TEST_F(DeleteTest, OfASessionWhoseCreationFails) {
  store_.held = true;
  const PendingSession created = StartCreate(CreateRequest("a"));
  const PendingEmpty removed = StartDelete("a");
  store_.Release(absl::UnavailableError("no"));
  EXPECT_FALSE(created.value().ok());
  ASSERT_TRUE(removed.answered());
  EXPECT_TRUE(absl::IsNotFound(removed.value()));
}

TEST_F(DeleteTest, CreationOfANameThatIsBeingDeleted) {
  const std::string uid = Create("a")->uid();
  store_.held = true;
  const PendingEmpty removed = StartDelete("a");
  const PendingSession created = StartCreate(CreateRequest("a", SessionWithUrl("ws://new/")));
  store_.Release();
  EXPECT_TRUE(removed.value().ok());
  store_.Release();
  ASSERT_TRUE(created.value().ok());
  EXPECT_NE(created.value()->uid(), uid);
  EXPECT_EQ(Get("a")->spec().url(), "ws://new/");
  EXPECT_EQ(engine_.admitted(), 1);
}

TEST_F(DeleteTest, CreationOfANameWhoseDeletionFails) {
  ASSERT_TRUE(Create("a").ok());
  store_.held = true;
  const PendingEmpty removed = StartDelete("a");
  const PendingSession created = StartCreate(CreateRequest("a"));
  store_.Release(absl::UnavailableError("no"));
  EXPECT_FALSE(removed.value().ok());
  ASSERT_TRUE(created.answered());
  EXPECT_TRUE(absl::IsAlreadyExists(created.value().status()));
}

TEST_F(DeleteTest, TheSecondFindsNothing) {
  ASSERT_TRUE(Create("a").ok());
  store_.held = true;
  const PendingEmpty first = StartDelete("a");
  const PendingEmpty second = StartDelete("a");
  store_.Release();
  EXPECT_TRUE(first.value().ok());
  EXPECT_TRUE(absl::IsNotFound(second.value()));
}

// What waits for its turn when the registry is closed is refused, not lost.
TEST_F(DeleteTest, CloseAnswersThoseWhoWait) {
  ASSERT_TRUE(Create("a").ok());
  store_.held = true;
  const PendingEmpty first = StartDelete("a");
  const PendingEmpty second = StartDelete("a");
  std::thread closing([this] { registry_->Close(); });
  // Close says so before it waits.
  while (!absl::IsUnavailable(Delete("missing"))) {
    std::this_thread::yield();
  }
  store_.Release();
  closing.join();
  EXPECT_TRUE(first.value().ok());
  EXPECT_TRUE(HasReason(second.value(), "SHUTTING_DOWN"));
}

}  // namespace
}  // namespace holter::registry
