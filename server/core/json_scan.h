// Reads a JSON text token by token. Numbers come as they are written, so integers beyond 64 bits survive; a value tree
// (boost::json::value) would lose them.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace holter::core {

// Hears the tokens in order. Views live for the call only.
class JsonSink {
 public:
  virtual ~JsonSink() = default;

  virtual void OnObjectBegin() = 0;
  virtual void OnObjectEnd() = 0;
  virtual void OnArrayBegin() = 0;
  virtual void OnArrayEnd() = 0;
  // Of the member whose value follows.
  virtual void OnKey(std::string_view key) = 0;
  // Unescaped.
  virtual void OnString(std::string_view text) = 0;
  // The raw token.
  virtual void OnNumber(std::string_view token) = 0;
  // "true", "false" or "null".
  virtual void OnWord(std::string_view word) = 0;
};

// INVALID_ARGUMENT says what is wrong and where, never repeating the text; the sink may have heard some tokens by then.
// Strict RFC 8259, at most 64 levels deep.
absl::Status ScanJson(std::string_view text, JsonSink& sink);

}  // namespace holter::core
