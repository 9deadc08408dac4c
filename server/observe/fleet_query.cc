#include "observe/fleet_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"

namespace holter::observe {
namespace {

// A string of the filter's language.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

void AppendTerm(std::string& filter, std::string_view term) {
  if (!filter.empty()) filter += " AND ";
  filter += term;
}

void AppendEquals(std::string& filter, std::string_view field, std::string_view value) {
  if (!value.empty()) AppendTerm(filter, fmt::format("{} = {}", field, Quoted(value)));
}

}  // namespace

FleetQuery FleetQuery::Of(const HttpQuery& query) {
  FleetQuery fleet{.tenant = std::string(query.Get("tenant")),
                   .search = std::string(query.Get("q")),
                   .health = std::string(query.Get("health")),
                   .state = std::string(query.Get("state")),
                   .reason = std::string(query.Get("reason")),
                   .group = std::string(query.Get("group")),
                   .sort = std::string(query.Get("sort")),
                   .page_token = std::string(query.Get("page"))};
  const std::string before(query.Get("before"));
  if (fleet.page_token.empty() || !absl::SimpleAtoi(before, &fleet.before)) fleet.before = 0;
  fleet.before = std::max<int64_t>(fleet.before, 0);
  if (fleet.sort != "name" && fleet.sort != "rtt" && fleet.sort != "newest") fleet.sort = "worst";
  return fleet;
}

std::string FleetQuery::Parent() const { return "tenants/" + (tenant.empty() ? "-" : tenant); }

std::string FleetQuery::OrderBy() const {
  if (sort == "name") return "";
  if (sort == "rtt") return "rtt desc";
  return sort == "newest" ? "create_time desc" : "health desc, rtt desc";
}

std::string FleetQuery::SearchFilter() const {
  if (search.empty()) return "";
  if (search.find_first_of("=<>") != std::string::npos) return "(" + search + ")";
  const std::string text = Quoted(search);
  return fmt::format("(session:{0} OR group:{0} OR host:{0})", text);
}

std::string FleetQuery::Filter() const {
  std::string filter = SearchFilter();
  AppendEquals(filter, "health", health);
  AppendEquals(filter, "state", state);
  AppendEquals(filter, "reason", reason);
  AppendEquals(filter, "group", group);
  return filter;
}

std::string FleetQuery::Link() const {
  std::string link = "/";
  AppendParameter(link, "tenant", tenant);
  AppendParameter(link, "q", search);
  AppendParameter(link, "health", health);
  AppendParameter(link, "state", state);
  AppendParameter(link, "reason", reason);
  AppendParameter(link, "group", group);
  if (sort != "worst") AppendParameter(link, "sort", sort);
  AppendParameter(link, "page", page_token);
  if (before > 0) AppendParameter(link, "before", fmt::format("{}", before));
  return link;
}

FleetQuery FleetQuery::With(std::string FleetQuery::*choice, std::string_view word) const {
  FleetQuery other = *this;
  other.*choice = std::string(word);
  other.page_token.clear();
  other.before = 0;
  return other;
}

}  // namespace holter::observe
