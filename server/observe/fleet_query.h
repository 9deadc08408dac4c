// Which sessions the fleet's page shows, as the address of the page says it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "observe/http_query.h"

namespace holter::observe {

struct FleetQuery {
  static constexpr int kPageSize = 50;

  std::string tenant;  // empty: all
  std::string search;  // part of a name, group or host; with a comparator in it a filter as the API takes it
  std::string health;  // words of the enums; empty: any
  std::string state;
  std::string reason;
  std::string group;
  std::string sort;        // "worst" (also for what is not known), "name", "rtt" or "newest"
  std::string page_token;  // of the registry; empty: the first page
  int64_t before = 0;      // how many sessions stand on the pages before; only said, never counted on

  static FleetQuery Of(const HttpQuery& query);

  std::string Parent() const;   // "tenants/default", "tenants/-"
  std::string OrderBy() const;  // as the registry takes it
  // As the registry takes it: of the search alone, and of everything.
  std::string SearchFilter() const;
  std::string Filter() const;
  // The address of this page, "/?q=feed&sort=rtt", and of the one with another choice: from its first page on.
  std::string Link() const;
  FleetQuery With(std::string FleetQuery::*choice, std::string_view word) const;
};

}  // namespace holter::observe
