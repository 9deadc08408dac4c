#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "store/commit_queue.h"
#include "store/store.h"

namespace holter::store {
namespace {

constexpr Duration kNoRetry = std::chrono::hours(1);  // for nothing fails

// Keeps nothing: what is declared lives in the registry as long as the process, and Load comes before the first Commit.
// The thread is there so that callers meet the same order of callbacks as with a disk.
class MemoryStore final : public Store {
 public:
  absl::StatusOr<std::vector<StoredSession>> Load() override { return std::vector<StoredSession>(); }
  absl::StatusOr<std::vector<StoredRequest>> LoadRequests() override { return std::vector<StoredRequest>(); }
  absl::StatusOr<std::vector<StoredLease>> LoadLeases() override { return std::vector<StoredLease>(); }

  void Commit(std::vector<Change> changes, Done done) override {
    queue_.Push(Batch{.changes = std::move(changes), .done = std::move(done)});
  }

 private:
  CommitQueue queue_{[](const std::vector<Batch>&) { return absl::OkStatus(); }, kNoRetry};
};

}  // namespace

std::unique_ptr<Store> MakeMemoryStore() { return std::make_unique<MemoryStore>(); }

}  // namespace holter::store
