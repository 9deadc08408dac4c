#include "registry/filter_fields.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "core/url.h"
#include "holter/v1/session.pb.h"
#include "spec/enum_words.h"
#include "spec/words.h"

namespace holter::registry {
namespace {

// One `field comparator value` on its way to a test.
struct Restriction {
  const FilterToken& field;
  const FilterToken& comparator;
  const FilterToken& value;

  bool Is(std::string_view text) const { return comparator.text == text; }
  absl::Status Expected(std::string_view comparators) const {
    return FilterError(comparator.place, fmt::format("expected {} behind {}", comparators, field.text));
  }
};

// `*` stands for any bytes.
bool MatchesPattern(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  for (size_t next; (next = pattern.find('*')) != std::string_view::npos; pattern.remove_prefix(next + 1)) {
    const size_t found = text.find(pattern.substr(0, next));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + next);
  }
  return text.ends_with(pattern);
}

// `get` gives a std::string or a view.
template <typename Get>
absl::StatusOr<FilterTest> OnText(const Restriction& restriction, Get get) {
  const std::string wanted = restriction.value.text;
  if (restriction.Is("=")) {
    return [get, wanted](const FilterSubject& subject) { return MatchesPattern(wanted, get(subject)); };
  }
  if (restriction.Is("!=")) {
    return [get, wanted](const FilterSubject& subject) { return !MatchesPattern(wanted, get(subject)); };
  }
  if (restriction.Is(":")) {
    return [get, wanted](const FilterSubject& subject) {
      return std::string_view(get(subject)).find(wanted) != std::string_view::npos;
    };
  }
  return restriction.Expected("=, != or :");
}

// `zero` is the word of metrics for what the proto calls unspecified; empty: there is none.
template <typename Get>
absl::StatusOr<FilterTest> OnEnum(const Restriction& restriction, const google::protobuf::EnumDescriptor& type,
                                  std::string_view zero, Get get) {
  const auto* const word = spec::FindEnumWord(type, restriction.value.text);
  if (word == nullptr && (zero.empty() || restriction.value.text != zero)) {
    return FilterError(restriction.value.place,
                       fmt::format("expected one of {}{}{}", zero, zero.empty() ? "" : ", ", spec::EnumChoices(type)));
  }
  const int wanted = word != nullptr ? word->number() : 0;
  if (restriction.Is("=") || restriction.Is(":")) {
    return [get, wanted](const FilterSubject& subject) { return get(subject) == wanted; };
  }
  if (restriction.Is("!=")) return [get, wanted](const FilterSubject& subject) { return get(subject) != wanted; };
  return restriction.Expected("= or !=");
}

// A subject of which `get` knows nothing matches nothing but !=.
template <typename Value, typename Get>
absl::StatusOr<FilterTest> OnOrder(const Restriction& restriction, Value wanted, Get get) {
  const auto compare = [&](auto holds, bool if_absent) -> FilterTest {
    return [get, wanted, holds, if_absent](const FilterSubject& subject) {
      const std::optional<Value> value = get(subject);
      return value.has_value() ? holds(*value, wanted) : if_absent;
    };
  };
  if (restriction.Is("=")) return compare(std::equal_to<Value>(), false);
  if (restriction.Is("!=")) return compare(std::not_equal_to<Value>(), true);
  if (restriction.Is("<")) return compare(std::less<Value>(), false);
  if (restriction.Is("<=")) return compare(std::less_equal<Value>(), false);
  if (restriction.Is(">")) return compare(std::greater<Value>(), false);
  if (restriction.Is(">=")) return compare(std::greater_equal<Value>(), false);
  return restriction.Expected("=, !=, <, <=, > or >=");
}

template <typename Get>
absl::StatusOr<FilterTest> OnTime(const Restriction& restriction, Get get) {
  google::protobuf::Timestamp time;
  if (!google::protobuf::util::TimeUtil::FromString(restriction.value.text, &time)) {
    return FilterError(restriction.value.place, R"(expected a quoted RFC 3339 time such as "2026-01-31T08:00:00Z")");
  }
  const WallTime wanted = spec::ToWallTime(time);
  return OnOrder<WallTime>(restriction, wanted,
                           [get](const FilterSubject& subject) -> std::optional<WallTime> { return get(subject); });
}

absl::StatusOr<FilterTest> OnAttempts(const Restriction& restriction) {
  const std::string& text = restriction.value.text;
  int wanted = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wanted);
  if (error != std::errc() || end != text.data() + text.size()) {
    return FilterError(restriction.value.place, "expected a whole number");
  }
  return OnOrder<int>(restriction, wanted,
                      [](const FilterSubject& subject) -> std::optional<int> { return subject.attempts; });
}

const std::string* FindLabel(const FilterSubject& subject, std::string_view key) {
  for (const auto& [name, value] : subject.record->declaration.traits->labels) {
    if (name == key) return &value;
  }
  return nullptr;
}

