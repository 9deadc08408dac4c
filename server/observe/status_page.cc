#include "observe/status_page.h"

#include <fmt/format.h>

#include "observe/fleet_page.h"
#include "observe/http_query.h"
#include "observe/page_frame.h"
#include "observe/session_page.h"

namespace holter::observe {
namespace {

// What concerns every session.
std::string NoticeOf(const StatusPageOptions& options) {
  const std::string unready = options.unready_reason ? options.unready_reason() : "";
  if (!unready.empty()) return fmt::format("Holter is {}: it takes no new work.", unready);
  const std::string problem = options.metrics->StoreProblem();
  return problem.empty() ? "" : fmt::format("{}: the store takes no changes; sessions go on.", problem);
}

}  // namespace

std::vector<HttpRoute> StatusPageRoutes(const StatusPageOptions& options) {
  const auto fleet = [options](const HttpRequest& request) {
    return HttpResponse{.later =
                            [options, query = FleetQuery::Of(HttpQuery(request.query))] {
                              return MakeFleetPage(*options.registry, query, NoticeOf(options),
                                                   options.clock->WallNow());
                            },
                        .lane = HttpLane::kPage};
  };
  const auto session = [options](const HttpRequest& request) {
    const SessionPageRequest page{.name = std::string(request.path.substr(1)),
                                  .event_token = std::string(HttpQuery(request.query).Get("events")),
                                  .notice = NoticeOf(options)};
    return HttpResponse{
        .later = [options,
                  page] { return MakeSessionPage(*options.registry, options.metrics->tape(), page, *options.clock); },
        .lane = HttpLane::kPage};
  };
  return {{"/", fleet}, {"/tenants/", session}, {"/page/", AnswerAsset}};
}

std::vector<HttpRoute> NoStatusPageRoutes() {
  return {{"/", [](const HttpRequest&) {
             constexpr int not_found = 404;
             return HttpResponse{.status = not_found,
                                 .body =
                                     "the status page is off (--status-page); there are: /metrics /sd /probe /livez "
                                     "/readyz\n"};
           }}};
}

}  // namespace holter::observe
