#include "core/regular_expression.h"

#include "absl/status/status.h"

namespace holter::core {
namespace {

constexpr int64_t kRegexMemory = int64_t{1} << 20;  // of one compiled pattern

}  // namespace

absl::StatusOr<std::shared_ptr<const re2::RE2>> CompileRegex(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  auto regex = std::make_shared<const re2::RE2>(ToPiece(pattern), options);
  if (!regex->ok()) return absl::InvalidArgumentError("expected a regular expression (RE2): " + regex->error());
  return regex;
}

}  // namespace holter::core
