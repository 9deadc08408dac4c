// What callers may not reach: by address, by name, by a name that changes its mind, at the first dial and at every one
// after it; and what an operator opens and closes while holterd runs.
#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "holter/status.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"
#include "tests/support/misbehaving_peer.h"
#include "tests/unit/transport/fake_dns_server.h"

namespace holter::integration {
namespace {

using holter::testing::MisbehavingPeer;
using transport::FakeDnsServer;
namespace scripts = holter::testing::scripts;

// A name server of the test on a thread of its own, whose answers change while holterd asks.
class NameServer {
 public:
  NameServer() : thread_([this] { io_.run(); }) {}
  ~NameServer() {
    io_.stop();
    thread_.join();
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  const std::string& address() const { return address_; }
  // From now on `name` has these addresses.
  void Set(const std::string& name, const std::vector<std::string>& addresses) {
    FakeDnsServer::Reply v4;
    FakeDnsServer::Reply v6;
    for (const std::string& address : addresses) {
      (address.find(':') == std::string::npos ? v4 : v6).addresses.push_back(address);
    }
    OnThread([&] {
      server_.replies[{name, FakeDnsServer::kTypeA}] = v4;
      server_.replies[{name, FakeDnsServer::kTypeAaaa}] = v6;
    });
  }
  int queries() {
    int count = 0;
    OnThread([&] { count = server_.queries; });
    return count;
  }

 private:
  template <class Work>
  void OnThread(const Work& work) {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  boost::asio::io_context io_{1};
  FakeDnsServer server_{io_};
  const std::string address_ = server_.address();
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = boost::asio::make_work_guard(io_);
  std::thread thread_;
};

class EgressTest : public EndToEndTest {
 protected:
  void Start(const std::string& policy = "") {
    std::vector<std::string> flags = {"--store=memory", "--dns-server=" + names_.address()};
    if (!policy.empty()) flags.push_back("--policy-file=" + WritePolicy(policy));
    StartDaemon(nullptr, flags);
    stub_ = v1::SessionService::NewStub(grpc::CreateChannel(daemon->grpc(), grpc::InsecureChannelCredentials()));
  }
  std::string WritePolicy(const std::string& policy) const { return scratch.Write("policy.yaml", policy); }

  static v1::Session SessionFor(const std::string& id, const std::string& url, const std::string& tenant = "default") {
    v1::Session session;
    session.set_name(fmt::format("tenants/{}/sessions/{}", tenant, id));
    session.mutable_spec()->set_url(url);
    session.mutable_spec()->mutable_reconnect()->set_first_delay("50ms");
    session.mutable_spec()->mutable_reconnect()->set_max_delay("100ms");
    return session;
  }
  void Create(const std::string& id, const std::string& url, const std::string& tenant = "default") {
    const auto created = client->Create(SessionFor(id, url, tenant));
    ASSERT_TRUE(created.ok()) << created.status();
  }
  void Reconnect(const std::string& id, const std::string& tenant = "default") {
    grpc::ClientContext context;
    v1::ReconnectSessionRequest request;
    request.set_name(fmt::format("tenants/{}/sessions/{}", tenant, id));
    v1::Session session;
    const grpc::Status status = stub_->ReconnectSession(&context, request, &session);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  v1::SessionStatus StatusIn(const std::string& tenant, const std::string& id) {
    const auto session = client->Get(fmt::format("tenants/{}/sessions/{}", tenant, id));
    return session.ok() ? session->status() : v1::SessionStatus();
  }
  bool AwaitReason(const std::string& id, v1::Reason reason, const std::string& tenant = "default") {
    return Await([&] { return StatusIn(tenant, id).reason() == reason; });
  }
  bool AwaitOpen(const std::string& id, const std::string& tenant = "default") {
    return Await([&] { return StatusIn(tenant, id).state() == v1::STATE_OPEN; });
  }
  static void ExpectRefused(const absl::Status& status, const std::string& field) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    const auto violations = client::BadFieldsOf(status);
    ASSERT_EQ(violations.size(), 1u) << status;
    EXPECT_EQ(violations[0].field, field);
  }
  // 0 when there is no such series yet.
  double Verdicts(const std::string& verdict, const std::string& rule) const {
    const std::string page = daemon->Http("/metrics");
    for (const std::string& series :
         {fmt::format("\nholter_egress_verdicts_total{{rule=\"{}\",verdict=\"{}\"}} ", rule, verdict),
          fmt::format("\nholter_egress_verdicts_total{{verdict=\"{}\",rule=\"{}\"}} ", verdict, rule)}) {
      const size_t at = page.find(series);
      if (at != std::string::npos) return std::stod(page.substr(at + series.size(), 20));
    }
    return 0;
  }

  NameServer names_;
  std::unique_ptr<v1::SessionService::Stub> stub_;
};

// One address amid each range that is denied, and the metadata services.
constexpr const char* kDenied[] = {"0.0.0.0",
                                   "0.1.2.3",
                                   "10.20.30.40",
                                   "100.64.7.8",
                                   "100.100.100.200",
                                   "168.63.129.16",
                                   "169.254.169.254",
                                   "169.254.1.1",
                                   "172.16.5.5",
                                   "192.0.0.192",
                                   "192.0.0.8",
                                   "192.0.2.7",
                                   "192.88.99.1",
                                   "192.168.1.1",
                                   "198.18.7.7",
                                   "198.51.100.7",
                                   "203.0.113.7",
                                   "224.0.0.1",
                                   "240.0.0.1",
                                   "255.255.255.255",
                                   "::",
                                   "::ffff:10.0.0.1",
                                   "::ffff:169.254.169.254",
                                   "::ffff:a9fe:a9fe",
                                   "::10.0.0.1",
                                   "64:ff9b::a9fe:a9fe",
                                   "64:ff9b:1::1",
                                   "100::7",
                                   "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                                   "2001:10::1",
                                   "2001:20::1",
                                   "2001:db8::1",
                                   "2002:a9fe:a9fe::1",
                                   "3fff::1",
                                   "5f00::1",
                                   "fc00::1",
                                   "fd00:ec2::254",
                                   "fd12:3456:789a::1",
                                   "fe80::1",
                                   "fec0::1",
                                   "ff02::1",
                                   "2606:4700::5efe:10.0.0.1",
                                   "2606:4700::200:5efe:169.254.169.254"};

TEST_F(EgressTest, EveryRangeIsDeniedByAddressAndByName) {
  Start();
  for (size_t i = 0; i < std::size(kDenied); ++i) {
    const std::string address = kDenied[i];
    const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
    const absl::Status refused = client->Create(SessionFor("literal", fmt::format("ws://{}/", host))).status();
    EXPECT_EQ(client::ReasonOf(refused), "EGRESS_DENIED") << address << refused;
    const std::string name = fmt::format("name-{}.test", i);
    // The resolver may unwrap an IPv4 address in IPv6 clothes; as IPv6 it comes in the answer to AAAA.
    names_.Set(name, {address});
    Create(fmt::format("name-{}", i), fmt::format("ws://{}/", name));
  }
  for (size_t i = 0; i < std::size(kDenied); ++i) {
    const std::string id = fmt::format("name-{}", i);
    EXPECT_TRUE(AwaitReason(id, v1::REASON_EGRESS_DENIED)) << kDenied[i] << ": " << StatusOf(id).ShortDebugString();
    EXPECT_EQ(StatusOf(id).ShortDebugString().find(kDenied[i]), std::string::npos)
        << "what a name leads to is not told";
  }
}

TEST_F(EgressTest, AnAddressThatFilesOrEarlierRulesLetInIsDeniedAtEveryDial) {
  Start("egress: {mode: 'off'}\n");
  for (size_t i = 0; i < std::size(kDenied); ++i) {
    const std::string address = kDenied[i];
    const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
    v1::Session session = SessionFor(fmt::format("literal-{}", i), fmt::format("ws://{}/", host));
    session.set_paused(true);  // nothing is dialled before the rules are back
    ASSERT_TRUE(client->Create(session).ok()) << address;
  }
  WritePolicy("egress: {mode: enforce}\n");
  EXPECT_TRUE(Await([&] { return Largest("holter_reloads_total") >= 1; }));
  for (size_t i = 0; i < std::size(kDenied); ++i) {
    grpc::ClientContext context;
    v1::ResumeSessionRequest request;
    request.set_name(NameOf(fmt::format("literal-{}", i)));
    v1::Session session;
    ASSERT_TRUE(stub_->ResumeSession(&context, request, &session).ok());
  }
  for (size_t i = 0; i < std::size(kDenied); ++i) {
    const std::string id = fmt::format("literal-{}", i);
    EXPECT_TRUE(AwaitReason(id, v1::REASON_EGRESS_DENIED)) << kDenied[i] << ": " << StatusOf(id).ShortDebugString();
  }
}

TEST_F(EgressTest, MetadataServicesAreDeniedByTheirNames) {
  Start();
  names_.Set("metadata.google.internal", {"169.254.169.254"});
  names_.Set("metadata.tencentyun.com", {"169.254.0.23"});
  names_.Set("instance-data.ec2.internal", {"fd00:ec2::254", "169.254.169.254"});
  Create("google", "ws://metadata.google.internal/computeMetadata/v1/");
  Create("tencent", "ws://metadata.tencentyun.com./");
  Create("amazon", "ws://INSTANCE-data.ec2.internal/latest/meta-data/");
  for (const char* id : {"google", "tencent", "amazon"}) {
    EXPECT_TRUE(AwaitReason(id, v1::REASON_EGRESS_DENIED)) << id << StatusOf(id).ShortDebugString();
  }
  EXPECT_GE(Verdicts("denied", "metadata"), 3);
}

constexpr const char* kOtherForms[] = {"2130706433",
                                       "0x7f000001",
                                       "0x7f.1",
                                       "127.1",
                                       "0177.0.0.1",
                                       "127.0.0.01",
                                       "1.2.3.4.5",
                                       "0xa9fea9fe",
                                       "2852039166",
                                       "169.254.43518",
                                       "user:pass@10.0.0.1",
                                       "10.0.0.1@feed.example.org",
                                       "[fe80::1%25eth0]",
                                       "[fe80::1%eth0]",
                                       "127.0.0.1%00.example.org",
                                       "\u2460.example.org",
                                       "\u3002example.org"};

TEST_F(EgressTest, OtherFormsOfAddressesAreRefusedAtCreateAndTheFieldIsNamed) {
  Start();
  for (const char* host : kOtherForms) {
    const auto refused = client->Create(SessionFor("refused", fmt::format("ws://{}/", host)));
    ExpectRefused(refused.status(), "session.spec.url");
  }
  EXPECT_TRUE(client->List("tenants/-")->empty());
}

TEST_F(EgressTest, AndByEveryOtherCallThatDeclares) {
  Start();
  Create("feed", "ws://127.0.0.1:1/");
  for (const char* host : kOtherForms) {
    SCOPED_TRACE(host);
    const v1::Session session = SessionFor("feed", fmt::format("ws://{}/", host));
    ExpectRefused(client->Update(session, {"spec.url"}).status(), "session.spec.url");
    v1::BatchCreateSessionsRequest batch;
    batch.set_parent("tenants/default");
    v1::CreateSessionRequest& one = *batch.add_requests();
    one.set_session_id("refused");
    *one.mutable_session()->mutable_spec() = session.spec();
    grpc::ClientContext batch_context;
    v1::BatchCreateSessionsResponse created;
    ExpectRefused(client::FromGrpc(stub_->BatchCreateSessions(&batch_context, batch, &created)),
                  "requests[0].session.spec.url");
    v1::ApplySessionsRequest set;
    set.set_parent("tenants/default");
    set.set_owner("owner");
    *set.add_sessions() = session;
    set.set_last(true);
    grpc::ClientContext set_context;
    const auto stream = stub_->ApplySessions(&set_context);
    stream->Write(set);
    v1::ApplySessionsResponse applied;
    EXPECT_FALSE(stream->Read(&applied));
    ExpectRefused(client::FromGrpc(stream->Finish()), "sessions[0].spec.url");
  }
  ASSERT_EQ(client->List("tenants/-")->size(), 1u);
  EXPECT_EQ(client->Get("tenants/default/sessions/feed")->spec().url(), "ws://127.0.0.1:1/");
}

TEST_F(EgressTest, ANameThatChangesItsMindIsJudgedAtEveryReconnect) {
  const MisbehavingPeer peer(scripts::EchoPongs());
  Start();
  names_.Set("feed.test", {"127.0.0.1"});
  // It does not come back by itself, so that lookups can be counted.
  v1::Session patient = SessionFor("feed", fmt::format("ws://feed.test:{}/", peer.port()));
  patient.mutable_spec()->mutable_reconnect()->set_max_delay("1h");
  patient.mutable_spec()->mutable_reconnect()->set_first_delay("1h");
  ASSERT_TRUE(client->Create(patient).ok());
  ASSERT_TRUE(AwaitOpen("feed")) << StatusOf("feed").ShortDebugString();
  double denied = 0;
  for (const char* address : kDenied) {
    names_.Set("feed.test", {address});
    const int queries = names_.queries();
    Reconnect("feed");
    EXPECT_TRUE(AwaitReason("feed", v1::REASON_EGRESS_DENIED)) << address;
    EXPECT_EQ(names_.queries() - queries, 2) << "A and AAAA once: what was judged is what is dialled";
    EXPECT_GT(Largest("holter_connect_failures_total"), denied);
    denied = Largest("holter_connect_failures_total");

    names_.Set("feed.test", {"127.0.0.1"});
    Reconnect("feed");
    ASSERT_TRUE(AwaitOpen("feed")) << address << StatusOf("feed").ShortDebugString();
  }
}

TEST_F(EgressTest, WhoComesBackByItselfIsJudgedEveryTime) {
  const MisbehavingPeer peer(scripts::AcceptsThenCloses(1000));
  Start();
  names_.Set("feed.test", {"127.0.0.1"});
  Create("feed", fmt::format("ws://feed.test:{}/", peer.port()));
  EXPECT_TRUE(Await([&] { return peer.connections() >= 3; }));
  names_.Set("feed.test", {"169.254.169.254"});
  EXPECT_TRUE(Await([&] { return Verdicts("denied", "metadata") >= 5; }));
  const int connections = peer.connections();
  const double denied = Verdicts("denied", "metadata");
  EXPECT_TRUE(Await([&] { return Verdicts("denied", "metadata") >= denied + 5; }));
  EXPECT_EQ(peer.connections(), connections) << "it was dialled";
  names_.Set("feed.test", {"127.0.0.1"});
  EXPECT_TRUE(Await([&] { return peer.connections() > connections; })) << "it is not lost for ever";
}

TEST_F(EgressTest, OfSeveralAddressesOnlyThoseAllowedAreDialled) {
  const MisbehavingPeer peer(scripts::EchoPongs());
  Start();
  names_.Set("feed.test", {"169.254.169.254", "10.0.0.1", "127.0.0.1", "fd00::1"});
  Create("feed", fmt::format("ws://feed.test:{}/", peer.port()));
  EXPECT_TRUE(AwaitOpen("feed")) << StatusOf("feed").ShortDebugString();
}

TEST_F(EgressTest, APolicyIsThatOfTheTenantAndChangesWhileHolterRuns) {
  const MisbehavingPeer peer(scripts::EchoPongs());
  Start("tenants: {blue: {egress: {deny: [127.0.0.0/8]}}}\n");
  names_.Set("feed.test", {"127.0.0.1"});
  const std::string url = fmt::format("ws://feed.test:{}/", peer.port());
  Create("feed", url, "blue");
  Create("feed", url, "red");
  EXPECT_EQ(client::ReasonOf(client->Create(SessionFor("address", peer.url(), "blue")).status()), "EGRESS_DENIED");
  EXPECT_TRUE(AwaitReason("feed", v1::REASON_EGRESS_DENIED, "blue"));
  EXPECT_TRUE(AwaitOpen("feed", "red"));

  WritePolicy("tenants: {red: {egress: {deny: [127.0.0.0/8]}}}\n");
  EXPECT_TRUE(Await([&] { return Largest("holter_reloads_total") >= 1; }));
  Reconnect("feed", "blue");
  EXPECT_TRUE(AwaitOpen("feed", "blue")) << StatusIn("blue", "feed").ShortDebugString();
  EXPECT_EQ(StatusIn("red", "feed").state(), v1::STATE_OPEN) << "what is open stays";
  Reconnect("feed", "red");
  EXPECT_TRUE(AwaitReason("feed", v1::REASON_EGRESS_DENIED, "red"));

  WritePolicy("tenants: {red: {egress: {deny: [everything]}}}\n");
  EXPECT_TRUE(Await([&] { return Largest("holter_reload_failures_total") >= 1; }));
  Reconnect("feed", "red");
  EXPECT_TRUE(AwaitReason("feed", v1::REASON_EGRESS_DENIED, "red")) << "a broken file changes nothing";
}

TEST_F(EgressTest, ReportModeDialsAndCounts) {
  const MisbehavingPeer peer(scripts::EchoPongs());
  Start("egress: {mode: report, deny: [127.0.0.0/8]}\n");
  Create("feed", peer.url());
  EXPECT_TRUE(AwaitOpen("feed")) << StatusOf("feed").ShortDebugString();
  EXPECT_EQ(Verdicts("reported", "deny_network"), 1);
  EXPECT_EQ(Verdicts("denied", "deny_network"), 0);
}

TEST_F(EgressTest, WhatIsOpenedIsOpenAsFarAsTheRuleSays) {
  const MisbehavingPeer peer(scripts::EchoPongs());
  Start(fmt::format("egress: {{public: deny, allow: [{{host: '*.internal.test', ports: [{}]}}]}}\n", peer.port()));
  // Loopback is allowed anyway while listeners are on it, so what the rule decides is seen by its word.
  names_.Set("a.internal.test", {"127.0.0.1"});
  names_.Set("elsewhere.test", {"127.0.0.1"});
  names_.Set("b.internal.test", {"169.254.169.254"});
  names_.Set("public.test", {"8.8.8.8"});
  Create("a", fmt::format("ws://a.internal.test:{}/", peer.port()));
  ASSERT_TRUE(AwaitOpen("a"));
  EXPECT_EQ(Verdicts("allowed", "allow_host"), 1);
  Create("elsewhere", fmt::format("ws://elsewhere.test:{}/", peer.port()));
  ASSERT_TRUE(AwaitOpen("elsewhere"));
  EXPECT_EQ(Verdicts("allowed", "loopback"), 1);
  Create("b", fmt::format("ws://b.internal.test:{}/", peer.port()));
  EXPECT_TRUE(AwaitReason("b", v1::REASON_EGRESS_DENIED)) << "no name opens the metadata service";
  Create("public", "ws://public.test/");
  EXPECT_TRUE(AwaitReason("public", v1::REASON_EGRESS_DENIED));
}

TEST_F(EgressTest, QuotasAreAnsweredWithDetailsAndChangeWhileHolterRuns) {
  Start("quotas: {sessions: 2}\nhosts: {sessions: 10}\n");
  Create("a", "ws://a.test/");
  Create("b", "ws://b.test/");
  Create("c", "ws://c.test/", "other");
  const auto refused = client->Create(SessionFor("c", "ws://c.test/"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(client::ReasonOf(refused.status()), "QUOTA_EXCEEDED");
  const std::string page = daemon->Http("/metrics");
  EXPECT_NE(page.find("holter_quota_limit{"), std::string::npos);
  EXPECT_EQ(Largest("holter_quota_used"), 2);
  EXPECT_EQ(Largest("holter_quota_limit"), 2);
  WritePolicy("quotas: {sessions: 3}\n");
  EXPECT_TRUE(Await([&] { return client->Create(SessionFor("c", "ws://c.test/")).ok(); }));
}

}  // namespace
}  // namespace holter::integration
