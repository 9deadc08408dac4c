#include "registry/session_listing.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/session_name.h"
#include "registry/session_answer.h"
#include "registry/tokens.h"

namespace holter::registry {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMostPageSize = 1000;

struct PageRequest {
  std::string tenant;
  size_t size = kDefaultPageSize;
  std::optional<PagePlace> place;
};

absl::StatusOr<PageRequest> ParseRequest(const v1::ListSessionsRequest& request) {
  PageRequest page;
  std::vector<FieldViolation> violations;
  if (absl::StatusOr<std::string> tenant = ParseParent(request.parent(), true); tenant.ok()) {
    page.tenant = *tenant;
  } else {
    violations.push_back({.field = "parent", .description = std::string(tenant.status().message())});
  }
  if (request.page_size() < 0) {
    violations.push_back({.field = "page_size", .description = "expected 0 (the default, 100) or more"});
  } else if (request.page_size() > 0) {
    page.size = static_cast<size_t>(std::min(request.page_size(), kMostPageSize));
  }
  if (!request.page_token().empty()) {
    page.place = DecodePageToken(request.page_token());
    if (!page.place.has_value() || page.place->tenant != page.tenant) {
      violations.push_back(
          {.field = "page_token", .description = "expected the next_page_token of a list with the same parent"});
    }
  }
  if (!violations.empty()) return MakeInvalid(violations);
  return page;
}

}  // namespace

absl::StatusOr<v1::ListSessionsResponse> ListSessions(const v1::ListSessionsRequest& request, const SessionTable& table,
                                                      const Clock& clock) {
  const absl::StatusOr<PageRequest> page = ParseRequest(request);
  if (!page.ok()) return page.status();
  NameRef after;
  if (page->place.has_value()) after = {.tenant = page->place->last_tenant, .session = page->place->last_session};
  std::vector<LiveSession> sessions;
  // One more than asked for tells whether there is a next page.
  table.Walk(page->tenant, after, page->size + 1, sessions);
  const bool is_last = sessions.size() <= page->size;
  if (!is_last) sessions.pop_back();
  v1::ListSessionsResponse response;
  for (const LiveSession& session : sessions) {
    *response.add_sessions() = ToProto(session, clock);
  }
  if (!is_last) {
    const NameRef last = NameOf(*sessions.back().record);
    response.set_next_page_token(EncodePageToken(
        {.tenant = page->tenant, .last_tenant = std::string(last.tenant), .last_session = std::string(last.session)}));
  }
  return response;
}

}  // namespace holter::registry
