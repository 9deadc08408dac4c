#include <future>
#include <string>
#include <utility>

#include "base/error.h"
#include "tests/support/manual_clock.h"
#include "tests/unit/rpc/rpc_fixture.h"

namespace holter::rpc {
namespace {

class ApplyStreamTest : public RpcFixture {
 protected:
  void Open() {
    context_ = NewContext();
    stream_ = stub_->ApplySessions(context_.get());
  }
  // One message with `count` sessions behind those that were sent before.
  bool Send(int count, bool last = false) {
    v1::ApplySessionsRequest message;
    message.set_parent("tenants/default");
    message.set_owner(sent_ == 0 ? "first" : "later");
    for (int i = 0; i < count; ++i) message.add_sessions()->set_name("s" + std::to_string(sent_++));
    message.set_last(last);
    return stream_->Write(message);
  }
  grpc::Status End() {
    v1::ApplySessionsResponse response;
    while (stream_->Read(&response)) responses_.push_back(response);
    return stream_->Finish();
  }

  // What was sent before on this connection has been seen when it returns.
  void AwaitSeen() {
    registry_.list = [](const v1::ListSessionsRequest&) { return v1::ListSessionsResponse(); };
    v1::ListSessionsResponse response;
    EXPECT_TRUE(stub_->ListSessions(NewContext().get(), {}, &response).ok());
  }

  int sent_ = 0;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ApplySessionsRequest, v1::ApplySessionsResponse>> stream_;
  std::vector<v1::ApplySessionsResponse> responses_;
};

TEST_F(ApplyStreamTest, TheSetArrivesWholeAndTheAnswerInPieces) {
  registry_.apply = [](const v1::ApplySessionsRequest& request, const auto& reply) {
    EXPECT_EQ(request.parent(), "tenants/default");
    EXPECT_EQ(request.owner(), "first");
    v1::ApplySessionsResponse answer;
    for (const v1::Session& session : request.sessions()) answer.add_results()->set_name(session.name());
    answer.mutable_summary()->set_created(request.sessions_size());
    reply(std::move(answer));
  };
  Serve();
  Open();
  ASSERT_TRUE(Send(1000));
  ASSERT_TRUE(Send(1000));
  ASSERT_TRUE(Send(500, true));
  const grpc::Status status = End();
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(responses_.size(), 3);
  int next = 0;
  for (const v1::ApplySessionsResponse& response : responses_) {
    for (const v1::ApplyResult& result : response.results()) EXPECT_EQ(result.name(), "s" + std::to_string(next++));
  }
  EXPECT_EQ(next, 2500);
  EXPECT_FALSE(responses_[1].has_summary());
  EXPECT_EQ(responses_[2].summary().created(), 2500);
  EXPECT_TRUE(operations_.Await("ApplySessions OK"));
}

TEST_F(ApplyStreamTest, ASetThatIsNotWholeIsNotApplied) {
  registry_.apply = [](const auto& /*request*/, const auto& /*reply*/) { ADD_FAILURE() << "applied"; };
  Serve();
  Open();
  ASSERT_TRUE(Send(10));
  ASSERT_TRUE(stream_->WritesDone());
  const grpc::Status status = End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations(0).field(), "last");
  EXPECT_TRUE(operations_.Await("ApplySessions INVALID_ARGUMENT"));
}

TEST_F(ApplyStreamTest, ASetWhoseClientGoesAwayIsNotApplied) {
  registry_.apply = [](const auto& /*request*/, const auto& /*reply*/) { ADD_FAILURE() << "applied"; };
  Serve();
  Open();
  ASSERT_TRUE(Send(10));
  AwaitSeen();
  context_->TryCancel();
  EXPECT_EQ(End().error_code(), grpc::StatusCode::CANCELLED);
  // That nothing can be read any more may be heard of before the cancellation.
  EXPECT_TRUE(operations_.AwaitOneOf({"ApplySessions CANCELLED", "ApplySessions INVALID_ARGUMENT"}));
}

TEST_F(ApplyStreamTest, WhatIsTooLargeIsRefusedWhenItComes) {
  Serve();
  Open();
  Send(1001);
  const grpc::Status status = End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations(0).field(), "sessions");
  Open();
  while (sent_ < 103001 && Send(1000)) {
  }
  EXPECT_EQ(ReasonOf(End()), "SET_TOO_LARGE");
}

TEST_F(ApplyStreamTest, ARefusalIsToldWithItsDetails) {
  registry_.apply = [](const auto& /*request*/, const auto& reply) {
    reply(MakeError(absl::StatusCode::kFailedPrecondition, "OWNED_BY_OTHER", "no"));
  };
  Serve();
  Open();
  ASSERT_TRUE(Send(1, true));
  EXPECT_EQ(ReasonOf(End()), "OWNED_BY_OTHER");
}

