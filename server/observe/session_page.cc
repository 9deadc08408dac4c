#include "observe/session_page.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "base/session_name.h"
#include "core/url.h"
#include "observe/event_table.h"
#include "observe/html_writer.h"
#include "observe/http_query.h"
#include "observe/page_frame.h"
#include "observe/rtt_chart.h"
#include "observe/session_badge.h"
#include "spec/session_story.h"
#include "spec/words.h"

namespace holter::observe {
namespace {

constexpr int kSessionNotFound = 404;

void WriteSessionHead(HtmlWriter& html, const SessionName& name, const v1::Session& session, WallTime now) {
  html.Markup("<p class=\"crumbs\"><a href=\"/\">All sessions</a> / ");
  std::string of_tenant = "/";
  AppendParameter(of_tenant, "tenant", name.tenant);
  html.Wrap("<a href=\"", of_tenant, "\">").Text(name.tenant).Markup("</a>");
  if (!session.group().empty()) {
    std::string of_group = of_tenant;
    AppendParameter(of_group, "group", session.group());
    html.Wrap(" / <a href=\"", of_group, "\">").Text(session.group()).Markup("</a>");
  }
  html.Wrap("</p>\n<div id=\"head\" data-live><h1>", name.session, " ");
  WriteBadge(html, session.status());
  html.Markup("</h1>\n<p class=\"story ").Markup(ClassOf(session.status().health())).Markup("\"><bdi>");
  html.Text(spec::WhySentence(name.session, session, {.now = now, .zone = absl::UTCTimeZone()}));
  html.Markup("</bdi></p>\n");
  if (!session.status().detail().empty()) {
    html.Wrap("<p class=\"detail\">Holter says: <bdi>", session.status().detail(), "</bdi></p>\n");
  }
  html.Markup("</div>\n");
}

// A list of facts; those without a value are left out.
class Facts {
 public:
  Facts(HtmlWriter& html, WallTime now) : html_(html), now_(now) { html_.Markup("<dl id=\"facts\" data-live>\n"); }
  ~Facts() { html_.Markup("</dl>\n"); }
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;

  void Add(HtmlLiteral title, std::string_view value) {
    if (value.empty()) return;
    Begin(title);
    html_.Wrap("<bdi>", value, "</bdi>");
    End();
  }
  void Add(HtmlLiteral title, const google::protobuf::Timestamp& time) {
    if (time.seconds() == 0) return;
    Begin(title);
    WriteTime(html_, spec::ToWallTime(time), now_);
    End();
  }

 private:
  void Begin(HtmlLiteral title) { html_.Markup("<div><dt>").Markup(title).Markup("</dt><dd>"); }
  void End() { html_.Markup("</dd></div>\n"); }

