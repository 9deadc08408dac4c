#include <algorithm>

#include "registry/tokens.h"
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class ListTest : public RegistryTest {
 protected:
  absl::StatusOr<v1::ListSessionsResponse> List(const std::string& parent, int page_size = 0,
                                                const std::string& token = "") {
    v1::ListSessionsRequest request;
    request.set_parent(parent);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return registry_->List(request);
  }
  static std::vector<std::string> Names(const v1::ListSessionsResponse& response) {
    std::vector<std::string> names;
    for (const v1::Session& session : response.sessions()) {
      names.push_back(session.name());
    }
    return names;
  }
  // All pages together.
  std::vector<std::string> AllNames(const std::string& parent, int page_size) {
    std::vector<std::string> names;
    std::string token;
    do {
      const auto page = List(parent, page_size, token);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->sessions_size(), page_size);
      for (const std::string& name : Names(*page)) {
        names.push_back(name);
      }
      token = page->next_page_token();
    } while (!token.empty());
    return names;
  }
  void CreateMany(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(Create("s" + std::to_string(i)).ok());
    }
  }
};

TEST_F(ListTest, IsInTheOrderOfNames) {
  // A hyphen sorts before the slash that ends a tenant, so this is not the order of tenants.
  for (const char* tenant : {"a", "a-b", "a0", "b"}) {
    for (const char* session : {"x", "x-y", "x0"}) {
      ASSERT_TRUE(Create(CreateRequest(session, SessionWithUrl("ws://p/"), tenant)).ok());
    }
  }
  const std::vector<std::string> all = AllNames("tenants/-", 5);
  EXPECT_THAT(all, SizeIs(12));
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end())) << ::testing::PrintToString(all);
  EXPECT_THAT(AllNames("tenants/a", 2), ElementsAre(FullName("x", "a"), FullName("x-y", "a"), FullName("x0", "a")));
}

TEST_F(ListTest, PagesAreWholeAndNotRepeated) {
  CreateMany(25);
  for (const int size : {1, 7, 24, 25, 26, 1000}) {
    const std::vector<std::string> names = AllNames("tenants/default", size);
    EXPECT_THAT(names, SizeIs(25)) << size;
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  }
}

TEST_F(ListTest, TheLastPageHasNoToken) {
  CreateMany(4);
  EXPECT_TRUE(List("tenants/default", 4)->next_page_token().empty());
  EXPECT_FALSE(List("tenants/default", 3)->next_page_token().empty());
  EXPECT_THAT(List("tenants/nobody")->sessions(), SizeIs(0));
}

TEST_F(ListTest, SizesHaveBounds) {
  CreateMany(1001);
  EXPECT_EQ(List("tenants/default")->sessions_size(), 100);
  EXPECT_EQ(List("tenants/default", 5000)->sessions_size(), 1000);
  EXPECT_THAT(BadFields(List("tenants/default", -1).status()), ElementsAre("page_size"));
}

TEST_F(ListTest, APageGoesOnBehindASessionThatIsGone) {
  CreateMany(9);
  const auto first = List("tenants/default", 3);
  ASSERT_TRUE(Delete("s2").ok());
  ASSERT_TRUE(Create("s2a").ok());
  const auto second = List("tenants/default", 3, first->next_page_token());
  EXPECT_THAT(Names(*second), ElementsAre(FullName("s2a"), FullName("s3"), FullName("s4")));
}

TEST_F(ListTest, TokensAreForTheSameParent) {
  CreateMany(3);
  const std::string token = List("tenants/default", 1)->next_page_token();
  EXPECT_THAT(BadFields(List("tenants/-", 1, token).status()), ElementsAre("page_token"));
  EXPECT_THAT(BadFields(List("tenants/default", 1, token + "x").status()), ElementsAre("page_token"));
  EXPECT_THAT(BadFields(List("tenants/default", 1, "rubbish!").status()), ElementsAre("page_token"));
  const std::string resume = EncodeResumeToken({.tenant = "default", .epoch = 1, .revision = 1});
  EXPECT_THAT(BadFields(List("tenants/default", 1, resume).status()), ElementsAre("page_token"));
}

