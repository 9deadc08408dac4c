// Filters of List and Watch: nothing crashes or takes long, every refusal names the field and a place, and a filter
// means the same when it stands in parentheses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "registry/session_filter.h"

namespace {

using holter::registry::SessionFilter;

void Require(bool held) {
  if (!held) std::abort();
}

struct Subject {
  Subject() {
    holter::registry::SessionTraits traits{
        .tenant = "default", .group = "feeds", .labels = {{"env", ""}, {"team", "core"}}, .key = {}};
    record.declaration.session = "feed-7";
    record.declaration.url = "wss://ws.example.com:444/x?token=secret";
    record.declaration.traits = std::make_shared<const holter::registry::SessionTraits>(std::move(traits));
    subject = {.record = &record,
               .state = holter::core::State::kBackoff,
               .health = holter::core::Health::kDown,
               .reason = holter::core::Reason::kTlsExpired,
               .path = holter::core::Path::kUnknown,
               .attempts = 4,
               .state_time = {},
               .health_time = {},
               .last_alive_time = std::nullopt};
  }
  holter::registry::SessionRecord record;
  holter::registry::FilterSubject subject;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Subject kSubject;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto filter = SessionFilter::Parse(text);
  if (!filter.ok()) {
    const auto violations = holter::DetailsOf(filter.status()).violations;
    Require(filter.status().code() == absl::StatusCode::kInvalidArgument && violations.size() == 1);
    Require(violations[0].field == "filter");
    return 0;
  }
  const bool matches = filter->Matches(kSubject.subject);
  if (filter->empty()) {
    Require(matches);
    return 0;
  }
  // One level deeper, and a few bytes longer, may be too much.
  const auto negated = SessionFilter::Parse("NOT (" + text + ")");
  if (negated.ok()) Require(negated->Matches(kSubject.subject) != matches);
  return 0;
}
