#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "rpc/history_reads.h"
#include "tests/unit/rpc/rpc_fixture.h"

namespace holter::rpc {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Session Named(const std::string& name) {
  v1::Session session;
  session.set_name(name);
  return session;
}

class SessionServiceTest : public RpcFixture {};

TEST_F(SessionServiceTest, CreateHandsOnTheRequestAndAnswersLater) {
  std::promise<registry::SessionRegistry::Reply> asked;
  registry_.create = [&](const v1::CreateSessionRequest& request, auto reply) {
    EXPECT_EQ(request.parent(), "tenants/default");
    EXPECT_EQ(request.session_id(), "feed");
    EXPECT_EQ(request.session().spec().url(), "ws://x/");
    asked.set_value(std::move(reply));
  };
  Serve();
  std::thread store([&] { asked.get_future().get()(Named("tenants/default/sessions/feed")); });
  v1::CreateSessionRequest request;
  request.set_parent("tenants/default");
  request.set_session_id("feed");
  request.mutable_session()->mutable_spec()->set_url("ws://x/");
  v1::Session created;
  const grpc::Status status = stub_->CreateSession(NewContext().get(), request, &created);
  store.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(created.name(), "tenants/default/sessions/feed");
  EXPECT_TRUE(operations_.Await("CreateSession OK"));
}

TEST_F(SessionServiceTest, GetListUpdateDelete) {
  registry_.get = [](const v1::GetSessionRequest& request) { return Named(request.name()); };
  registry_.list = [](const v1::ListSessionsRequest& request) {
    v1::ListSessionsResponse response;
    *response.add_sessions() = Named(request.parent());
    response.set_next_page_token(request.page_token() + "+");
    return response;
  };
  registry_.update = [](const v1::UpdateSessionRequest& request, const auto& reply) { reply(request.session()); };
  registry_.remove = [](const v1::DeleteSessionRequest& request, const auto& reply) {
    EXPECT_EQ(request.name(), "d");
    reply(absl::OkStatus());
  };
  Serve();
  v1::Session session;
  v1::GetSessionRequest get;
  get.set_name("g");
  EXPECT_TRUE(stub_->GetSession(NewContext().get(), get, &session).ok());
  EXPECT_EQ(session.name(), "g");
  v1::ListSessionsRequest list;
  list.set_parent("p");
  list.set_page_token("t");
  v1::ListSessionsResponse listed;
  EXPECT_TRUE(stub_->ListSessions(NewContext().get(), list, &listed).ok());
  EXPECT_EQ(listed.sessions(0).name(), "p");
  EXPECT_EQ(listed.next_page_token(), "t+");
  v1::UpdateSessionRequest update;
  update.mutable_session()->set_name("u");
  EXPECT_TRUE(stub_->UpdateSession(NewContext().get(), update, &session).ok());
  EXPECT_EQ(session.name(), "u");
  v1::DeleteSessionRequest remove;
  remove.set_name("d");
  google::protobuf::Empty empty;
  EXPECT_TRUE(stub_->DeleteSession(NewContext().get(), remove, &empty).ok());
  for (const char* method : {"GetSession", "ListSessions", "UpdateSession", "DeleteSession"}) {
    EXPECT_TRUE(operations_.Await(std::string(method) + " OK"));
  }
}

TEST_F(SessionServiceTest, ListSessionEventsHandsOnTheRequest) {
  registry_.list_events = [](const v1::ListSessionEventsRequest& request) {
    v1::ListSessionEventsResponse response;
    response.add_events()->set_name(request.parent());
    response.set_next_page_token(request.page_token() + "+");
    return response;
  };
  Serve();
  v1::ListSessionEventsRequest request;
  request.set_parent("p");
  request.set_page_token("t");
  v1::ListSessionEventsResponse response;
  EXPECT_TRUE(stub_->ListSessionEvents(NewContext().get(), request, &response).ok());
  EXPECT_EQ(response.events(0).name(), "p");
  EXPECT_EQ(response.next_page_token(), "t+");
  EXPECT_TRUE(operations_.Await("ListSessionEvents OK"));
}

// More than gRPC has threads.
TEST_F(SessionServiceTest, ADiskThatDoesNotAnswerHoldsUpNoOtherCall) {
  absl::Notification disk;
  registry_.list_events = [&disk](const v1::ListSessionEventsRequest&) {
    disk.WaitForNotification();
    return v1::ListSessionEventsResponse();
  };
  registry_.get = [](const v1::GetSessionRequest&) { return v1::Session(); };
  Serve();
  const v1::ListSessionEventsRequest request;
  std::vector<std::thread> readers;
  std::atomic<int> read = 0;
  std::atomic<int> refused = 0;
  for (int i = 0; i < HistoryReads::kMostWaiting + 1; ++i) {
    readers.emplace_back([&] {
      v1::ListSessionEventsResponse response;
      const grpc::Status status = stub_->ListSessionEvents(NewContext().get(), request, &response);
      if (status.ok()) {
        ++read;
      } else if (ReasonOf(status) == "HISTORY_BUSY") {
        ++refused;
      }
    });
  }
  while (refused == 0) std::this_thread::yield();
  v1::Session session;
  EXPECT_TRUE(stub_->GetSession(NewContext().get(), v1::GetSessionRequest(), &session).ok());
  disk.Notify();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(read, HistoryReads::kMostWaiting);
  EXPECT_EQ(refused, 1);
}

TEST_F(SessionServiceTest, BatchesAndCommands) {
  registry_.batch_create = [](const v1::BatchCreateSessionsRequest& request, const auto& reply) {
    v1::BatchCreateSessionsResponse response;
    for (const auto& one : request.requests()) *response.add_sessions() = one.session();
    reply(response);
  };
  registry_.batch_remove = [](const v1::BatchDeleteSessionsRequest& request, const auto& reply) {
    EXPECT_EQ(request.names(0), "d");
    reply(absl::OkStatus());
  };
  registry_.batch_get = [](const v1::BatchGetSessionsRequest& request) {
    v1::BatchGetSessionsResponse response;
    for (const auto& name : request.names()) *response.add_sessions() = Named(name);
    return response;
  };
  const auto named = [](const auto& request, const auto& reply) { reply(Named(request.name() + request.etag())); };
  registry_.pause = named;
  registry_.resume = named;
  registry_.reconnect = named;
  registry_.reconnect_many = [](const v1::ReconnectSessionsRequest& request) {
    v1::ReconnectSessionsResponse response;
    response.set_sessions(static_cast<int32_t>(request.over().seconds()));
    return response;
  };
  Serve();
  v1::BatchCreateSessionsRequest create;
  *create.add_requests()->mutable_session() = Named("c");
  v1::BatchCreateSessionsResponse created;
  EXPECT_TRUE(stub_->BatchCreateSessions(NewContext().get(), create, &created).ok());
  EXPECT_EQ(created.sessions(0).name(), "c");
  v1::BatchDeleteSessionsRequest remove;
  remove.add_names("d");
  google::protobuf::Empty empty;
  EXPECT_TRUE(stub_->BatchDeleteSessions(NewContext().get(), remove, &empty).ok());
  v1::BatchGetSessionsRequest get;
  get.add_names("g");
  v1::BatchGetSessionsResponse got;
  EXPECT_TRUE(stub_->BatchGetSessions(NewContext().get(), get, &got).ok());
  EXPECT_EQ(got.sessions(0).name(), "g");
  v1::Session session;
  v1::PauseSessionRequest pause;
  pause.set_name("p");
  pause.set_etag("1");
  EXPECT_TRUE(stub_->PauseSession(NewContext().get(), pause, &session).ok());
  EXPECT_EQ(session.name(), "p1");
  v1::ResumeSessionRequest resume;
  resume.set_name("r");
  EXPECT_TRUE(stub_->ResumeSession(NewContext().get(), resume, &session).ok());
  EXPECT_EQ(session.name(), "r");
  v1::ReconnectSessionRequest reconnect;
  reconnect.set_name("n");
  EXPECT_TRUE(stub_->ReconnectSession(NewContext().get(), reconnect, &session).ok());
  EXPECT_EQ(session.name(), "n");
  v1::ReconnectSessionsRequest many;
  many.mutable_over()->set_seconds(7);
  v1::ReconnectSessionsResponse reconnected;
  EXPECT_TRUE(stub_->ReconnectSessions(NewContext().get(), many, &reconnected).ok());
  EXPECT_EQ(reconnected.sessions(), 7);
  for (const char* method : {"BatchCreateSessions", "BatchDeleteSessions", "BatchGetSessions", "PauseSession",
                             "ResumeSession", "ReconnectSession", "ReconnectSessions"}) {
    EXPECT_TRUE(operations_.Await(std::string(method) + " OK"));
  }
}

TEST_F(SessionServiceTest, ErrorsOfEveryMethodNameTheirResource) {
  const absl::Status missing = MakeError(absl::StatusCode::kNotFound, "SESSION_NOT_FOUND", "no such session");
  registry_.create = [&](const auto&, const auto& reply) { reply(missing); };
  registry_.update = [&](const auto&, const auto& reply) { reply(missing); };
  registry_.remove = [&](const auto&, const auto& reply) { reply(missing); };
  registry_.get = [&](const auto&) { return missing; };
  registry_.list = [&](const auto&) { return missing; };
  registry_.list_events = [&](const auto&) { return missing; };
  Serve();
  const auto expect = [](const grpc::Status& status, const std::string& name) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(ReasonOf(status), "SESSION_NOT_FOUND");
    EXPECT_EQ(DetailOf<google::rpc::ResourceInfo>(status).resource_name(), name);
  };
  v1::Session session;
  v1::CreateSessionRequest create;
  create.set_parent("tenants/a");
  create.set_session_id("b");
  expect(stub_->CreateSession(NewContext().get(), create, &session), "tenants/a/sessions/b");
  v1::UpdateSessionRequest update;
  update.mutable_session()->set_name("u");
  expect(stub_->UpdateSession(NewContext().get(), update, &session), "u");
  v1::DeleteSessionRequest remove;
  remove.set_name("d");
  google::protobuf::Empty empty;
  expect(stub_->DeleteSession(NewContext().get(), remove, &empty), "d");
  v1::GetSessionRequest get;
  get.set_name("g");
  expect(stub_->GetSession(NewContext().get(), get, &session), "g");
  v1::ListSessionsRequest list;
  list.set_parent("p");
  v1::ListSessionsResponse listed;
  expect(stub_->ListSessions(NewContext().get(), list, &listed), "p");
  v1::ListSessionEventsRequest events;
  events.set_parent("e");
  v1::ListSessionEventsResponse found;
  expect(stub_->ListSessionEvents(NewContext().get(), events, &found), "e");
  EXPECT_TRUE(operations_.Await("ListSessions NOT_FOUND"));
}

