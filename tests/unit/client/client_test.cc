#include "client/lib/client.h"

#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "client/lib/status.h"
#include "tests/unit/client/fake_service.h"

namespace holter::client {
namespace {

using std::chrono::milliseconds;

constexpr char kName[] = "tenants/default/sessions/feed-1";

class ClientTest : public testing::Test {
 protected:
  absl::Notification let_go;  // outlives the server, whose threads wait for it
  FakeServer server;
  Client client{ClientOptions{.server = server.address, .retry = {.max_retries = 2, .first_delay = milliseconds(1)}}};
};

TEST_F(ClientTest, CreateTakesTheNameApart) {
  server.service.create.Add([](const v1::CreateSessionRequest& request, v1::Session* response) {
    EXPECT_EQ(request.parent(), "tenants/default");
    EXPECT_EQ(request.session_id(), "feed-1");
    EXPECT_EQ(request.session().spec().url(), "ws://a/");
    *response = request.session();
    response->set_uid("u1");
    return grpc::Status::OK;
  });
  v1::Session session;
  session.set_name(kName);
  session.mutable_spec()->set_url("ws://a/");
  const auto created = client.Create(session);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->uid(), "u1");
}

TEST_F(ClientTest, ListTakesEveryPage) {
  const auto page = [](const std::string& token, int first, const std::string& next) {
    return [=](const v1::ListSessionsRequest& request, v1::ListSessionsResponse* response) {
      EXPECT_EQ(request.parent(), "tenants/-");
      EXPECT_EQ(request.page_token(), token);
      for (int i = first; i < first + 2; ++i) response->add_sessions()->set_name("s" + std::to_string(i));
      response->set_next_page_token(next);
      return grpc::Status::OK;
    };
  };
  server.service.list.Add(page("", 0, "second"));
  server.service.list.Add(page("second", 2, ""));
  const auto sessions = client.List("tenants/-");
  ASSERT_TRUE(sessions.ok()) << sessions.status();
  ASSERT_EQ(sessions->size(), 4U);
  EXPECT_EQ(sessions->back().name(), "s3");
}

TEST_F(ClientTest, UpdateSendsTheMask) {
  server.service.update.Add([](const v1::UpdateSessionRequest& request, v1::Session*) {
    EXPECT_EQ(request.update_mask().paths_size(), 2);
    EXPECT_EQ(request.update_mask().paths(1), "spec.url");
    return grpc::Status::OK;
  });
  EXPECT_TRUE(client.Update({}, {"group", "spec.url"}).ok());
}

TEST_F(ClientTest, ReadsAreTriedAgainWhileTheServerIsUnavailable) {
  server.service.get.Add([](const auto&, auto*) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting"); },
                         2);
  server.service.get.Add([](const v1::GetSessionRequest& request, v1::Session* response) {
    response->set_name(request.name());
    return grpc::Status::OK;
  });
  const auto session = client.Get(kName);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_EQ(session->name(), kName);
  EXPECT_EQ(server.service.get.calls(), 3);
}

TEST_F(ClientTest, ReadsGiveUpAfterTheirRetries) {
  server.service.get.Add([](const auto&, auto*) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"); }, 10);
  EXPECT_TRUE(absl::IsUnavailable(client.Get(kName).status()));
  EXPECT_EQ(server.service.get.calls(), 3);
}

TEST_F(ClientTest, OtherErrorsOfReadsAreFinal) {
  server.service.get.Add([](const auto&, auto*) { return grpc::Status(grpc::StatusCode::NOT_FOUND, "no"); }, 10);
  EXPECT_TRUE(absl::IsNotFound(client.Get(kName).status()));
  EXPECT_EQ(server.service.get.calls(), 1);
}

TEST_F(ClientTest, ChangesAreNeverSentTwice) {
  const grpc::Status unavailable(grpc::StatusCode::UNAVAILABLE, "restarting");
  server.service.create.Add([=](const auto&, auto*) { return unavailable; }, 10);
  server.service.update.Add([=](const auto&, auto*) { return unavailable; }, 10);
  server.service.remove.Add([=](const auto&) { return unavailable; }, 10);
  EXPECT_TRUE(absl::IsUnavailable(client.Create({}).status()));
  EXPECT_TRUE(absl::IsUnavailable(client.Update({}, {}).status()));
  EXPECT_TRUE(absl::IsUnavailable(client.Delete(kName)));
  EXPECT_EQ(server.service.create.calls(), 1);
  EXPECT_EQ(server.service.update.calls(), 1);
  EXPECT_EQ(server.service.remove.calls(), 1);
}

TEST_F(ClientTest, ACallEndsWithItsDeadline) {
  server.service.get.Add([this](const auto&, auto*) {
    let_go.WaitForNotification();
    return grpc::Status::OK;
  });
  Client hasty(ClientOptions{.server = server.address, .deadline = milliseconds(50)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(hasty.Get(kName).status()));
  let_go.Notify();
}

TEST_F(ClientTest, ErrorsCarryTheirDetails) {
  server.service.create.Add([](const auto&, auto*) {
    return DetailedStatus(grpc::StatusCode::INVALID_ARGUMENT, "bad", "INVALID_FIELD",
                          {{"session.spec.url", "is required"}});
  });
  const absl::Status status = client.Create({}).status();
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_EQ(BadFieldsOf(status).at(0).field, "session.spec.url");
}

TEST(ClientWithoutServerTest, IsUnavailable) {
  std::string address;
  { address = FakeServer().address; }  // nobody listens there any more
  Client client(ClientOptions{.server = address, .retry = {.max_retries = 1, .first_delay = milliseconds(1)}});
  EXPECT_TRUE(absl::IsUnavailable(client.Get(kName).status()));
}

}  // namespace
}  // namespace holter::client
