#include "rpc/history_reads.h"

#include <fmt/format.h>

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "base/error.h"
#include "rpc/error_details.h"

namespace holter::rpc {

void HistoryReads::Run(std::function<void(const absl::Status&)> read) {
  if (waiting_.fetch_add(1) >= kMostWaiting) {
    --waiting_;
    read(MakeError(absl::StatusCode::kResourceExhausted, "HISTORY_BUSY",
                   fmt::format("{} calls wait for the history already; try again later", kMostWaiting)));
    return;
  }
  thread_.Run([this, read = std::move(read)] {
    const absl::Cleanup done = [this] { --waiting_; };
    read(stopping_ ? ShuttingDown() : absl::OkStatus());
  });
}

}  // namespace holter::rpc