TEST_F(SessionServiceTest, AnExceptionEndsItsCallOnlyAndIsCounted) {
  registry_.get = [](const v1::GetSessionRequest& request) -> absl::StatusOr<v1::Session> {
    if (request.name() == "bad") {
      throw std::runtime_error("s3cr3t");
    }
    return Named(request.name());
  };
  Serve();
  v1::GetSessionRequest request;
  v1::Session session;
  request.set_name("bad");
  const grpc::Status status = stub_->GetSession(NewContext().get(), request, &session);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(ReasonOf(status), "INTERNAL");
  EXPECT_THAT(status.error_message(), Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(operations_.lines(), Contains("exception in rpc"));
  request.set_name("good");
  EXPECT_TRUE(stub_->GetSession(NewContext().get(), request, &session).ok());
}

TEST_F(SessionServiceTest, ACallThatTheRegistryForgetsIsAnswered) {
  registry_.create = [](const auto&, const auto&) {};
  Serve();
  v1::Session session;
  const grpc::Status status = stub_->CreateSession(NewContext().get(), {}, &session);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(ReasonOf(status), "CALL_DROPPED");
}

TEST_F(SessionServiceTest, AnAnswerMayComeAfterTheClientWent) {
  std::promise<registry::SessionRegistry::Reply> asked;
  registry_.create = [&](const auto&, auto reply) { asked.set_value(std::move(reply)); };
  Serve();
  const auto context = NewContext();
  std::promise<grpc::Status> ended;
  v1::CreateSessionRequest request;
  v1::Session session;
  stub_->async()->CreateSession(context.get(), &request, &session,
                                [&](grpc::Status status) { ended.set_value(status); });
  const auto reply = asked.get_future().get();
  context->TryCancel();
  EXPECT_EQ(ended.get_future().get().error_code(), grpc::StatusCode::CANCELLED);
  reply(Named("tenants/default/sessions/late"));
  EXPECT_TRUE(operations_.Await("CreateSession OK"));
}

TEST_F(SessionServiceTest, ASecondAnswerIsIgnored) {
  registry_.create = [](const auto&, const auto& reply) {
    reply(Named("first"));
    reply(Named("second"));
    reply(absl::InternalError("third"));
  };
  Serve();
  v1::Session session;
  EXPECT_TRUE(stub_->CreateSession(NewContext().get(), {}, &session).ok());
  EXPECT_EQ(session.name(), "first");
}

}  // namespace
}  // namespace holter::rpc
