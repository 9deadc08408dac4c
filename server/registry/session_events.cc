#include "registry/session_events.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/session_name.h"
#include "registry/page_size.h"
#include "registry/tokens.h"
#include "spec/convert.h"

namespace holter::registry {
namespace {

using google::protobuf::util::TimeUtil;

constexpr std::string_view kAllSessions = "/sessions/-";

// `session` empty: all of the tenant.
absl::StatusOr<SessionName> ParseEventParent(std::string_view parent) {
  if (!parent.ends_with(kAllSessions)) return ParseSessionName(parent);
  parent.remove_suffix(kAllSessions.size());
  absl::StatusOr<std::string> tenant = ParseParent(parent, false);
  if (!tenant.ok()) return tenant.status();
  return SessionName{.tenant = *std::move(tenant), .session = ""};
}

// The calendar of protobuf is longer than ours: what is beyond is as far as ours goes.
std::optional<WallTime> ParseTime(std::string_view field, const google::protobuf::Timestamp& time,
                                  std::vector<FieldViolation>& violations) {
  constexpr int32_t most_nanos = 999'999'999;
  if (time.seconds() < TimeUtil::kTimestampMinSeconds || time.seconds() > TimeUtil::kTimestampMaxSeconds ||
      time.nanos() < 0 || time.nanos() > most_nanos) {
    violations.push_back(
        {.field = std::string(field), .description = "expected a time of the years 1 to 9999, 0 to 999999999 nanos"});
    return std::nullopt;
  }
  const auto most_seconds = std::chrono::floor<std::chrono::seconds>(WallTime::max().time_since_epoch()).count() - 1;
  const std::chrono::seconds seconds(std::clamp(time.seconds(), -most_seconds, most_seconds));
  return WallTime(Duration(seconds) + Duration(time.nanos()));
}

// All that has to be the same from page to page.
uint32_t ChecksumOf(v1::ListSessionEventsRequest request) {
  request.clear_parent();
  request.clear_page_size();
  request.clear_page_token();
  return QueryChecksum(request.SerializeAsString());
}

struct EventPage {
  store::EventQuery query;
  size_t size = 0;
  EventPlace place;  // but `before`
};

void ParseChoice(const v1::ListSessionEventsRequest& request, store::EventQuery& query,
                 std::vector<FieldViolation>& violations) {
  if (request.has_start_time()) query.since = ParseTime("start_time", request.start_time(), violations);
  if (request.has_end_time()) query.until = ParseTime("end_time", request.end_time(), violations);
  if (query.since.has_value() && query.until.has_value() && *query.since >= *query.until) {
    violations.push_back({.field = "end_time", .description = "expected a time behind start_time"});
  }
  for (int i = 0; i < request.reasons_size(); ++i) {
    if (!v1::Reason_IsValid(request.reasons(i))) {
      violations.push_back({.field = fmt::format("reasons[{}]", i),
                            .description = fmt::format("{} is no reason", static_cast<int>(request.reasons(i)))});
    }
    query.reasons.push_back(request.reasons(i));
  }
}

absl::StatusOr<EventPage> ParseEventsRequest(const v1::ListSessionEventsRequest& request) {
  EventPage page;
  std::vector<FieldViolation> violations;
  if (const absl::StatusOr<SessionName> parent = ParseEventParent(request.parent()); parent.ok()) {
    page.query.tenant = parent->tenant;
    page.query.session = parent->session;
  } else {
    violations.push_back({.field = "parent", .description = std::string(parent.status().message())});
  }
  page.size = ParsePageSize(request.page_size(), violations);
  page.query.limit = page.size + 1;  // one more tells whether there is a next page
  ParseChoice(request, page.query, violations);
  page.place = {.tenant = page.query.tenant,
                .session = page.query.session.empty() ? "-" : page.query.session,
                .query = ChecksumOf(request)};
  if (!request.page_token().empty()) {
    std::optional<EventPlace> place = DecodeEventToken(request.page_token());
    if (place.has_value()) page.query.before = std::exchange(place->before, 0);
    if (place != page.place) {
      violations.push_back({.field = "page_token",
                            .description = "expected the next_page_token of a list with the same parent, times and "
                                           "reasons"});
    }
  }
  if (!violations.empty()) return MakeInvalid(violations);
  return page;
}

}  // namespace

void TransitionToProto(const core::Transition& transition, v1::SessionEvent* out) {
  out->set_from_state(spec::ToProto(transition.from_state));
  out->set_to_state(spec::ToProto(transition.state));
  out->set_from_health(spec::ToProto(transition.from_health));
  out->set_to_health(spec::ToProto(transition.health));
  out->set_reason(spec::ToProto(transition.reason));
  out->set_path(spec::ToProto(transition.path));
  out->set_detail(transition.detail);
  out->set_attempts(transition.attempts);
}

store::StoredEvent EventOf(const SessionRecord& record, const core::Transition& transition, const Moment& now) {
  v1::SessionEvent event;
  event.set_uid(FormatUid(record.uid));
  TransitionToProto(transition, &event);
  return {.tenant = record.tenant(),
          .session = record.declaration.session,
          .time = now.ToWall(transition.at),
          .reason = event.reason(),
          .content = event.SerializeAsString()};
}

absl::StatusOr<v1::ListSessionEventsResponse> ListSessionEvents(const v1::ListSessionEventsRequest& request,
                                                                store::EventStore* events) {
  const absl::StatusOr<EventPage> page = ParseEventsRequest(request);
  if (!page.ok()) return page.status();
  v1::ListSessionEventsResponse response;
  if (events == nullptr) return response;
  absl::StatusOr<std::vector<store::FoundEvent>> found = events->Find(page->query);
  if (!found.ok()) return found.status();
  if (found->size() > page->size) {
    found->pop_back();
    EventPlace place = page->place;
    place.before = found->back().id;
    response.set_next_page_token(EncodeEventToken(place));
  }
  for (const auto& [id, stored] : *found) {
    v1::SessionEvent event;
    if (!event.ParseFromString(stored.content)) continue;  // of no version that we know
    event.set_name(SessionName{.tenant = stored.tenant, .session = stored.session}.ToString());
    *event.mutable_time() = ToTimestamp(stored.time);
    *response.add_events() = std::move(event);
  }
  return response;
}

}  // namespace holter::registry
