#include "observe/http_query.h"

#include <gtest/gtest.h>

namespace holter::observe {
namespace {

TEST(HttpQueryTest, ValuesAreDecodedAndTheFirstCounts) {
  const HttpQuery query("q=feed%201&group=a+b&q=other&empty=&flag");
  EXPECT_EQ(query.Get("q"), "feed 1");
  EXPECT_EQ(query.Get("group"), "a b");
  EXPECT_EQ(query.Get("empty"), "");
  EXPECT_EQ(query.Get("flag"), "");
  EXPECT_EQ(query.Get("missing"), "");
}

TEST(HttpQueryTest, WhatStandsBehindTheQueryIsNotOfIt) {
  const std::string_view line = "sort=name&page=2 HTTP/1.1";
  const HttpQuery query(line.substr(0, line.find(' ')));
  EXPECT_EQ(query.Get("sort"), "name");
  EXPECT_EQ(query.Get("page"), "2");
}

TEST(HttpQueryTest, WhatIsMalformedHasNoParameters) {
  for (const char* text : {"q=%zz", "q=a b", "q=\x01", "q=%4"}) EXPECT_EQ(HttpQuery(text).Get("q"), "") << text;
  EXPECT_EQ(HttpQuery("").Get(""), "");
  EXPECT_EQ(HttpQuery(std::string_view()).Get("q"), "");
}

TEST(HttpQueryTest, WhatIsAppendedComesBack) {
  const std::string value = "reason = dns & \"x\" <b> + % # ? ä";
  std::string link = "/";
  AppendParameter(link, "empty", "");
  EXPECT_EQ(link, "/");
  AppendParameter(link, "q", value);
  AppendParameter(link, "sort", "rtt");
  EXPECT_EQ(link.find_first_of("<\" #"), std::string::npos) << link;
  const HttpQuery query(link.substr(2));
  EXPECT_EQ(query.Get("q"), value);
  EXPECT_EQ(query.Get("sort"), "rtt");
}

}  // namespace
}  // namespace holter::observe
