// What does not fit is refused whole, whichever call brings it: a batch, a set.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using ::testing::IsEmpty;

class QuotaTest : public EndToEndTest {
 protected:
  void Serve(const std::string& policy, std::vector<std::string> launcher = {}) {
    std::vector<std::string> flags;
    if (!policy.empty()) flags.push_back("--policy-file=" + scratch.Write("policy.yaml", policy));
    StartDaemon(nullptr, flags, std::move(launcher));
    stub_ = v1::SessionService::NewStub(grpc::CreateChannel(daemon->grpc(), grpc::InsecureChannelCredentials()));
    changes_ = std::make_unique<ChangeRecorder>(*client);
    EXPECT_TRUE(Await([&] { return !changes_->All().empty(); }));
  }

  static v1::SessionSpec SpecOf(const std::string& id) {
    v1::SessionSpec spec;
    spec.set_url(fmt::format("ws://127.0.0.1:1/{}", id));
    spec.mutable_reconnect()->set_first_delay("60s");
    return spec;
  }
  grpc::Status BatchCreate(const std::vector<std::string>& ids) {
    grpc::ClientContext context;
    v1::BatchCreateSessionsRequest request;
    request.set_parent("tenants/default");
    for (const std::string& id : ids) {
      v1::CreateSessionRequest& one = *request.add_requests();
      one.set_session_id(id);
      *one.mutable_session()->mutable_spec() = SpecOf(id);
    }
    v1::BatchCreateSessionsResponse response;
    return stub_->BatchCreateSessions(&context, request, &response);
  }
  grpc::Status Apply(const std::vector<std::string>& ids, bool prune = false) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    v1::ApplySessionsRequest set;
    set.set_parent("tenants/default");
    set.set_owner("deployer");
    set.set_prune(prune);
    set.mutable_lease_ttl()->set_seconds(600);
    set.set_last(true);
    for (const std::string& id : ids) {
      v1::Session& session = *set.add_sessions();
      session.set_name(NameOf(id));
      *session.mutable_spec() = SpecOf(id);
    }
    const auto stream = stub_->ApplySessions(&context);
    stream->Write(set);
    v1::ApplySessionsResponse response;
    int64_t results = 0;
    while (stream->Read(&response)) results += response.results_size();
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(results > 0, status.ok()) << "a set that is refused has no results";
    return status;
  }
  // OWNER_NOT_FOUND, when nothing of a set was done.
  std::string RenewalSays() {
    grpc::ClientContext context;
    v1::RenewLeaseRequest request;
    request.set_parent("tenants/default");
    request.set_owner("deployer");
    request.mutable_ttl()->set_seconds(600);
    v1::Lease lease;
    return ReasonOf(stub_->RenewLease(&context, request, &lease));
  }

  template <class Detail>
  static Detail DetailOf(const grpc::Status& status) {
    google::rpc::Status wire;
    EXPECT_TRUE(wire.ParseFromString(status.error_details()));
    Detail detail;
    for (const auto& any : wire.details()) {
      if (any.UnpackTo(&detail)) return detail;
    }
    if (!status.ok()) ADD_FAILURE() << "no " << Detail::descriptor()->full_name() << " in " << wire.DebugString();
    return detail;
  }
  static std::string ReasonOf(const grpc::Status& status) {
    return status.ok() ? "" : DetailOf<google::rpc::ErrorInfo>(status).reason();
  }
  static void ExpectRefused(const grpc::Status& status, const std::string& reason,
                            const std::map<std::string, std::string>& metadata) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
    const auto info = DetailOf<google::rpc::ErrorInfo>(status);
    EXPECT_EQ(info.reason(), reason);
    for (const auto& [key, value] : metadata) {
      EXPECT_EQ(info.metadata().contains(key) ? info.metadata().at(key) : "", value) << key;
    }
    EXPECT_EQ(DetailOf<google::rpc::QuotaFailure>(status).violations_size(), 1);
  }
  std::vector<std::string> Ids() {
    std::vector<std::string> ids;
    const auto sessions = client->List("tenants/-");
    EXPECT_TRUE(sessions.ok()) << sessions.status();
    if (!sessions.ok()) return ids;
    for (const v1::Session& session : *sessions) ids.push_back(session.name().substr(session.name().rfind('/') + 1));
    return ids;
  }
  // Who watches was told of nothing else but of what has `gone` since, and after a restart there is nothing else.
  void ExpectOnly(const std::vector<std::string>& ids, const std::vector<std::string>& gone = {}) {
    EXPECT_EQ(Ids(), ids);
    std::vector<std::string> told = ids;
    told.insert(told.end(), gone.begin(), gone.end());
    // Behind everything that was done before.
    ASSERT_TRUE(client
                    ->Create([] {
                      v1::Session marker;
                      marker.set_name("tenants/other/sessions/marker");
                      marker.mutable_spec()->set_url("ws://127.0.0.2:1/");
                      marker.set_paused(true);
                      return marker;
                    }())
                    .ok());
    EXPECT_TRUE(Await([&] { return !changes_->Of("tenants/other/sessions/marker").empty(); }));
    for (const v1::SessionChange& change : changes_->All()) {
      const std::string& name = change.session().name();
      if (name.empty() || !name.starts_with("tenants/default/")) continue;
      EXPECT_THAT(told, ::testing::Contains(name.substr(name.rfind('/') + 1)));
    }
    ASSERT_TRUE(client->Delete("tenants/other/sessions/marker").ok());
    changes_.reset();
    daemon->process().Signal(SIGKILL);
    ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
    daemon->Start();
    EXPECT_TRUE(Await([&] { return client->List("tenants/-").ok(); }));
    EXPECT_EQ(Ids(), ids);
  }

  std::unique_ptr<v1::SessionService::Stub> stub_;
  std::unique_ptr<ChangeRecorder> changes_;
};

