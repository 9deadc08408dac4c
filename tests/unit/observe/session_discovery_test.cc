#include "observe/session_discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/unit/observe/view_registry.h"

namespace holter::observe {
namespace {

class SessionDiscoveryTest : public ::testing::Test {
 protected:
  boost::json::array Ask(std::string_view query) {
    const HttpResponse response = AnswerDiscovery(registry_, {.path = "/sd", .query = query});
    EXPECT_EQ(response.content_type, "application/json; charset=utf-8");
    text_.clear();
    while (response.pieces(text_)) {
    }
    return boost::json::parse(text_).as_array();
  }

  StillClock clock_;
  ViewRegistry registry_;
  ViewedSessions sessions_{clock_};
  std::string text_;
};

TEST_F(SessionDiscoveryTest, EverySessionIsATargetWithWhatIsDeclared) {
  sessions_.Add(registry_, "feed-1");
  sessions_.Add(registry_, "feed-2");
  const boost::json::array targets = Ask("");
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[0].at("targets").at(0), "tenants/default/sessions/feed-1");
  const boost::json::object& labels = targets[0].at("labels").as_object();
  EXPECT_EQ(labels.at("__meta_holter_tenant"), "default");
  EXPECT_EQ(labels.at("__meta_holter_session"), "feed-1");
  EXPECT_EQ(labels.at("__meta_holter_group"), "feeds");
  EXPECT_EQ(labels.at("__meta_holter_host"), "peer.example.com");
  EXPECT_EQ(labels.at("__meta_holter_scheme"), "wss");
  EXPECT_EQ(labels.at("__meta_holter_label_team"), "<script>alert(1)</script>");
  EXPECT_EQ(text_.find("canary"), std::string::npos) << "nothing of a URL but scheme and host";
}

TEST_F(SessionDiscoveryTest, NobodyIsAnEmptyList) { EXPECT_TRUE(Ask("").empty()); }

TEST_F(SessionDiscoveryTest, TenantAndGroupChoose) {
  sessions_.Add(registry_, "feed-1");
  EXPECT_EQ(Ask("tenant=default&group=feeds").size(), 1U);
  EXPECT_TRUE(Ask("tenant=other").empty());
  EXPECT_TRUE(Ask("group=other").empty());
}

TEST_F(SessionDiscoveryTest, ALongListComesInPieces) {
  for (int i = 0; i < 1000; ++i) sessions_.Add(registry_, "feed");
  EXPECT_EQ(Ask("").size(), 1000U);
  const HttpResponse response = AnswerDiscovery(registry_, {.path = "/sd", .query = ""});
  std::string piece;
  EXPECT_TRUE(response.pieces(piece));
  EXPECT_LT(piece.size(), text_.size() / 2);
}

}  // namespace
}  // namespace holter::observe