// `labels:team` and `labels.team:*` ask whether there is such a label.
absl::StatusOr<FilterTest> OnLabel(const Restriction& restriction, const std::string& key, bool presence) {
  if (presence) {
    return [key](const FilterSubject& subject) { return FindLabel(subject, key) != nullptr; };
  }
  return OnText(restriction, [key](const FilterSubject& subject) -> std::string_view {
    const std::string* const value = FindLabel(subject, key);
    return value != nullptr ? std::string_view(*value) : std::string_view();
  });
}

absl::StatusOr<FilterTest> OnLabels(const Restriction& restriction) {
  constexpr std::string_view prefix = "labels.";
  const std::string_view field = restriction.field.text;
  if (field.starts_with(prefix) && field.size() > prefix.size()) {
    const bool presence = restriction.Is(":") && restriction.value.text == "*";
    return OnLabel(restriction, std::string(field.substr(prefix.size())), presence);
  }
  if (!restriction.Is(":")) return restriction.Expected(R"(":" and a key, or a key as in labels.team,)");
  return OnLabel(restriction, restriction.value.text, true);
}

std::string HostOf(const FilterSubject& subject) {
  // A search asks for the host of every session. That of most URLs, which were checked when they were declared, can be
  // told at a glance; what is not just that (capitals, brackets) is parsed.
  const std::string_view url = subject.record->declaration.url;
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
  const size_t begin = url.starts_with("wss://") ? 6 : 5;
  if (url.starts_with("wss://") || url.starts_with("ws://")) {
    const size_t end = std::min(url.find_first_not_of(plain, begin), url.size());
    if (end > begin && (end == url.size() || url[end] == '/' || url[end] == ':' || url[end] == '?')) {
      return std::string(url.substr(begin, end - begin));
    }
  }
  const absl::StatusOr<core::Url> parsed = core::ParseUrl(url);
  return parsed.ok() ? parsed->host : std::string();
}

using Compile = absl::StatusOr<FilterTest> (*)(const Restriction&);
struct Field {
  std::string_view name;
  Compile compile;
};

// Sorted as they are told in errors.
constexpr Field kFields[] = {
    {"name", [](const Restriction& r) { return OnText(r, [](const auto& s) { return s.record->Name(); }); }},
    {"session",
     [](const Restriction& r) {
       return OnText(r, [](const auto& s) -> std::string_view { return s.record->declaration.session; });
     }},
    {"group",
     [](const Restriction& r) {
       return OnText(r, [](const auto& s) -> std::string_view { return s.record->declaration.traits->group; });
     }},
    {"host", [](const Restriction& r) { return OnText(r, HostOf); }},
    {"uid", [](const Restriction& r) { return OnText(r, [](const auto& s) { return FormatUid(s.record->uid); }); }},
    {"state",
     [](const Restriction& r) {
       return OnEnum(r, *v1::State_descriptor(), "", [](const auto& s) { return static_cast<int>(s.state); });
     }},
    {"health",
     [](const Restriction& r) {
       return OnEnum(r, *v1::Health_descriptor(), "", [](const auto& s) { return static_cast<int>(s.health); });
     }},
    {"reason",
     [](const Restriction& r) {
       return OnEnum(r, *v1::Reason_descriptor(), "none", [](const auto& s) { return static_cast<int>(s.reason); });
     }},
    {"path",
     [](const Restriction& r) {
       return OnEnum(r, *v1::Path_descriptor(), "unknown", [](const auto& s) { return static_cast<int>(s.path); });
     }},
    {"origin",
     [](const Restriction& r) {
       return OnEnum(r, *v1::Origin_descriptor(), "", [](const auto& s) { return static_cast<int>(s.record->origin); });
     }},
    {"attempts", OnAttempts},
    {"create_time",
     [](const Restriction& r) { return OnTime(r, [](const auto& s) { return s.record->create_time; }); }},
    {"update_time",
     [](const Restriction& r) { return OnTime(r, [](const auto& s) { return s.record->update_time; }); }},
    {"state_time", [](const Restriction& r) { return OnTime(r, [](const auto& s) { return s.state_time; }); }},
    {"health_time", [](const Restriction& r) { return OnTime(r, [](const auto& s) { return s.health_time; }); }},
    {"last_alive_time",
     [](const Restriction& r) { return OnTime(r, [](const auto& s) { return s.last_alive_time; }); }},
};

std::string FieldNames() {
  std::string names;
  for (const Field& field : kFields) names += fmt::format("{}, ", field.name);
  return names + "labels.KEY";
}

}  // namespace

absl::StatusOr<FilterTest> CompileRestriction(const FilterToken& field, const FilterToken& comparator,
                                              const FilterToken& value) {
  const Restriction restriction{.field = field, .comparator = comparator, .value = value};
  if (field.text == "labels" || field.text.starts_with("labels.")) return OnLabels(restriction);
  const auto* const known = std::find_if(std::begin(kFields), std::end(kFields),
                                         [&field](const Field& candidate) { return candidate.name == field.text; });
  if (known == std::end(kFields)) {
    return FilterError(field.place, fmt::format("\"{}\" is not a field; expected one of {}", field.text, FieldNames()));
  }
  return known->compile(restriction);
}

}  // namespace holter::registry
