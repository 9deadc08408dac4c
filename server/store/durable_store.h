// A store on a disk, which may be full, and can be copied while it is used.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/operation_observer.h"
#include "store/store.h"

namespace holter::store {

class DurableStore : public Store {
 public:
  // Writes a copy of all that is committed to the new file `path`, on the store's thread: commits wait meanwhile. It is
  // not synced when `done` is called.
  virtual void CopyTo(std::string path, Done done) = 0;
};

struct DurableStoreOptions {
  std::string data_dir;
  OperationObserver* operations = nullptr;  // outlives the store
  // Called on the store's thread when it begins or ceases to take no changes: with the reason of its errors
  // ("STORE_FULL"), or with "" when all is well again. May be null.
  std::function<void(std::string_view reason)> on_health;
  // How often it looks whether commits succeed again, while they fail.
  Duration retry = std::chrono::seconds(1);
};

// As OpenSqliteStore. A disk that is full does not keep a store that was made before from opening.
absl::StatusOr<std::unique_ptr<DurableStore>> OpenDurableStore(const DurableStoreOptions& options);

}  // namespace holter::store
