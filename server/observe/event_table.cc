#include "observe/event_table.h"

#include <fmt/format.h>

#include "absl/strings/ascii.h"
#include "observe/http_query.h"
#include "observe/page_frame.h"
#include "observe/session_badge.h"
#include "spec/words.h"

namespace holter::observe {
namespace {

constexpr int kEvents = 20;

void WriteEvent(HtmlWriter& html, const v1::SessionEvent& event, WallTime now) {
  html.Markup("<tr><td class=\"time\">");
  WriteTime(html, spec::ToWallTime(event.time()), now);
  html.Markup("</td><td>");
  if (event.from_health() != event.to_health()) {
    html.Markup("<span class=\"badge ").Markup(ClassOf(event.to_health()));
    html.Wrap("\">", spec::HealthWord(event.to_health()), "</span>");
  }
  html.Markup("</td><td>");
  if (event.from_state() != event.to_state()) html.Text(absl::AsciiStrToLower(spec::StateWord(event.to_state())));
  html.Wrap("</td><td>", spec::ReasonWord(event.reason()), "</td>");
  html.Wrap("<td>", spec::PathWord(event.path()), "</td>");
  html.Wrap("<td class=\"why\"><bdi>", event.detail(), "</bdi></td></tr>\n");
}

}  // namespace

void WriteEvents(HtmlWriter& html, const registry::SessionRegistry& registry, const std::string& name,
                 const std::string& token, WallTime now) {
  v1::ListSessionEventsRequest request;
  request.set_parent(name);
  request.set_page_size(kEvents);
  request.set_page_token(token);
  const auto events = registry.ListEvents(request);
  html.Markup("<section id=\"events\" data-live><h2>What happened</h2>\n");
  if (!events.ok()) {
    html.Wrap("<p class=\"notice warn\">", std::string(events.status().message()), "</p></section>\n");
    return;
  }
  if (events->events().empty()) html.Markup("<p class=\"more\">Nothing is known.</p>\n");
  if (!events->events().empty()) {
    html.Markup("<table class=\"events\"><thead><tr><th>When</th><th>Health</th><th>State</th><th>Reason</th>")
        .Markup("<th>Path</th><th>Detail</th></tr></thead><tbody>\n");
    for (const v1::SessionEvent& event : events->events()) WriteEvent(html, event, now);
    html.Markup("</tbody></table>\n");
  }
  html.Markup("<nav class=\"pages\">");
  if (!token.empty()) html.Wrap("<a rel=\"first\" href=\"/", name, "\">Newest</a> ");
  if (!events->next_page_token().empty()) {
    std::string older = "/" + name;
    AppendParameter(older, "events", events->next_page_token());
    html.Wrap("<a rel=\"next\" href=\"", older, "\">Older</a>");
  }
  html.Markup("</nav></section>\n");
}

}  // namespace holter::observe