TEST_F(ApplyStreamTest, AClientThatGoesAwayIsForgotten) {
  std::promise<registry::SessionRegistry::ApplyReply> asked;
  registry_.apply = [&](const auto& /*request*/, auto reply) { asked.set_value(std::move(reply)); };
  Serve();
  Open();
  ASSERT_TRUE(Send(1, true));
  const registry::SessionRegistry::ApplyReply reply = asked.get_future().get();
  context_->TryCancel();
  EXPECT_EQ(End().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(operations_.Await("ApplySessions CANCELLED"));
  reply(v1::ApplySessionsResponse());
}

TEST_F(ApplyStreamTest, AStopEndsASetThatIsNotWholeAndSaysSo) {
  registry_.apply = [](const auto& /*request*/, const auto& /*reply*/) { ADD_FAILURE() << "applied"; };
  Serve();
  Open();
  ASSERT_TRUE(Send(10));
  AwaitSeen();
  const auto begin = std::chrono::steady_clock::now();
  auto stopped = std::async(std::launch::async, [this] { server_->Shutdown(kPatience); });
  const grpc::Status status = End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
  stopped.get();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience / 2) << "the stop waited for the client";
}

TEST_F(ApplyStreamTest, AStopLetsASetThatIsAppliedBeAnswered) {
  std::promise<registry::SessionRegistry::ApplyReply> asked;
  registry_.apply = [&](const auto& /*request*/, auto reply) { asked.set_value(std::move(reply)); };
  Serve();
  Open();
  ASSERT_TRUE(Send(1, true));
  const registry::SessionRegistry::ApplyReply reply = asked.get_future().get();
  auto stopped = std::async(std::launch::async, [this] { server_->Shutdown(kPatience); });
  reply(v1::ApplySessionsResponse());
  EXPECT_TRUE(End().ok());
  stopped.get();
}

TEST_F(ApplyStreamTest, AStopIsBoundedAndNamedAlsoWhenTheRegistryDoesNotAnswer) {
  std::promise<registry::SessionRegistry::ApplyReply> asked;
  registry_.apply = [&](const auto& /*request*/, auto reply) { asked.set_value(std::move(reply)); };
  Serve();
  Open();
  ASSERT_TRUE(Send(1, true));
  const registry::SessionRegistry::ApplyReply reply = asked.get_future().get();
  const auto begin = std::chrono::steady_clock::now();
  server_->Shutdown(std::chrono::seconds(2));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience / 2);
  EXPECT_EQ(ReasonOf(End()), "SHUTTING_DOWN");
  reply(v1::ApplySessionsResponse());  // too late, and harmless
}

TEST_F(ApplyStreamTest, AStreamThatDoesNotGoOnIsEndedAndOneThatDoesIsNot) {
  registry_.apply = [](const auto& /*request*/, const auto& reply) { reply(v1::ApplySessionsResponse()); };
  static testing::ManualClock clock;  // outlives the server, which goes with the fixture
  Serve({.clock = &clock, .call_timeout = std::chrono::seconds(60), .write_timeout = std::chrono::milliseconds(4)});
  const auto idle_context = NewContext();
  const auto idle = stub_->ApplySessions(idle_context.get());
  Open();
  ASSERT_TRUE(Send(1));
  AwaitSeen();
  clock.Advance(std::chrono::seconds(40));
  ASSERT_TRUE(Send(1));
  AwaitSeen();
  clock.Advance(std::chrono::seconds(40));
  v1::ApplySessionsResponse response;
  EXPECT_FALSE(idle->Read(&response));
  const grpc::Status status = idle->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << status.error_message();
  EXPECT_EQ(ReasonOf(status), "CALL_TIMEOUT");
  ASSERT_TRUE(Send(1, true));
  EXPECT_TRUE(End().ok());
}

TEST_F(ApplyStreamTest, AnAnswerThatIsNotReadIsNotKept) {
  registry_.apply = [](const auto& /*request*/, const auto& reply) {
    v1::ApplySessionsResponse answer;
    for (int i = 0; i < 20000; ++i)
      answer.add_results()->set_name(std::string(1000, 'x'));  // more than fits into buffers
    reply(std::move(answer));
  };
  Serve({.call_timeout = std::chrono::milliseconds(100), .write_timeout = std::chrono::milliseconds(20)});
  Open();
  ASSERT_TRUE(Send(1, true));
  EXPECT_TRUE(operations_.Await("ApplySessions DEADLINE_EXCEEDED")) << "although the client reads nothing";
  EXPECT_FALSE(End().ok());
}

TEST_F(ApplyStreamTest, AnExceptionEndsTheCallOnly) {
  registry_.apply = [](const auto& /*request*/, const auto& /*reply*/) { throw std::runtime_error("x"); };
  Serve();
  Open();
  ASSERT_TRUE(Send(1, true));
  EXPECT_EQ(End().error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_TRUE(operations_.Await("exception in rpc"));
}

TEST_F(ApplyStreamTest, LeasesAreRenewed) {
  registry_.renew_lease = [](const v1::RenewLeaseRequest& request, const auto& reply) {
    v1::Lease lease;
    lease.set_owner(request.owner());
    reply(lease);
  };
  Serve();
  v1::RenewLeaseRequest request;
  request.set_owner("o");
  v1::Lease lease;
  EXPECT_TRUE(stub_->RenewLease(NewContext().get(), request, &lease).ok());
  EXPECT_EQ(lease.owner(), "o");
}

}  // namespace
}  // namespace holter::rpc
