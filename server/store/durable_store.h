// A store on a disk, which may be full.
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
absl::StatusOr<std::unique_ptr<Store>> OpenDurableStore(const DurableStoreOptions& options);

}  // namespace holter::store
