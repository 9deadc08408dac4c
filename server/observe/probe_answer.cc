#include "observe/probe_answer.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/session_name.h"
#include "core/session_status.h"
#include "core/url.h"
#include "observe/http_query.h"
#include "observe/metric_families.h"
#include "observe/text_format.h"

namespace holter::observe {
namespace {

constexpr const char* kProbeType = "text/plain; version=0.0.4; charset=utf-8";
constexpr int kSwitchingProtocols = 101;
constexpr int kProbeBadRequest = 400;
constexpr int kProbeNotFound = 404;

std::optional<SessionName> ParseTarget(std::string_view target) {
  if (const auto name = ParseSessionName(target); name.ok()) return *name;
  const size_t slash = target.find('/');
  SessionName name{.tenant = "default", .session = std::string(target)};
  if (slash != std::string_view::npos) {
    name = {.tenant = std::string(target.substr(0, slash)), .session = std::string(target.substr(slash + 1))};
  }
  if (!IsResourceId(name.tenant) || !IsResourceId(name.session)) return std::nullopt;
  return name;
}

template <typename Value>
void AppendGauge(std::string& out, std::string_view name, std::string_view help, Value value) {
  AppendFamilyHeader(out, name, "gauge", help);
  out.append(name).append(" ");
  AppendNumber(out, value);
  out += '\n';
}

// The outermost layer that answers: that is what a user of the peer waits for.
std::optional<Duration> LastRoundTrip(const core::SessionVitals& vitals) {
  if (vitals.app.last_rtt) return vitals.app.last_rtt;
  if (vitals.protocol.last_rtt) return vitals.protocol.last_rtt;
  if (vitals.tcp_rtt) return vitals.tcp_rtt->min;
  return std::nullopt;
}

void AppendUpgrade(std::string& out, const core::SessionStatus& status, bool tls) {
  const bool open = status.state == core::State::kOpen;
  const int http_status = open ? kSwitchingProtocols : status.last_http_status;
  AppendGauge(out, "probe_http_ssl", "Indicates if SSL was used for the final redirect", tls ? 1 : 0);
  AppendGauge(out, "probe_http_status_code", "Response HTTP status code", http_status);
  AppendGauge(out, "probe_websocket_status_code", "Response HTTP status code", http_status);
  AppendGauge(out, "probe_websocket_connection_upgraded",
              "Indicates if the websocket connection was successfully upgraded", open ? 1 : 0);
  if (open && !status.peer_address.empty()) {
    AppendGauge(out, "probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6",
                status.peer_address.front() == '[' ? 6 : 4);
  }
  if (status.tls_expiry) {
    const auto at = std::chrono::floor<std::chrono::seconds>(status.tls_expiry->time_since_epoch());
    AppendGauge(out, "probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime", at.count());
  }
}

std::string ProbeText(const registry::SessionView& view) {
  const core::SessionStatus status = view.cell->Snapshot();
  const core::SessionVitals vitals = view.cell->Vitals();
  const auto url = core::ParseUrl(view.url);
  std::string out;
  // A paused session is neither: whoever paused it does not want to be called.
  if (status.state != core::State::kPaused) {
    const bool up = status.health == core::Health::kHealthy || status.health == core::Health::kDegraded;
    AppendGauge(out, "probe_success", "Displays whether or not the probe was a success", up ? 1 : 0);
  }
  if (const auto rtt = LastRoundTrip(vitals)) {
    AppendGauge(out, "probe_duration_seconds", "Returns how long the probe took to complete in seconds", Seconds(*rtt));
  }
  AppendUpgrade(out, status, url.ok() && url->tls);
  return out;
}

}  // namespace

HttpResponse AnswerProbe(const registry::SessionRegistry& registry, const HttpRequest& request) {
  const HttpQuery query(request.query);
  const auto name = ParseTarget(query.Get("target"));
  if (!name) {
    return {.status = kProbeBadRequest,
            .body = "expected ?target=tenants/{tenant}/sessions/{session}, {tenant}/{session} or {session}\n"};
  }
  std::string text;
  if (!registry.Look(*name, [&text](const registry::SessionView& view) { text = ProbeText(view); })) {
    return {.status = kProbeNotFound, .body = "there is no such session\n"};
  }
  return {.content_type = kProbeType, .body = std::move(text)};
}

}  // namespace holter::observe
