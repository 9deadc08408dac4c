#include "observe/fleet_page.h"

#include <fmt/format.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "base/session_name.h"
#include "core/url.h"
#include "observe/fleet_numbers.h"
#include "observe/html_writer.h"
#include "observe/page_frame.h"
#include "observe/session_badge.h"
#include "spec/session_story.h"
#include "spec/words.h"

namespace holter::observe {
namespace {

constexpr int kFleetBadRequest = 400;

void WriteOption(HtmlWriter& html, const FleetQuery& query, const char* word, const char* label) {
  html.Wrap("<option value=\"", word, query.sort == word ? HtmlLiteral("\" selected>") : HtmlLiteral("\">"));
  html.Text(label).Markup("</option>");
}

void WriteHidden(HtmlWriter& html, const char* name, const std::string& value) {
  if (value.empty()) return;
  html.Wrap("<input type=\"hidden\" name=\"", name, "\"").Wrap(" value=\"", value, "\">");
}

// Outside of what the script replaces: nobody wants to lose what they are typing.
void WriteSearch(HtmlWriter& html, const FleetQuery& query) {
  html.Markup("<form class=\"search\" action=\"/\" method=\"get\" role=\"search\">")
      .Markup("<label>Search <input type=\"search\" name=\"q\" size=\"36\" ")
      .Markup("placeholder=\"name, group or host; or reason = dns\" value=\"")
      .Text(query.search)
      .Markup("\"></label> <label>Sort <select name=\"sort\">");
  WriteOption(html, query, "worst", "worst first");
  WriteOption(html, query, "rtt", "slowest first");
  WriteOption(html, query, "name", "by name");
  WriteOption(html, query, "newest", "newest first");
  html.Markup("</select></label> ");
  WriteHidden(html, "tenant", query.tenant);
  WriteHidden(html, "health", query.health);
  WriteHidden(html, "state", query.state);
  WriteHidden(html, "reason", query.reason);
  WriteHidden(html, "group", query.group);
  html.Markup("<button type=\"submit\">Show</button></form>\n");
}

// What the numbers above were clicked for, each with a way back.
void WriteChoices(HtmlWriter& html, const FleetQuery& query) {
  const std::pair<const char*, std::string FleetQuery::*> choices[] = {
      {"tenant", &FleetQuery::tenant}, {"health", &FleetQuery::health}, {"state", &FleetQuery::state},
      {"reason", &FleetQuery::reason}, {"group", &FleetQuery::group},   {"search", &FleetQuery::search}};
  bool any = false;
  for (const auto& [name, choice] : choices) {
    if ((query.*choice).empty()) continue;
    html.Markup(any ? HtmlLiteral(" ") : HtmlLiteral("<p class=\"choices\">Only "));
    html.Wrap("<a class=\"choice\" href=\"", query.With(choice, "").Link(), "\" title=\"Show all again\">");
    html.Text(fmt::format("{} {}", name, query.*choice)).Markup(" <span aria-hidden=\"true\">×</span></a>");
    any = true;
  }
  if (any) html.Markup("</p>\n");
}

void WriteHeading(HtmlWriter& html, const FleetQuery& query, HtmlLiteral begin, const char* title, const char* sort) {
  const bool current = query.sort == sort;
  html.Markup(begin).Markup(current ? HtmlLiteral(" aria-sort=\"other\">") : HtmlLiteral(">"));
  html.Wrap("<a href=\"", query.With(&FleetQuery::sort, sort).Link(), "\">").Text(title);
  html.Markup(current ? HtmlLiteral(" <span aria-hidden=\"true\">▾</span></a></th>") : HtmlLiteral("</a></th>"));
}

// Of the beats of the application that which answered last.
std::string LastRtt(const v1::SessionStatus& status, bool app) {
  const v1::BeatStatus* last = nullptr;
  for (const v1::BeatStatus& beat : status.beats()) {
    if ((beat.name() != "protocol") != app || !beat.has_last_rtt()) continue;
    if (last == nullptr || last->last_ack_time().seconds() < beat.last_ack_time().seconds()) last = &beat;
  }
  return last == nullptr ? "" : spec::Milliseconds(spec::ToDuration(last->last_rtt()));
}

void WriteWhy(HtmlWriter& html, const v1::SessionStatus& status, WallTime now) {
  if (status.state() == v1::STATE_PAUSED) {
    html.Markup("paused");
  } else if (status.health() == v1::HEALTH_DOWN) {
    html.Text(spec::CauseWords(status));
    if (status.has_next_attempt_time()) {
      html.Markup("<span class=\"more\">; next attempt ");
      WriteTime(html, spec::ToWallTime(status.next_attempt_time()), now);
      html.Markup("</span>");
    }
  } else if (status.health() == v1::HEALTH_DEGRADED) {
    html.Text(status.reason() == v1::REASON_WATCHDOG ? "a watchdog warns" : "missed a heartbeat");
  } else if (status.health() == v1::HEALTH_UNKNOWN) {
    html.Text(absl::AsciiStrToLower(spec::StateWord(status.state())));
  }
}

void WriteRow(HtmlWriter& html, const v1::Session& session, bool with_tenant, WallTime now) {
  const v1::SessionStatus& status = session.status();
  const auto name = ParseSessionName(session.name());
  int64_t missed = 0;
  for (const v1::BeatStatus& beat : status.beats()) missed += beat.missed();
  html.Markup("<tr><td>");
  WriteBadge(html, status);
  html.Wrap("</td><td class=\"name\"><a href=\"/", session.name(), "\">");
  if (name.ok() && with_tenant && name->tenant != "default")
    html.Wrap("<span class=\"more\">", name->tenant, "/</span>");
  html.Text(name.ok() ? name->session : session.name()).Markup("</a>");
  html.Wrap("</td><td>", session.group(), "</td><td class=\"host\">").Text(core::RedactUrl(session.spec().url()));
  html.Markup("</td><td class=\"why\">");
  WriteWhy(html, status, now);
  html.Markup("</td><td class=\"time\">");
  if (status.health_time().seconds() != 0) WriteTime(html, spec::ToWallTime(status.health_time()), now);
  html.Wrap("</td><td class=\"n\">", LastRtt(status, false), "</td>")
      .Wrap("<td class=\"n\">", LastRtt(status, true), "</td>");
  html.Wrap("<td class=\"n\">", missed == 0 ? "" : fmt::format("{}", missed), "</td></tr>\n");
}

void WriteTable(HtmlWriter& html, const FleetQuery& query, const v1::ListSessionsResponse& list, WallTime now) {
  html.Markup("<table class=\"sessions\"><thead><tr>");
  WriteHeading(html, query, "<th", "Health", "worst");
  WriteHeading(html, query, "<th", "Session", "name");
  html.Markup("<th>Group</th><th>Peer</th><th>Why</th><th>Since</th>");
  WriteHeading(html, query, "<th class=\"n\"", "Ping ms", "rtt");
  html.Markup("<th class=\"n\">App ms</th><th class=\"n\">Missed</th></tr></thead>\n<tbody>\n");
  for (const v1::Session& session : list.sessions()) WriteRow(html, session, query.tenant.empty(), now);
  html.Markup("</tbody></table>\n");
}

void WritePlace(HtmlWriter& html, const FleetQuery& query, const v1::ListSessionsResponse& list, int64_t total) {
  const int64_t last = query.before + list.sessions_size();
  html.Markup("<nav class=\"pages\" aria-label=\"Pages\">");
  if (list.sessions().empty()) {
    html.Markup("No session is like that.");
  } else {
    html.Text(fmt::format("{}–{} of {}", query.before + 1, last, total));
  }
  if (query.before > 0) {
    html.Wrap(" <a rel=\"first\" href=\"", query.With(&FleetQuery::page_token, "").Link(), "\">First page</a>");
  }
  if (!list.next_page_token().empty()) {
    FleetQuery next = query.With(&FleetQuery::page_token, list.next_page_token());
    next.page_token = list.next_page_token();
    next.before = last;
    html.Wrap(" <a rel=\"next\" href=\"", next.Link(), "\">Next page</a>");
  }
  html.Markup("</nav>\n");
}

}  // namespace

HttpResponse MakeFleetPage(const registry::SessionRegistry& registry, const FleetQuery& query,
                           const std::string& notice, WallTime now) {
  v1::ListSessionsRequest request;
  request.set_parent(query.Parent());
  request.set_page_size(FleetQuery::kPageSize);
  request.set_page_token(query.page_token);
  request.set_filter(query.Filter());
  request.set_order_by(query.OrderBy());
  const auto list = registry.List(request);
  if (!list.ok()) return MakeProblemPage(now, kFleetBadRequest, std::string(list.status().message()));
  const auto numbers = CountFleet(registry, query);
  if (!numbers.ok()) return MakeProblemPage(now, kFleetBadRequest, std::string(numbers.status().message()));

  HtmlWriter html;
  html.Markup("<h1 hidden>Sessions</h1>\n<div id=\"numbers\" data-live>\n");
  WriteFleetNumbers(html, query, numbers->all);
  html.Markup("</div>\n");
  WriteSearch(html, query);
  html.Markup("<div id=\"list\" data-live>\n");
  WriteChoices(html, query);
  if (!list->sessions().empty()) WriteTable(html, query, *list, now);
  WritePlace(html, query, *list, numbers->chosen);
  html.Markup("</div>\n");
  return MakePage({.title = FleetTitle(numbers->all), .notice = notice, .now = now}, std::move(html));
}

}  // namespace holter::observe
