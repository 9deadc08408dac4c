#include "observe/health_routes.h"

#include "base/duration_text.h"
#include "fmt/format.h"

namespace holter::observe {
namespace {

constexpr Duration kHung = std::chrono::seconds(30);
constexpr int kUnavailable = 503;

}  // namespace

HttpResponse AnswerLive(const Metrics& metrics) {
  const auto hung = metrics.FindSilentLoop(kHung);
  if (!hung) {
    return {.body = "ok\n"};
  }
  const auto silent = std::chrono::floor<std::chrono::seconds>(hung->silent);
  return {.status = kUnavailable,
          .body = fmt::format("not alive: loop {} has not turned for {}\n", hung->loop, FormatDuration(silent))};
}

HttpResponse AnswerReady(const std::string& unready_reason, const std::string& store_problem) {
  if (unready_reason.empty() && store_problem.empty()) {
    return {.body = "ok\n"};
  }
  if (unready_reason.empty()) {
    return {.body = fmt::format("ok\nwarning: {}: the store takes no changes; sessions go on\n", store_problem)};
  }
  return {.status = kUnavailable, .body = fmt::format("not ready: {}\n", unready_reason)};
}

}  // namespace holter::observe
