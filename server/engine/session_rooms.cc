#include "engine/session_rooms.h"

#include <fmt/format.h>

#include <cassert>
#include <string>

#include "base/error.h"
#include "engine/file_limit.h"

namespace holter::engine {

absl::Status SessionRooms::Take(size_t count) {
  size_t used = used_.load(std::memory_order_relaxed);
  do {
    const size_t free = limit_ - used;
    if (count > free) {
      return MakeError(
          absl::StatusCode::kResourceExhausted, "OPEN_FILES_EXHAUSTED",
          fmt::format("no room for {} more session{}: {} of {} are held, {} more fit (limit of open files {}, "
                      "less {})",
                      count, count == 1 ? "" : "s", used, limit_, free, file_limit_, kFilesKeptFromSessions),
          {{"limit", std::to_string(limit_)}, {"used", std::to_string(used)}, {"free", std::to_string(free)}});
    }
  } while (!used_.compare_exchange_weak(used, used + count, std::memory_order_relaxed));
  return absl::OkStatus();
}

void SessionRooms::GiveBack(size_t count) {
  [[maybe_unused]] const size_t before = used_.fetch_sub(count, std::memory_order_relaxed);
  assert(before >= count);
}

}  // namespace holter::engine
