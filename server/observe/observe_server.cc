#include "observe/observe_server.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "observe/health_routes.h"
#include "observe/probe_answer.h"
#include "observe/session_discovery.h"
#include "observe/status_page.h"

namespace holter::observe {
namespace {

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// One scrape of /metrics: the aggregates, then the sessions. Its work is done on the slow thread of the server; a loop
// waits for it no longer than one copy of a session's status takes.
class MetricsPage {
 public:
  explicit MetricsPage(const ObserveOptions& options)
      : options_(options), sessions_(options.sessions, options.clock->Now(), options.clock->WallNow()) {}

  bool Next(std::string& out) {
    if (std::exchange(begun_, true)) {
      return sessions_.Next(out);
    }
    options_.metrics->SetCapacity(options_.engine->capacity());
    if (options_.certificate_expiry) options_.metrics->SetCertificateExpiry(options_.certificate_expiry());
    if (options_.quotas != nullptr) options_.metrics->SetQuotas(options_.quotas->Levels());
    // One walk for both. Without series of sessions too: by the expiries of groups somebody is warned in time.
    PeerExpiries expiries;
    options_.registry->ForEach([&](const registry::SessionView& view) {
      const core::SessionVitals vitals = view.cell->Vitals();
      sessions_.Add(view, vitals);
      if (vitals.tls_expiry) Note(view, *vitals.tls_expiry, expiries);
    });
    options_.metrics->SetPeerExpiries(expiries);
    out += options_.metrics->Text();
    return true;
  }

 private:
  static void Note(const registry::SessionView& view, WallTime expiry, PeerExpiries& expiries) {
    const auto [found, added] = expiries.try_emplace({std::string(view.tenant), std::string(view.group)}, expiry);
    if (!added) found->second = std::min(found->second, expiry);
  }

  const ObserveOptions options_;
  SessionExposition sessions_;
  bool begun_ = false;
};

HttpResponse AnswerMetrics(const ObserveOptions& options) {
  auto page = std::make_shared<MetricsPage>(options);
  return {.content_type = kMetricsType, .pieces = [page](std::string& out) { return page->Next(out); }};
}

}  // namespace

absl::StatusOr<std::unique_ptr<ObserveServer>> ObserveServer::Start(const ObserveOptions& options) {
  HttpServerOptions http{.listen = options.listen, .operations = options.metrics};
  std::vector<HttpRoute> routes = {
      {"/metrics", [options](const HttpRequest&) { return AnswerMetrics(options); }},
      {"/sd",
       [registry = options.registry](const HttpRequest& request) { return AnswerDiscovery(*registry, request); }},
      {"/probe", [registry = options.registry](const HttpRequest& request) { return AnswerProbe(*registry, request); }},
      {"/livez", [metrics = options.metrics](const HttpRequest&) { return AnswerLive(*metrics); }},
      {"/readyz", [reason = options.unready_reason, metrics = options.metrics](
                      const HttpRequest&) { return AnswerReady(reason(), metrics->StoreProblem()); }},
  };
  std::vector<HttpRoute> pages = options.status_page ? StatusPageRoutes({.registry = options.registry,
                                                                         .metrics = options.metrics,
                                                                         .clock = options.clock,
                                                                         .unready_reason = options.unready_reason})
                                                     : NoStatusPageRoutes();
  std::move(pages.begin(), pages.end(), std::back_inserter(routes));
  auto server = HttpServer::Start(http, std::move(routes));
  if (!server.ok()) {
    return server.status();
  }
  return std::unique_ptr<ObserveServer>(new ObserveServer(*std::move(server)));
}

}  // namespace holter::observe
