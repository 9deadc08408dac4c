// Sets in the midst of other things: a watch that reads along, a stop.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>

#include <memory>
#include <string>

#include "holter/status.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

class ApplyStreamTest : public EndToEndTest {
 protected:
  struct Applied {
    grpc::Status status;
    v1::ApplySummary summary;
  };

  void Connect() {
    stub_ = v1::SessionService::NewStub(grpc::CreateChannel(daemon->grpc(), grpc::InsecureChannelCredentials()));
  }
  v1::ApplySessionsRequest SetOf(const std::vector<std::string>& ids, const std::string& url) {
    v1::ApplySessionsRequest set;
    set.set_parent("tenants/default");
    set.set_owner("deployer");
    set.set_last(true);
    for (const std::string& id : ids) {
      v1::Session& session = *set.add_sessions();
      session.set_name(NameOf(id));
      session.mutable_spec()->set_url(url);
      session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("200ms");
    }
    return set;
  }
  static std::string ReasonOf(const grpc::Status& status) { return client::ReasonOf(client::FromGrpc(status)); }
  Applied Apply(const v1::ApplySessionsRequest& set) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    const auto stream = stub_->ApplySessions(&context);
    Applied applied;
    stream->Write(set);
    stream->WritesDone();
    v1::ApplySessionsResponse response;
    while (stream->Read(&response)) applied.summary = response.summary();
    applied.status = stream->Finish();
    return applied;
  }

  std::unique_ptr<v1::SessionService::Stub> stub_;
};

TEST_F(ApplyStreamTest, WhoWatchesIsToldOfTheLeaseWithTheSession) {
  StartDaemon();
  Connect();
  const ChangeRecorder changes(*client);
  EXPECT_TRUE(Await([&] { return !changes.All().empty(); }));
  for (int i = 0; i < 50; ++i) {
    const std::string id = "s" + std::to_string(i);
    v1::ApplySessionsRequest set = SetOf({id}, "ws://127.0.0.1:1/");
    set.set_owner("owner-of-" + id);
    set.mutable_lease_ttl()->set_seconds(600);
    const Applied applied = Apply(set);
    ASSERT_TRUE(applied.status.ok()) << applied.status.error_message();
    EXPECT_TRUE(Await([&] { return !changes.Of(NameOf(id)).empty(); }));
    const v1::SessionChange born = changes.Of(NameOf(id)).front();
    EXPECT_EQ(born.kind(), v1::SessionChange::KIND_DECLARED);
    EXPECT_EQ(born.session().owner(), set.owner());
    EXPECT_EQ(born.session().expire_time().SerializeAsString(), applied.summary.expire_time().SerializeAsString());
  }
}

// A client that is in the midst of a set when holterd is told to stop.
TEST_F(ApplyStreamTest, AStopEndsASetThatIsNotWholeAndSaysSo) {
  StartDaemon();
  Connect();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const auto stream = stub_->ApplySessions(&context);
  v1::ApplySessionsRequest half = SetOf({"a"}, "ws://127.0.0.1:1/");
  half.set_last(false);
  ASSERT_TRUE(stream->Write(half));
  // Behind it on the same connection, so that it has been read.
  grpc::ClientContext list_context;
  v1::ListSessionsRequest list;
  list.set_parent("tenants/-");
  v1::ListSessionsResponse listed;
  ASSERT_TRUE(stub_->ListSessions(&list_context, list, &listed).ok());
  const auto begin = std::chrono::steady_clock::now();
  daemon->process().Signal(SIGTERM);
  v1::ApplySessionsResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
  const auto report = daemon->process().Wait(kPatience);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->code, 0);
  daemon->Start();
  EXPECT_TRUE(Await([&] { return client->List("tenants/-").ok(); }));
  EXPECT_TRUE(client->List("tenants/-")->empty());
}

}  // namespace
}  // namespace holter::integration