TEST_F(ListTest, FiltersAndTheirPages) {
  for (int i = 0; i < 600; ++i) {
    v1::Session session = SessionWithUrl("ws://peer/");
    session.set_group(i % 3 == 0 ? "third" : "rest");
    ASSERT_TRUE(Create(CreateRequest("s" + std::to_string(i), std::move(session))).ok());
  }
  v1::ListSessionsRequest request;
  request.set_parent("tenants/default");
  request.set_page_size(30);
  request.set_filter("group = third");
  std::vector<std::string> names;
  do {
    const auto page = registry_->List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Session& session : page->sessions()) {
      EXPECT_EQ(session.group(), "third");
      names.push_back(session.name());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, SizeIs(200));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST_F(ListTest, OrdersAndTheirPages) {
  for (const char* id : {"c", "a", "e", "b", "d"}) {
    ASSERT_TRUE(Create(id).ok());
    engine_.manual_clock().Advance(std::chrono::seconds(1));
  }
  v1::ListSessionsRequest request;
  request.set_parent("tenants/default");
  request.set_page_size(2);
  const auto all = [&](const std::string& order) {
    request.set_order_by(order);
    request.clear_page_token();
    std::string ids;
    do {
      const auto page = registry_->List(request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const v1::Session& session : page->sessions()) ids += session.name().substr(session.name().rfind('/') + 1);
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  };
  EXPECT_EQ(all("create_time"), "caebd");
  EXPECT_EQ(all("create_time desc"), "dbeac");
  EXPECT_EQ(all("state, create_time desc"), "dbeac");
  EXPECT_EQ(all("health desc, name"), "abcde");
  EXPECT_EQ(all("rtt"), "abcde");
  EXPECT_EQ(all("name"), "abcde");
}

TEST_F(ListTest, MistakesOfFilterAndOrderAreToldTogether) {
  v1::ListSessionsRequest request;
  request.set_parent("tenants/default");
  request.set_filter("state = ");
  request.set_order_by("name desc");
  EXPECT_THAT(BadFields(registry_->List(request).status()), ElementsAre("filter", "order_by"));
  for (const char* order : {"colour", "state down", "state,,rtt", "state desc desc", "name, rtt"}) {
    request.set_order_by(order);
    request.clear_filter();
    EXPECT_THAT(BadFields(registry_->List(request).status()), ElementsAre("order_by")) << order;
  }
}

TEST_F(ListTest, ATokenIsForTheSameQuestion) {
  CreateMany(3);
  v1::ListSessionsRequest request;
  request.set_parent("tenants/default");
  request.set_page_size(1);
  request.set_filter("session = s*");
  request.set_page_token(registry_->List(request)->next_page_token());
  ASSERT_TRUE(registry_->List(request).ok());
  request.set_filter("session = s1*");
  EXPECT_THAT(BadFields(registry_->List(request).status()), ElementsAre("page_token"));
}

TEST_F(ListTest, ParentsAreChecked) {
  EXPECT_THAT(BadFields(List("").status()), ElementsAre("parent"));
  EXPECT_THAT(BadFields(List("tenants/A", -1).status()), ElementsAre("parent", "page_size"));
}

TEST_F(ListTest, GetChecksItsName) {
  v1::GetSessionRequest request;
  request.set_name("tenants/default");
  EXPECT_THAT(BadFields(registry_->Get(request).status()), ElementsAre("name"));
  EXPECT_TRUE(HasReason(Get("missing").status(), "SESSION_NOT_FOUND"));
}

TEST_F(ListTest, ForEachSeesEverySessionOnce) {
  CreateMany(700);
  std::vector<std::string> seen;
  registry_->ForEach([&seen](const SessionView& view) {
    seen.push_back(std::string(view.tenant) + "/" + std::string(view.session));
    EXPECT_EQ(view.url, "ws://peer/");
    EXPECT_EQ(view.cell->Snapshot().state, core::State::kConnecting);
  });
  EXPECT_THAT(seen, SizeIs(700));
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

TEST_F(ListTest, LookSeesTheOneThatIsNamed) {
  CreateMany(3);
  std::vector<std::string> seen;
  const auto look = [&](const std::string& tenant, const std::string& session) {
    return registry_->Look({.tenant = tenant, .session = session},
                           [&seen](const SessionView& view) { seen.emplace_back(view.session); });
  };
  std::string known;
  registry_->ForEach([&known](const SessionView& view) { known = std::string(view.session); });
  EXPECT_TRUE(look("default", known));
  EXPECT_FALSE(look("default", "missing"));
  EXPECT_FALSE(look("other", known));
  EXPECT_THAT(seen, ElementsAre(known));
}

TEST(TokensTest, ComeBack) {
  const PagePlace page{
      .tenant = "-", .last_tenant = "a", .last_session = "b", .query = 0xfeedf00d, .keys = {-1, 0, INT64_MAX}};
  EXPECT_EQ(DecodePageToken(EncodePageToken(page)), page);
  const WatchPlace watch{.tenant = "default", .epoch = ~uint64_t{0}, .revision = 17};
  EXPECT_EQ(DecodeResumeToken(EncodeResumeToken(watch)), watch);
  const EventPlace event{.tenant = "a", .session = "-", .query = 0xfeedf00d, .before = INT64_MAX};
  EXPECT_EQ(DecodeEventToken(EncodeEventToken(event)), event);
  EXPECT_EQ(DecodeEventToken(EncodePageToken(page)), std::nullopt);
  EXPECT_EQ(DecodeResumeToken(EncodePageToken(page)), std::nullopt);
  EXPECT_EQ(DecodePageToken(EncodeResumeToken(watch)), std::nullopt);
  for (const char* bad : {"", "x", "!!!!", "d2F0Y2gxLy0vLw"}) {
    EXPECT_EQ(DecodePageToken(bad), std::nullopt) << bad;
    EXPECT_EQ(DecodeEventToken(bad), std::nullopt) << bad;
    EXPECT_EQ(DecodeResumeToken(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace holter::registry
