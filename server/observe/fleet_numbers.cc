#include "observe/fleet_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "observe/session_badge.h"
#include "spec/words.h"

namespace holter::observe {
namespace {

constexpr int kMostReasons = 8;
constexpr int kMostGroupsShown = 8;

int64_t CountOf(const v1::FleetSummary& numbers, v1::Health health) {
  for (const auto& count : numbers.healths()) {
    if (count.health() == health) return count.sessions();
  }
  return 0;
}

// `health` as the page's address has it; empty: any.
std::optional<int64_t> CountOf(const v1::FleetSummary::GroupCount& group, std::string_view health) {
  if (health.empty()) return group.sessions();
  if (health == "healthy") return group.healthy();
  if (health == "degraded") return group.degraded();
  if (health == "down") return group.down();
  if (health == "unknown") return group.sessions() - group.healthy() - group.degraded() - group.down();
  return std::nullopt;
}

// Without another look at all sessions, where the numbers tell it: nothing is chosen, or a health, a state, a group or
// a health of a group.
std::optional<int64_t> CountChosen(const v1::FleetSummary& numbers, const FleetQuery& query) {
  if (query.Filter() == query.SearchFilter()) return numbers.sessions();
  FleetQuery rest = query;
  rest.health.clear();
  if (rest.Filter() == rest.SearchFilter()) {
    for (const auto& count : numbers.healths()) {
      if (absl::AsciiStrToLower(spec::HealthWord(count.health())) == query.health) return count.sessions();
    }
  }
  rest = query;
  rest.state.clear();
  if (rest.Filter() == rest.SearchFilter()) {
    for (const auto& count : numbers.states()) {
      if (absl::AsciiStrToLower(spec::StateWord(count.state())) == query.state) return count.sessions();
    }
  }
  rest = query;
  rest.health.clear();
  rest.group.clear();
  if (!query.group.empty() && rest.Filter() == rest.SearchFilter()) {
    for (const auto& count : numbers.groups()) {
      if (count.group() == query.group) return CountOf(count, query.health);
    }
  }
  return std::nullopt;
}

std::string WithCommas(int64_t number) {
  std::string text = fmt::format("{}", number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

void WriteTile(HtmlWriter& html, const FleetQuery& query, const v1::FleetSummary& numbers, v1::Health health) {
  const int64_t count = CountOf(numbers, health);
  const std::string word = absl::AsciiStrToLower(spec::HealthWord(health));
  html.Markup("<li class=\"tile ")
      .Markup(ClassOf(health))
      .Markup(count == 0 ? HtmlLiteral(" none\">") : HtmlLiteral("\">"));
  html.Wrap("<a href=\"", query.With(&FleetQuery::health, word).Link(), "\"><b>").Text(WithCommas(count));
  html.Wrap("</b> <span>", word, "</span></a></li>\n");
}

// A strip of the shares; whoever is there at all is seen.
void WriteShares(HtmlWriter& html, const v1::FleetSummary& numbers) {
  constexpr double width = 1000;
  constexpr double least = 4;
  if (numbers.sessions() == 0) return;
  html.Markup("<svg class=\"shares\" viewBox=\"0 0 1000 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
  double at = 0;
  for (const v1::Health health : {v1::HEALTH_DOWN, v1::HEALTH_DEGRADED, v1::HEALTH_UNKNOWN, v1::HEALTH_HEALTHY}) {
    const int64_t count = CountOf(numbers, health);
    if (count == 0) continue;
    const double share = width * static_cast<double>(count) / static_cast<double>(numbers.sessions());
    const double wide = std::min(std::max(share, least), width - at);
    html.Markup("<rect height=\"8\" class=\"").Markup(ClassOf(health)).Markup("\"");
    html.Wrap(" x=\"", fmt::format("{:.1f}", at), "\"").Wrap(" width=\"", fmt::format("{:.1f}", wide), "\"/>");
    at += wide;
  }
  html.Markup("</svg>\n");
}

void WriteStates(HtmlWriter& html, const FleetQuery& query, const v1::FleetSummary& numbers) {
  html.Wrap("<p class=\"states\"><b>", WithCommas(numbers.sessions()), "</b> sessions:");
  for (const auto& count : numbers.states()) {
    const std::string word = absl::AsciiStrToLower(spec::StateWord(count.state()));
    html.Wrap(" <a href=\"", query.With(&FleetQuery::state, word).Link(), "\">");
    html.Text(fmt::format("{} {}", WithCommas(count.sessions()), word)).Markup("</a>");
  }
  html.Markup("</p>\n");
}

void WriteReasons(HtmlWriter& html, const FleetQuery& query, const v1::FleetSummary& numbers) {
  std::vector<v1::FleetSummary::ReasonCount> reasons;
  for (const auto& count : numbers.reasons()) {
    if (count.reason() != v1::REASON_UNSPECIFIED) reasons.push_back(count);
  }
  if (reasons.empty()) return;
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& a, const auto& b) { return a.sessions() > b.sessions(); });
  html.Markup("<section><h2>Why</h2><table class=\"small\"><tbody>\n");
  for (size_t i = 0; i < std::min<size_t>(reasons.size(), kMostReasons); ++i) {
    const std::string word = spec::ReasonWord(reasons[i].reason());
    html.Wrap("<tr><td class=\"n\">", WithCommas(reasons[i].sessions()), "</td><td>");
    html.Wrap("<a href=\"", query.With(&FleetQuery::reason, word).Link(), "\">").Text(word).Markup("</a></td></tr>\n");
  }
  html.Markup("</tbody></table></section>\n");
}

void WriteGroups(HtmlWriter& html, const FleetQuery& query, const v1::FleetSummary& numbers) {
  if (numbers.groups_total() < 2) return;
  html.Markup(
          "<section><h2>Worst groups</h2><table class=\"small\"><thead><tr><th>Group</th><th class=\"n\">Sessions</th>")
      .Markup("<th class=\"n\">Down</th><th class=\"n\">Degraded</th></tr></thead><tbody>\n");
  for (int i = 0; i < std::min(numbers.groups_size(), kMostGroupsShown); ++i) {
    const v1::FleetSummary::GroupCount& group = numbers.groups(i);
    html.Markup("<tr><td>");
    if (group.group().empty()) {
      html.Markup("(none)");
    } else {
      html.Wrap("<a href=\"", query.With(&FleetQuery::group, group.group()).Link(), "\">").Text(group.group());
      html.Markup("</a>");
    }
    html.Wrap("</td><td class=\"n\">", WithCommas(group.sessions()), "</td>");
    html.Markup(group.down() > 0 ? HtmlLiteral("<td class=\"n down\">") : HtmlLiteral("<td class=\"n\">"));
    html.Text(WithCommas(group.down()));
    html.Markup(group.degraded() > 0 ? HtmlLiteral("</td><td class=\"n degraded\">")
                                     : HtmlLiteral("</td><td class=\"n\">"));
    html.Text(WithCommas(group.degraded())).Markup("</td></tr>\n");
  }
  html.Markup("</tbody></table></section>\n");
}

void WriteRtts(HtmlWriter& html, const v1::FleetSummary& numbers) {
  if (numbers.rtts().empty()) return;
  html.Markup(
          "<section><h2>Last round trips, ms</h2><table class=\"small\"><thead><tr><th>Layer</th><th "
          "class=\"n\">p50</th>")
      .Markup("<th class=\"n\">p90</th><th class=\"n\">p99</th><th class=\"n\">slowest</th></tr></thead><tbody>\n");
  const auto cell = [&html](const google::protobuf::Duration& rtt) {
    html.Wrap("<td class=\"n\">", spec::Milliseconds(spec::ToDuration(rtt)), "</td>");
  };
  for (const auto& rtt : numbers.rtts()) {
    html.Wrap("<tr><td>", rtt.layer(), "</td>");
    cell(rtt.p50());
    cell(rtt.p90());
    cell(rtt.p99());
    cell(rtt.max());
    html.Markup("</tr>\n");
  }
  html.Markup("</tbody></table></section>\n");
}

}  // namespace

absl::StatusOr<FleetNumbers> CountFleet(const registry::SessionRegistry& registry, const FleetQuery& query) {
  v1::GetFleetSummaryRequest request;
  request.set_parent(query.Parent());
  request.set_filter(query.SearchFilter());
  auto all = registry.Summarize(request);
  if (!all.ok()) return all.status();
  FleetNumbers numbers{.all = *std::move(all)};
  if (const auto chosen = CountChosen(numbers.all, query)) {
    numbers.chosen = *chosen;
    return numbers;
  }
  request.set_filter(query.Filter());
  const auto chosen = registry.Summarize(request);
  if (!chosen.ok()) return chosen.status();
  numbers.chosen = chosen->sessions();
  return numbers;
}

std::string FleetTitle(const v1::FleetSummary& numbers) {
  const int64_t down = CountOf(numbers, v1::HEALTH_DOWN);
  const int64_t degraded = CountOf(numbers, v1::HEALTH_DEGRADED);
  if (down > 0) return WithCommas(down) + " down";
  if (degraded > 0) return WithCommas(degraded) + " degraded";
  return numbers.sessions() > 0 && CountOf(numbers, v1::HEALTH_HEALTHY) == numbers.sessions() ? "all healthy"
                                                                                              : "none down";
}

void WriteFleetNumbers(HtmlWriter& html, const FleetQuery& query, const v1::FleetSummary& numbers) {
  html.Markup("<ul class=\"tiles\">\n");
  for (const v1::Health health : {v1::HEALTH_DOWN, v1::HEALTH_DEGRADED, v1::HEALTH_UNKNOWN, v1::HEALTH_HEALTHY}) {
    WriteTile(html, query, numbers, health);
  }
  html.Markup("</ul>\n");
  WriteShares(html, numbers);
  WriteStates(html, query, numbers);
  html.Markup("<div class=\"columns\">\n");
  WriteReasons(html, query, numbers);
  WriteGroups(html, query, numbers);
  WriteRtts(html, numbers);
  html.Markup("</div>\n");
}

}  // namespace holter::observe