  HtmlWriter& html_;
  const WallTime now_;
};

// Of the URL only scheme, host and port: the rest may hold a token, and nobody has said who they are.
void WriteFacts(HtmlWriter& html, const v1::Session& session, WallTime now) {
  const v1::SessionStatus& status = session.status();
  Facts facts(html, now);
  facts.Add("State", absl::AsciiStrToLower(spec::StateWord(status.state())));
  facts.Add("In this state since", status.state_time());
  facts.Add("Last alive", status.last_alive_time());
  facts.Add("Next attempt", status.next_attempt_time());
  if (status.attempts() > 0) facts.Add("Attempts since it was stable", fmt::format("{}", status.attempts()));
  facts.Add("Connections lost", fmt::format("{}", status.reconnects()));
  facts.Add("Reason", spec::ReasonWord(status.reason()));
  facts.Add("Blamed path", spec::PathWord(status.path()));
  facts.Add("Peer", core::RedactUrl(session.spec().url()));
  facts.Add("Address", status.peer_address());
  facts.Add("Subprotocol", status.subprotocol());
  facts.Add("Certificate ends", status.tls_expiry_time());
  if (status.has_tcp_rtt()) {
    facts.Add("TCP round trip", fmt::format("{} ms at least, {} ms smoothed",
                                            spec::Milliseconds(spec::ToDuration(status.tcp_rtt().min())),
                                            spec::Milliseconds(spec::ToDuration(status.tcp_rtt().smoothed()))));
  }
  facts.Add("Messages in, out", fmt::format("{}, {}", status.traffic().messages_in(), status.traffic().messages_out()));
  if (status.last_close_code() != 0) facts.Add("Last close code", fmt::format("{}", status.last_close_code()));
  if (status.last_http_status() != 0) facts.Add("Last HTTP status", fmt::format("{}", status.last_http_status()));
  for (const auto& [key, value] : session.labels()) facts.Add("Label", fmt::format("{}={}", key, value));
  facts.Add("Declared", session.create_time());
}

void WriteBeats(HtmlWriter& html, const v1::SessionStatus& status, WallTime now) {
  html.Markup(
          "<section id=\"beats\" data-live><h2>Heartbeats</h2>\n<table><thead><tr><th>Heartbeat</th><th>Verdict</th>")
      .Markup(
          "<th class=\"n\">Last ms</th><th>Answered</th><th class=\"n\">Sent</th><th class=\"n\">Acked</th><th "
          "class=\"n\">Missed</th><th class=\"n\">In a row</th>")
      .Markup("<th class=\"n\">Late</th><th class=\"n\">Stray</th></tr></thead><tbody>\n");
  const auto number = [&html](int64_t value) {
    html.Wrap("<td class=\"n\">", value == 0 ? "" : fmt::format("{}", value), "</td>");
  };
  for (const v1::BeatStatus& beat : status.beats()) {
    html.Wrap("<tr><td>", beat.name() == "protocol" ? "ping (protocol)" : beat.name(), "</td>");
    html.Wrap("<td><span class=\"verdict ", spec::VerdictWord(beat.verdict()), "\">");
    html.Text(spec::VerdictWord(beat.verdict())).Markup("</span></td><td class=\"n\">");
    if (beat.has_last_rtt()) html.Text(spec::Milliseconds(spec::ToDuration(beat.last_rtt())));
    html.Markup("</td><td class=\"time\">");
    if (beat.has_last_ack_time()) WriteTime(html, spec::ToWallTime(beat.last_ack_time()), now);
    html.Markup("</td>");
    number(beat.sent());
    number(beat.acked());
    number(beat.missed());
    number(beat.misses());
    number(beat.late());
    number(beat.foreign() + beat.duplicate() + beat.unsolicited());
    html.Markup("</tr>\n");
  }
  html.Markup("</tbody></table></section>\n");
}

// The protocol's heartbeat stands first if there is one, then the others in the order of their numbers.
std::vector<RttLine> LinesOf(const v1::SessionStatus& status, const BeatTape::Recording& recording) {
  std::vector<RttLine> lines;
  for (const v1::BeatStatus& beat : status.beats()) {
    lines.push_back({.name = beat.name() == "protocol" ? "ping" : beat.name(), .answers = {}, .misses = {}});
  }
  const bool has_protocol = status.beats_size() > 0 && status.beats(0).name() == "protocol";
  for (const BeatTape::Beat& beat : recording.beats) {
    if (!beat.app && !has_protocol) continue;
    const size_t index = beat.app ? beat.beat + size_t{has_protocol} : 0;
    if (index >= lines.size()) continue;  // an update took it away
    if (beat.rtt) {
      lines[index].answers.push_back({.at = beat.at, .rtt = *beat.rtt});
    } else {
      lines[index].misses.push_back(beat.at);
    }
  }
  return lines;
}

void WriteRoundTrips(HtmlWriter& html, const v1::SessionStatus& status, const BeatTape::Recording& recording,
                     TimePoint now) {
  html.Markup("<section id=\"rtts\" data-live><h2>Round trips</h2>\n");
  const TimePoint begin = recording.beats.empty() ? recording.since : recording.beats.front().at;
  WriteRttChart(html, LinesOf(status, recording), begin, now);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now - recording.since);
  html.Markup("<p class=\"more\">");
  if (recording.beats.empty()) {
    html.Markup("Recorded while somebody looks: the next answers will be drawn here.");
  } else {
    html.Text(fmt::format("Recorded since somebody first looked, {} s ago; at most {} heartbeats.", seconds.count(),
                          BeatTape::kMostBeats));
  }
  html.Markup("</p></section>\n");
}

}  // namespace

HttpResponse MakeSessionPage(const registry::SessionRegistry& registry, BeatTape& tape,
                             const SessionPageRequest& request, const Clock& clock) {
  const TimePoint now = clock.Now();
  const WallTime wall = clock.WallNow();
  const auto name = ParseSessionName(request.name);
  v1::GetSessionRequest get;
  get.set_name(request.name);
  const auto session = name.ok() ? registry.Get(get) : absl::StatusOr<v1::Session>(name.status());
  if (!session.ok()) return MakeProblemPage(wall, kSessionNotFound, "There is no such session.");
  BeatTape::Recording recording{.since = now, .beats = {}};
  registry.Look(*name, [&](const registry::SessionView& view) { recording = tape.Look(view.cell->id, now); });

  HtmlWriter html;
  WriteSessionHead(html, *name, *session, wall);
  WriteRoundTrips(html, session->status(), recording, now);
  WriteBeats(html, session->status(), wall);
  WriteFacts(html, *session, wall);
  WriteEvents(html, registry, request.name, request.event_token, wall);
  const std::string probe = "/probe?target=" + request.name;
  html.Wrap("<p class=\"more\">For Prometheus: <a href=\"", probe, "\">probe</a>. ");
  html.Wrap("In a terminal: <code>holter describe ", request.name, "</code></p>\n");
  return MakePage({.title = fmt::format("{} {}", spec::HealthWord(session->status().health()), name->session),
                   .notice = request.notice,
                   .now = wall},
                  std::move(html));
}

}  // namespace holter::observe
