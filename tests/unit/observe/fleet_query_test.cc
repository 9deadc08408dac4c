#include "observe/fleet_query.h"

#include <gtest/gtest.h>

namespace holter::observe {
namespace {

FleetQuery Parse(std::string_view text) { return FleetQuery::Of(HttpQuery(text)); }

TEST(FleetQueryTest, NothingMeansTheWorstOfAllTenants) {
  const FleetQuery query = Parse("");
  EXPECT_EQ(query.Parent(), "tenants/-");
  EXPECT_EQ(query.Filter(), "");
  EXPECT_EQ(query.OrderBy(), "health desc, rtt desc");
  EXPECT_EQ(query.Link(), "/");
}

TEST(FleetQueryTest, TextIsSoughtInNamesGroupsAndHosts) {
  EXPECT_EQ(Parse("q=feed").Filter(), "(session:\"feed\" OR group:\"feed\" OR host:\"feed\")");
  EXPECT_EQ(Parse("q=a%22%20OR%20%5C").Filter(), R"((session:"a\" OR \\" OR group:"a\" OR \\" OR host:"a\" OR \\"))");
}

TEST(FleetQueryTest, AComparatorMakesItAFilterOfTheApi) {
  EXPECT_EQ(Parse("q=reason+%3D+dns").Filter(), "(reason = dns)");
  EXPECT_EQ(Parse("q=attempts+%3E+3&health=down&group=feeds").Filter(),
            "(attempts > 3) AND health = \"down\" AND group = \"feeds\"");
  EXPECT_EQ(Parse("q=attempts+%3E+3&health=down").SearchFilter(), "(attempts > 3)");
}

TEST(FleetQueryTest, OrdersAreThoseOfTheList) {
  EXPECT_EQ(Parse("sort=name").OrderBy(), "");
  EXPECT_EQ(Parse("sort=rtt").OrderBy(), "rtt desc");
  EXPECT_EQ(Parse("sort=newest").OrderBy(), "create_time desc");
  EXPECT_EQ(Parse("sort=%3Cscript%3E").OrderBy(), "health desc, rtt desc");
}

TEST(FleetQueryTest, ALinkLeadsBackToItself) {
  const std::string link =
      "/?tenant=blue&q=a%20b&health=down&state=backoff&reason=dns&group=g&sort=rtt&page=t&before=50";
  EXPECT_EQ(Parse(link.substr(2)).Link(), link);
}

TEST(FleetQueryTest, AnotherChoiceBeginsAtTheFirstPage) {
  const FleetQuery query = Parse("q=a&page=t&before=50").With(&FleetQuery::health, "down");
  EXPECT_EQ(query.Link(), "/?q=a&health=down");
  EXPECT_EQ(Parse("before=50").before, 0) << "the first page has nothing before it";
  EXPECT_EQ(Parse("page=t&before=-7").before, 0);
}

}  // namespace
}  // namespace holter::observe
