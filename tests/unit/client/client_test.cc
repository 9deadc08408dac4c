#include "holter/client.h"

#include <gmock/gmock.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "holter/status.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/client/fake_service.h"

namespace holter::client {
namespace {

using std::chrono::milliseconds;

constexpr char kName[] = "tenants/default/sessions/feed-1";

class ClientTest : public ::testing::Test {
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

TEST_F(ClientTest, AChangeIsRepeatedUnderTheIdThatItBegan) {
  std::vector<std::string> ids;
  server.service.pause.Add(
      [&](const v1::PauseSessionRequest& request, v1::Session*) {
        ids.push_back(request.request_id());
        return ids.size() < 3 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting") : grpc::Status::OK;
      },
      3);
  EXPECT_TRUE(client.Pause(kName).ok());
  ASSERT_EQ(ids.size(), 3U);
  EXPECT_THAT(ids[0], ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(ids[1], ids[0]);
  EXPECT_EQ(ids[2], ids[0]);
}

TEST_F(ClientTest, EveryChangeHasAnIdOfItsOwnUnlessTheCallerGivesOne) {
  std::vector<std::string> ids;
  server.service.remove.Add(
      [&](const v1::DeleteSessionRequest& request) {
        ids.push_back(request.request_id());
        return grpc::Status::OK;
      },
      3);
  EXPECT_TRUE(client.Delete(kName).ok());
  EXPECT_TRUE(client.Delete(kName).ok());
  EXPECT_TRUE(client.Delete(kName, {.request_id = "mine"}).ok());
  EXPECT_NE(ids.at(0), ids.at(1));
  EXPECT_EQ(ids.at(2), "mine");
}

TEST_F(ClientTest, WhatHasNoIdIsNeverSentTwice) {
  server.service.reconnect_all.Add(
      [](const v1::ReconnectSessionsRequest& request, auto*) {
        EXPECT_EQ(request.parent(), "tenants/-");
        EXPECT_EQ(request.filter(), "health = DOWN");
        EXPECT_EQ(request.over().seconds(), 1);
        EXPECT_EQ(request.over().nanos(), 500'000'000);
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
      },
      10);
  EXPECT_TRUE(absl::IsUnavailable(client.ReconnectAll("tenants/-", "health = DOWN", milliseconds(1500)).status()));
  EXPECT_EQ(server.service.reconnect_all.calls(), 1);
}

TEST_F(ClientTest, OptionsOfAChangeAreSent) {
  server.service.update.Add([](const v1::UpdateSessionRequest& request, v1::Session*) {
    EXPECT_TRUE(request.validate_only());
    EXPECT_TRUE(request.allow_missing());
    return grpc::Status::OK;
  });
  server.service.remove.Add([](const v1::DeleteSessionRequest& request) {
    EXPECT_TRUE(request.validate_only());
    EXPECT_TRUE(request.allow_missing());
    EXPECT_EQ(request.etag(), "e1");
    return grpc::Status::OK;
  });
  const ChangeOptions options{.validate_only = true, .allow_missing = true, .etag = "e1"};
  EXPECT_TRUE(client.Update({}, {}, options).ok());
  EXPECT_TRUE(client.Delete(kName, options).ok());
}

TEST_F(ClientTest, BatchesTakeAndGiveLists) {
  server.service.batch_create.Add(
      [](const v1::BatchCreateSessionsRequest& request, v1::BatchCreateSessionsResponse* response) {
        EXPECT_EQ(request.parent(), "tenants/default");
        EXPECT_EQ(request.requests(1).session_id(), "feed-1");
        EXPECT_EQ(request.requests(1).request_id(), "") << "the batch has one";
        EXPECT_NE(request.request_id(), "");
        for (const auto& each : request.requests()) *response->add_sessions() = each.session();
        return grpc::Status::OK;
      });
  server.service.batch_get.Add([](const v1::BatchGetSessionsRequest& request, v1::BatchGetSessionsResponse* response) {
    for (const auto& name : request.names()) response->add_sessions()->set_name(name);
    return grpc::Status::OK;
  });
  server.service.batch_remove.Add([](const v1::BatchDeleteSessionsRequest& request) {
    EXPECT_EQ(request.names_size(), 2);
    return grpc::Status::OK;
  });
  v1::Session session;
  session.set_name(kName);
  const auto created = client.BatchCreate("tenants/default", {session, session});
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->at(1).name(), kName);
  const auto got = client.BatchGet("tenants/default", {"a", "b"});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->at(1).name(), "b");
  EXPECT_TRUE(client.BatchDelete("tenants/default", {"a", "b"}).ok());
}

TEST_F(ClientTest, ListAndSummarySendTheirFilter) {
  server.service.list.Add([](const v1::ListSessionsRequest& request, auto*) {
    EXPECT_EQ(request.filter(), "health = DOWN");
    EXPECT_EQ(request.order_by(), "rtt desc");
    return grpc::Status::OK;
  });
  server.service.summary.Add([](const v1::GetFleetSummaryRequest& request, v1::FleetSummary* response) {
    EXPECT_EQ(request.filter(), "group = a");
    response->set_sessions(7);
    return grpc::Status::OK;
  });
  EXPECT_TRUE(client.List("tenants/-", {.filter = "health = DOWN", .order_by = "rtt desc"}).ok());
  EXPECT_EQ(client.GetFleetSummary("tenants/-", "group = a")->sessions(), 7);
}

TEST_F(ClientTest, ATokenGoesToLoopbackAndIsReadAnew) {
  server.service.get.Add([](const auto&, auto*) { return grpc::Status::OK; }, 3);
  EXPECT_TRUE(client.Get(kName).ok());
  EXPECT_EQ(server.service.authorization(), "");
  const testing::TemporaryDirectory folder;
  folder.Write("token", "first\n");
  Client known(ClientOptions{.server = server.address, .token_file = folder / "token"});
  EXPECT_TRUE(known.Get(kName).ok());
  EXPECT_EQ(server.service.authorization(), "Bearer first");
  folder.Write("token", "second");
  EXPECT_TRUE(known.Get(kName).ok());
  EXPECT_EQ(server.service.authorization(), "Bearer second");
}

TEST_F(ClientTest, ATokenThatIsNoneIsAnErrorThatDoesNotQuoteIt) {
  for (const std::string& content : {std::string(), std::string("two words"), std::string("line\nline")}) {
    const testing::TemporaryDirectory folder;
    folder.Write("token", content);
    Client known(ClientOptions{.server = server.address, .token_file = folder / "token"});
    const absl::Status status = known.Get(kName).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(status.message(), ::testing::Not(::testing::HasSubstr("line"))) << status;
  }
  EXPECT_EQ(server.service.get.calls(), 0);
}

// Names that resolve to loopback or look like it, so that a client that does send would reach the fake server.
TEST_F(ClientTest, ATokenIsNotSentInTheClear) {
  const testing::TemporaryDirectory folder;
  folder.Write("token", "secret");
  const std::string port = server.address.substr(server.address.find(':'));
  for (const std::string& target : {"127.0.0.1.example.org" + port, "0.0.0.0" + port, "dns:///127.example" + port}) {
    Client careful(ClientOptions{.server = target, .token_file = folder / "token"});
    const absl::Status status = careful.Get(kName).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << target << status;
    const auto watch = careful.WatchSessions("tenants/-");
    EXPECT_TRUE(absl::IsFailedPrecondition(watch->Next().status())) << target;
  }
  EXPECT_EQ(server.service.get.calls() + server.service.watch.calls(), 0);
}

TEST_F(ClientTest, FilesThatCannotBeReadAreTheErrorOfEveryCall) {
  Client blind(ClientOptions{.server = server.address, .tls = TlsOptions{.ca_file = "/nonexistent/ca.pem"}});
  EXPECT_THAT(blind.Get(kName).status().message(), ::testing::HasSubstr("/nonexistent/ca.pem"));
  Client half(ClientOptions{.server = server.address, .tls = TlsOptions{.cert_file = "/nonexistent/cert.pem"}});
  EXPECT_TRUE(absl::IsFailedPrecondition(half.Get(kName).status()));
}

TEST_F(ClientTest, AClientThatGoesAwayEndsItsCalls) {
  server.service.get.Add([this](const auto&, auto*) {
    let_go.WaitForNotification();
    return grpc::Status::OK;
  });
  server.service.list.Add([](const auto&, auto*) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away"); }, 100);
  std::vector<absl::StatusCode> ends;
  absl::Mutex mutex;
  {
    AsyncClient async(ClientOptions{
        .server = server.address,
        .deadline = std::chrono::hours(9),
        .retry = {.max_retries = 100, .first_delay = std::chrono::hours(1), .max_delay = std::chrono::hours(1)}});
    async.Get(kName, [&](const auto& answer) {
      absl::MutexLock lock(&mutex);
      ends.push_back(answer.status().code());
    });
    async.List("tenants/-", {}, [&](const auto& answer) {
      absl::MutexLock lock(&mutex);
      ends.push_back(answer.status().code());
    });
    while (server.service.get.calls() + server.service.list.calls() < 2) std::this_thread::yield();
  }
  EXPECT_THAT(ends, ::testing::ElementsAre(absl::StatusCode::kCancelled, absl::StatusCode::kCancelled));
  let_go.Notify();
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
