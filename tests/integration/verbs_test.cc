// Pause, resume, reconnect, batches and requests that are sent twice, over the wire.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>

#include <memory>
#include <string>

#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

constexpr const char* kRequestId = "9f1c7a52-0c3e-4b7a-8d52-6f0a4d1e2b3c";

class VerbsTest : public EndToEndTest {
 protected:
  void Connect() {
    stub_ = v1::SessionService::NewStub(grpc::CreateChannel(daemon->grpc(), grpc::InsecureChannelCredentials()));
  }
  void KillAndStart() {
    daemon->process().Signal(SIGKILL);
    ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
    daemon->Start();
    Connect();
    ASSERT_TRUE(Await([&] { return client->List("tenants/-").ok(); }));
  }
  template <class Request, class Response>
  grpc::Status Call(grpc::Status (v1::SessionService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    return (stub_.get()->*method)(&context, request, &response);
  }
  bool AwaitState(const std::string& id, v1::State state) {
    return Await([&] { return StatusOf(id).state() == state; });
  }

  std::unique_ptr<v1::SessionService::Stub> stub_;
};

TEST_F(VerbsTest, APauseLetsGoOfTheConnectionAndOutlivesAKill) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon();
  Connect();
  Declare("feed", peer.Url());
  AwaitHealthy("feed");
  v1::PauseSessionRequest pause;
  pause.set_name(NameOf("feed"));
  pause.set_request_id(kRequestId);
  v1::Session paused;
  ASSERT_TRUE(Call(&v1::SessionService::Stub::PauseSession, pause, paused).ok());
  EXPECT_TRUE(paused.paused());
  EXPECT_TRUE(AwaitState("feed", v1::STATE_PAUSED));
  EXPECT_TRUE(Await([&] { return Largest("holter_open_files") == 0; }));
  EXPECT_EQ(Largest("holter_capacity_sessions_used"), 0);
  const std::string metrics = daemon->Http("/metrics");
  EXPECT_NE(metrics.find("state=\"paused\""), std::string::npos);

  KillAndStart();
  EXPECT_EQ(StatusOf("feed").state(), v1::STATE_PAUSED);
  EXPECT_EQ(Largest("holter_open_files"), 0);
  v1::Session again;
  const grpc::Status repeated = Call(&v1::SessionService::Stub::PauseSession, pause, again);
  ASSERT_TRUE(repeated.ok()) << repeated.error_message();
  EXPECT_EQ(again.SerializeAsString(), paused.SerializeAsString());

  v1::ResumeSessionRequest resume;
  resume.set_name(NameOf("feed"));
  v1::Session resumed;
  ASSERT_TRUE(Call(&v1::SessionService::Stub::ResumeSession, resume, resumed).ok());
  AwaitHealthy("feed");
  // What was answered before is not done again.
  ASSERT_TRUE(Call(&v1::SessionService::Stub::PauseSession, pause, again).ok());
  EXPECT_FALSE(client->Get(NameOf("feed"))->paused());
}

TEST_F(VerbsTest, ReconnectsOneAndAll) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon();
  Connect();
  Declare("a", peer.Url());
  Declare("b", peer.Url());
  AwaitHealthy("a");
  AwaitHealthy("b");
  v1::ReconnectSessionRequest one;
  one.set_name(NameOf("a"));
  v1::Session session;
  ASSERT_TRUE(Call(&v1::SessionService::Stub::ReconnectSession, one, session).ok());
  EXPECT_TRUE(Await([&] { return StatusOf("a").reconnects() == 1; }));
  EXPECT_EQ(StatusOf("b").reconnects(), 0);
  AwaitHealthy("a");
  v1::ReconnectSessionsRequest all;
  all.set_parent("tenants/default");
  v1::ReconnectSessionsResponse response;
  ASSERT_TRUE(Call(&v1::SessionService::Stub::ReconnectSessions, all, response).ok());
  EXPECT_EQ(response.sessions(), 2);
  EXPECT_TRUE(Await([&] { return StatusOf("a").reconnects() == 2 && StatusOf("b").reconnects() == 1; }));
}

TEST_F(VerbsTest, MoreArePausedThanCouldBeConnected) {
  StartDaemon(nullptr, {}, {"prlimit", "--nofile=300"});  // 44 connections
  Connect();
  v1::BatchCreateSessionsRequest request;
  request.set_parent("tenants/default");
  for (int i = 0; i < 100; ++i) {
    v1::CreateSessionRequest* one = request.add_requests();
    one->set_session_id("s" + std::to_string(i));
    one->mutable_session()->mutable_spec()->set_url("ws://127.0.0.1:9/");
    one->mutable_session()->set_paused(true);
  }
  v1::BatchCreateSessionsResponse created;
  const grpc::Status status = Call(&v1::SessionService::Stub::BatchCreateSessions, request, created);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(created.sessions_size(), 100);
  KillAndStart();
  EXPECT_EQ(client->List("tenants/-")->size(), 100u);
  grpc::Status refused;
  int resumed = 0;
  while (refused.ok() && resumed < 100) {
    v1::ResumeSessionRequest resume;
    resume.set_name(NameOf("s" + std::to_string(resumed)));
    v1::Session session;
    refused = Call(&v1::SessionService::Stub::ResumeSession, resume, session);
    if (refused.ok()) ++resumed;
  }
  EXPECT_EQ(resumed, 44);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  v1::BatchDeleteSessionsRequest remove;
  remove.set_parent("tenants/default");
  for (const v1::Session& session : created.sessions()) remove.add_names(session.name());
  google::protobuf::Empty empty;
  EXPECT_TRUE(Call(&v1::SessionService::Stub::BatchDeleteSessions, remove, empty).ok());
  EXPECT_TRUE(client->List("tenants/-")->empty());
}

}  // namespace
}  // namespace holter::integration