TEST_F(QuotaTest, ABatchBeyondTheQuotaIsRefusedWhole) {
  Serve("quotas: {sessions: 3}\n");
  ExpectRefused(BatchCreate({"a", "b", "c", "d"}), "QUOTA_EXCEEDED",
                {{"quota", "sessions"}, {"tenant", "default"}, {"limit", "3"}, {"used", "0"}});
  EXPECT_THAT(Ids(), IsEmpty());
  EXPECT_TRUE(BatchCreate({"e", "f"}).ok()) << "nothing of the quota is lost";
  ExpectRefused(BatchCreate({"a", "b"}), "QUOTA_EXCEEDED", {{"used", "2"}});
  ExpectOnly({"e", "f"});
}

TEST_F(QuotaTest, ASetBeyondTheQuotaIsRefusedWhole) {
  Serve("quotas: {sessions: 3}\n");
  ExpectRefused(Apply({"a", "b", "c", "d"}), "QUOTA_EXCEEDED",
                {{"quota", "sessions"}, {"tenant", "default"}, {"limit", "3"}, {"used", "0"}});
  EXPECT_EQ(RenewalSays(), "OWNER_NOT_FOUND") << "no lease of nothing";
  EXPECT_TRUE(Apply({"e", "f", "g"}).ok());
  ExpectRefused(Apply({"e", "f", "h", "g"}), "QUOTA_EXCEEDED", {{"used", "3"}});
  ExpectRefused(Apply({"h"}), "QUOTA_EXCEEDED", {{"used", "3"}});
  EXPECT_TRUE(Apply({"e", "f", "i"}, true).ok()) << "what a set gives up makes room for what it brings";
  ExpectOnly({"e", "f", "i"}, {"g"});
}

TEST_F(QuotaTest, AHostHasRoomForSoManyWhoeverBringsThem) {
  Serve("hosts: {sessions: 2}\n");
  const std::map<std::string, std::string> full = {{"quota", "sessions_per_host"}, {"host", "127.0.0.1"}};
  ExpectRefused(BatchCreate({"a", "b", "c"}), "QUOTA_EXCEEDED", full);
  ExpectRefused(Apply({"a", "b", "c"}), "QUOTA_EXCEEDED", full);
  EXPECT_TRUE(Apply({"d"}).ok());
  EXPECT_TRUE(BatchCreate({"e"}).ok());
  ExpectRefused(Apply({"d", "f"}), "QUOTA_EXCEEDED", full);
  ExpectOnly({"d", "e"});
}

// The limit of open files less those that are kept for everything else leaves room for three.
TEST_F(QuotaTest, MoreThanThereAreFilesForAreRefusedWhole) {
  Serve("", {"prlimit", "--nofile=259:259"});
  const std::map<std::string, std::string> none = {{"limit", "3"}, {"used", "0"}, {"free", "3"}};
  ExpectRefused(BatchCreate({"a", "b", "c", "d"}), "OPEN_FILES_EXHAUSTED", none);
  ExpectRefused(Apply({"a", "b", "c", "d"}), "OPEN_FILES_EXHAUSTED", none);
  EXPECT_TRUE(Apply({"e", "f"}).ok());
  ExpectRefused(BatchCreate({"g", "h"}), "OPEN_FILES_EXHAUSTED", {{"free", "1"}});
  ExpectOnly({"e", "f"});
}

}  // namespace
}  // namespace holter::integration
