// Whole sets of sessions over the wire: what is equal keeps its connection, leases end and outlive a kill.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>

#include <memory>
#include <string>

#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

class ApplySetTest : public EndToEndTest {
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
  bool IsGone(const std::string& id) { return absl::IsNotFound(client->Get(NameOf(id)).status()); }

  std::unique_ptr<v1::SessionService::Stub> stub_;
};

TEST_F(ApplySetTest, WhatIsEqualOrBeatsOtherwiseKeepsItsConnection) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon();
  Connect();
  v1::ApplySessionsRequest set = SetOf({"a", "b"}, peer.Url());
  ASSERT_TRUE(Apply(set).status.ok());
  for (const char* id : {"a", "b"}) {
    ASSERT_TRUE(Await([&] { return StatusOf(id).health() == v1::HEALTH_HEALTHY; }));
  }
  const auto opened = StatusOf("a").state_time();
  Applied again = Apply(set);
  EXPECT_EQ(again.summary.unchanged(), 2);
  (*set.mutable_sessions(0)->mutable_labels())["team"] = "x";
  set.mutable_sessions(0)->mutable_spec()->mutable_protocol_heartbeat()->set_interval("300ms");
  again = Apply(set);
  EXPECT_EQ(again.summary.updated(), 1);
  const int64_t acked = StatusOf("a").beats(0).acked();
  EXPECT_TRUE(Await([&] { return StatusOf("a").beats(0).acked() > acked + 2; }));
  EXPECT_EQ(StatusOf("a").state_time().seconds(), opened.seconds());
  EXPECT_EQ(StatusOf("a").state_time().nanos(), opened.nanos());
  EXPECT_EQ(StatusOf("a").reconnects(), 0);
  v1::ApplySessionsRequest less = SetOf({"b"}, peer.Url());
  less.set_prune(true);
  again = Apply(less);
  EXPECT_EQ(again.summary.deleted(), 1);
  EXPECT_TRUE(IsGone("a"));
}

TEST_F(ApplySetTest, ALeaseOutlivesAKillAndEnds) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon();
  Connect();
  v1::ApplySessionsRequest set = SetOf({"a"}, peer.Url());
  set.mutable_lease_ttl()->set_seconds(5);
  const Applied applied = Apply(set);
  ASSERT_TRUE(applied.status.ok()) << applied.status.error_message();
  EXPECT_TRUE(applied.summary.has_expire_time());
  daemon->process().Signal(SIGKILL);
  ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
  daemon->Start();
  Connect();
  ASSERT_TRUE(Await([&] { return client->Get(NameOf("a")).ok(); }));
  EXPECT_TRUE(client->Get(NameOf("a"))->has_expire_time());
  v1::RenewLeaseRequest renew;
  renew.set_parent("tenants/default");
  renew.set_owner("deployer");
  renew.mutable_ttl()->set_seconds(5);
  grpc::ClientContext context;
  v1::Lease lease;
  ASSERT_TRUE(stub_->RenewLease(&context, renew, &lease).ok());
  EXPECT_EQ(lease.sessions(), 1);
  EXPECT_TRUE(Await([&] { return IsGone("a"); }));
}

}  // namespace
}  // namespace holter::integration
