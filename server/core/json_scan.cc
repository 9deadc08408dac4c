#include "core/json_scan.h"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <string>

namespace holter::core {
namespace {

constexpr size_t kMaxDepth = 64;

using JsonView = boost::json::string_view;
using JsonError = boost::json::error_code;

std::string_view ToStd(JsonView view) { return {view.data(), view.size()}; }

// The handler that basic_parser wants. A token may come in parts; all but the last are put aside in `pending_`. The
// names are the parser's.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);  // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_array_size = std::size_t(-1);   // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_key_size = std::size_t(-1);     // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_string_size = std::size_t(-1);  // NOLINT(readability-identifier-naming)

  explicit Handler(JsonSink& sink) : sink_(sink) {}

  bool on_document_begin(JsonError&) { return true; }
  bool on_document_end(JsonError&) { return true; }
  bool on_object_begin(JsonError&) { return sink_.OnObjectBegin(), true; }
  bool on_object_end(std::size_t, JsonError&) { return sink_.OnObjectEnd(), true; }
  bool on_array_begin(JsonError&) { return sink_.OnArrayBegin(), true; }
  bool on_array_end(std::size_t, JsonError&) { return sink_.OnArrayEnd(), true; }
  bool on_key_part(JsonView part, std::size_t, JsonError&) { return Keep(part); }
  bool on_key(JsonView last, std::size_t, JsonError&) { return sink_.OnKey(Whole(last)), Done(); }
  bool on_string_part(JsonView part, std::size_t, JsonError&) { return Keep(part); }
  bool on_string(JsonView last, std::size_t, JsonError&) { return sink_.OnString(Whole(last)), Done(); }
  bool on_number_part(JsonView part, JsonError&) { return Keep(part); }
  bool on_int64(std::int64_t, JsonView last, JsonError&) { return sink_.OnNumber(Whole(last)), Done(); }
  bool on_uint64(std::uint64_t, JsonView last, JsonError&) { return sink_.OnNumber(Whole(last)), Done(); }
  bool on_double(double, JsonView last, JsonError&) { return sink_.OnNumber(Whole(last)), Done(); }
  bool on_bool(bool value, JsonError&) { return sink_.OnWord(value ? "true" : "false"), true; }
  bool on_null(JsonError&) { return sink_.OnWord("null"), true; }
  bool on_comment_part(JsonView, JsonError&) { return true; }
  bool on_comment(JsonView, JsonError&) { return true; }

 private:
  bool Keep(JsonView part) {
    pending_.append(part.data(), part.size());
    return true;
  }

  std::string_view Whole(JsonView last) {
    if (pending_.empty()) return ToStd(last);
    pending_.append(last.data(), last.size());
    return pending_;
  }

  bool Done() {
    pending_.clear();
    return true;
  }

  JsonSink& sink_;
  std::string pending_;
};

}  // namespace

absl::Status ScanJson(std::string_view text, JsonSink& sink) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::basic_parser<Handler> parser(options, sink);
  JsonError error;
  const size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (error) {
    return absl::InvalidArgumentError(fmt::format("expected JSON; at byte {}: {}", used, error.message()));
  }
  if (used != text.size()) {
    return absl::InvalidArgumentError(fmt::format("expected the end of the JSON text at byte {}", used));
  }
  return absl::OkStatus();
}

}  // namespace holter::core
