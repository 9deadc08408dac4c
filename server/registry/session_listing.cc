#include "registry/session_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/session_name.h"
#include "registry/filter_subject.h"
#include "registry/page_size.h"
#include "registry/request_fields.h"
#include "registry/session_answer.h"
#include "registry/session_filter.h"
#include "registry/session_order.h"
#include "registry/session_walk.h"
#include "registry/tokens.h"

namespace holter::registry {
namespace {

// A session that belongs on the page or behind it.
struct Listed {
  SessionOrder::Keys keys;
  LiveSession session;
};

struct PageRequest {
  std::string tenant;
  size_t size = 0;
  uint32_t query = 0;
  std::optional<SessionFilter> filter;  // always there when the request is valid, order too
  std::optional<SessionOrder> order;
  std::optional<PagePlace> place;
};

absl::StatusOr<PageRequest> ParseRequest(const v1::ListSessionsRequest& request) {
  PageRequest page;
  std::vector<FieldViolation> violations;
  page.tenant = ReadParent(request.parent(), true, violations);
  page.size = ParsePageSize(request.page_size(), violations);
  absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(request.filter());
  AppendViolations(filter.status(), violations);
  if (filter.ok()) page.filter = *std::move(filter);
  absl::StatusOr<SessionOrder> order = SessionOrder::Parse(request.order_by());
  AppendViolations(order.status(), violations);
  if (order.ok()) page.order = *std::move(order);
  page.query = QueryChecksum(fmt::format("{}\n{}", request.filter(), request.order_by()));
  if (!request.page_token().empty()) {
    page.place = DecodePageToken(request.page_token());
    if (!page.place.has_value() || page.place->tenant != page.tenant || page.place->query != page.query) {
      violations.push_back({.field = "page_token",
                            .description = "expected the next_page_token of a list with the same parent, filter and "
                                           "order_by"});
    }
  }
  if (!violations.empty()) return MakeInvalid(violations);
  return page;
}

// Calls `take` with each session of the tenant that matches and its vitals, in the order of names from `after` on,
// until it says false.
template <typename Take>
void WalkMatching(const PageRequest& page, NameRef after, const SessionTable& table, const Clock& clock, Take take) {
  const Moment now = Moment::Of(clock);
  WalkSessions(table, page.tenant, after, [&](LiveSession session) {
    const core::SessionVitals vitals = VitalsOf(session, now);
    if (!page.filter->empty() && !page.filter->Matches(SubjectOf(*session.record, vitals, now))) return true;
    return take(std::move(session), vitals);
  });
}

NameRef PlaceName(const PagePlace& place) { return {.tenant = place.last_tenant, .session = place.last_session}; }

// One more than the page holds tells whether there is a next one.
std::vector<Listed> TakeByName(const PageRequest& page, const SessionTable& table, const Clock& clock) {
  std::vector<Listed> listed;
  const NameRef after = page.place.has_value() ? PlaceName(*page.place) : NameRef{};
  WalkMatching(page, after, table, clock, [&](LiveSession session, const core::SessionVitals&) {
    listed.push_back({.keys = {}, .session = std::move(session)});
    return listed.size() <= page.size;
  });
  return listed;
}

bool ComesBefore(const SessionOrder::Keys& keys, const NameRef& name, const Listed& other) {
  if (keys != other.keys) return keys < other.keys;
  return CompareNames(name, NameOf(*other.session.record)) < 0;
}

// Looks at every session for each page: what is sorted by changes from page to page anyway.
std::vector<Listed> TakeByKeys(const PageRequest& page, const SessionTable& table, const Clock& clock) {
  std::vector<Listed> listed;
  WalkMatching(page, {}, table, clock, [&](LiveSession session, const core::SessionVitals& vitals) {
    Listed one{.keys = page.order->KeysOf(*session.record, vitals), .session = {}};
    one.session = std::move(session);
    if (!page.place.has_value() || ComesBefore(page.place->keys, PlaceName(*page.place), one)) {
      listed.push_back(std::move(one));
    }
    return true;
  });
  const size_t wanted = std::min(page.size + 1, listed.size());
  std::partial_sort(listed.begin(), listed.begin() + static_cast<ptrdiff_t>(wanted), listed.end(),
                    [](const Listed& a, const Listed& b) { return ComesBefore(a.keys, NameOf(*a.session.record), b); });
  listed.resize(wanted);
  return listed;
}

}  // namespace

absl::StatusOr<v1::ListSessionsResponse> ListSessions(const v1::ListSessionsRequest& request, const SessionTable& table,
                                                      const Clock& clock) {
  const absl::StatusOr<PageRequest> page = ParseRequest(request);
  if (!page.ok()) return page.status();
  std::vector<Listed> listed =
      page->order->by_name() ? TakeByName(*page, table, clock) : TakeByKeys(*page, table, clock);
  const bool is_last = listed.size() <= page->size;
  if (!is_last) listed.pop_back();
  v1::ListSessionsResponse response;
  for (const Listed& one : listed) {
    *response.add_sessions() = ToProto(one.session, clock);
  }
  if (!is_last) {
    const NameRef last = NameOf(*listed.back().session.record);
    response.set_next_page_token(EncodePageToken({.tenant = page->tenant,
                                                  .last_tenant = std::string(last.tenant),
                                                  .last_session = std::string(last.session),
                                                  .query = page->query,
                                                  .keys = listed.back().keys}));
  }
  return response;
}

}  // namespace holter::registry
