#include "registry/session_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "base/error.h"

namespace holter::registry {
namespace {

absl::Status OrderError(std::string_view what) {
  return MakeInvalid({{.field = "order_by", .description = std::string(what)}});
}

// Who has no round trip yet comes before the quickest.
int64_t Rtt(const SessionRecord& /*record*/, const core::SessionVitals& vitals) {
  return std::max(vitals.protocol.last_rtt.value_or(Duration(-1)), vitals.app.last_rtt.value_or(Duration(-1))).count();
}

}  // namespace

const std::vector<SessionOrder::Known>& SessionOrder::KnownFields() {
  static const auto* const kKnown = new std::vector<Known>{
      {"create_time",
       [](const SessionRecord& r, const core::SessionVitals&) { return r.create_time.time_since_epoch().count(); }},
      {"update_time",
       [](const SessionRecord& r, const core::SessionVitals&) { return r.update_time.time_since_epoch().count(); }},
      {"state", [](const SessionRecord&, const core::SessionVitals& v) { return static_cast<int64_t>(v.state); }},
      {"health", [](const SessionRecord&, const core::SessionVitals& v) { return static_cast<int64_t>(v.health); }},
      {"rtt", Rtt},
  };
  return *kKnown;
}

absl::StatusOr<SessionOrder> SessionOrder::Parse(std::string_view text) {
  SessionOrder order;
  if (text.empty() || text == "name") return order;
  const std::vector<std::string> parts = absl::StrSplit(absl::string_view(text.data(), text.size()), ',');
  for (const std::string& part : parts) {
    const std::vector<std::string> words = absl::StrSplit(part, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    const bool descending = words.size() == 2 && words[1] == "desc";
    if (words.empty() || words.size() > 2 || (words.size() == 2 && !descending)) {
      return OrderError(R"(expected fields with commas between them, each with " desc" or without)");
    }
    if (words[0] == "name" && !descending && &part == &parts.back()) continue;  // which is how ties are broken anyway
    const auto known = std::find_if(KnownFields().begin(), KnownFields().end(),
                                    [&words](const Known& candidate) { return candidate.name == words[0]; });
    if (known == KnownFields().end()) {
      return OrderError(
          "expected create_time, update_time, state, health or rtt, and name only as the last, ascending");
    }
    order.fields_.push_back({.read = known->read, .descending = descending});
  }
  return order;
}

SessionOrder::Keys SessionOrder::KeysOf(const SessionRecord& record, const core::SessionVitals& vitals) const {
  Keys keys;
  keys.reserve(fields_.size());
  for (const Field& field : fields_) {
    const int64_t key = field.read(record, vitals);
    keys.push_back(field.descending ? -key : key);
  }
  return keys;
}

}  // namespace holter::registry
