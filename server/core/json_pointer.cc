#include "core/json_pointer.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"

namespace holter::core {
namespace {

absl::StatusOr<std::string> UnescapeToken(std::string_view token) {
  std::string plain;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      plain += token[i];
      continue;
    }
    ++i;
    if (i == token.size() || (token[i] != '0' && token[i] != '1')) {
      return absl::InvalidArgumentError("expected ~0 (for ~) or ~1 (for /) after ~ in a JSON pointer (RFC 6901)");
    }
    plain += token[i] == '0' ? '~' : '/';
  }
  return plain;
}

}  // namespace

absl::StatusOr<JsonPointer> JsonPointer::Parse(std::string_view text) {
  JsonPointer pointer;
  if (text.empty()) return pointer;
  if (!text.starts_with('/')) {
    return absl::InvalidArgumentError("expected a JSON pointer (RFC 6901): empty, or starting with \"/\"");
  }
  for (size_t begin = 1; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    absl::StatusOr<std::string> token = UnescapeToken(text.substr(begin, end - begin));
    if (!token.ok()) return token.status();
    pointer.tokens.push_back(*std::move(token));
    begin = end + 1;
  }
  return pointer;
}

}  // namespace holter::core
