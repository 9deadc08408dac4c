// What may change while the daemon runs, without a restart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace holter::access {

// Implementations are thread-safe: they are read while they are reloaded.
class Reloadable {
 public:
  virtual ~Reloadable() = default;

  // A word for logs and metrics: "access".
  virtual std::string_view what() const = 0;

  // The files that it was read from; may be others after a Reload.
  virtual std::vector<std::string> Files() const = 0;

  // Reads them again and takes over what they say. On an error what was before stands, whole.
  virtual absl::Status Reload() = 0;
};

}  // namespace holter::access
