// Nobody gets in who does not belong: the daemon over TLS, with tokens and client certificates, from outside.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <filesystem>
#include <regex>
#include <sstream>

#include "holter/status.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"
#include "tests/support/method_call.h"
#include "tests/support/test_certificates.h"

namespace holter::integration {
namespace {

using holter::testing::CallMethod;
using holter::testing::IsOfTenants;
using holter::testing::MethodsOfTheApi;
using holter::testing::OnlyReads;
using holter::testing::RequestOf;
using holter::testing::TestAuthority;
using holter::testing::TestIdentity;
using std::chrono::hours;
using std::chrono::seconds;

constexpr char kViewerToken[] = "viewer-token-of-the-test";
constexpr char kEditorToken[] = "editor-token-of-the-test";

class AccessTest : public EndToEndTest {
 protected:
  void SetUp() override {
    WriteServer(authority_.Issue());
    scratch.Write("tls/client-ca.pem", clients_.certificate());
    scratch.Write("tls/ca.pem", authority_.certificate());
    scratch.Write("viewer.token", kViewerToken);
    scratch.Write("editor.token", kEditorToken);
    WriteAccess("viewer: viewer, editor: editor, robot: editor");
  }

  void WriteServer(const TestIdentity& identity) const {
    scratch.Write("tls/cert.pem", identity.certificate);
    scratch.Write("tls/key.pem", identity.key);
  }
  // `grants`: those of the tenant "own".
  void WriteAccess(const std::string& grants) const {
    scratch.Write("access.yaml", fmt::format(R"(
identities:
- {{name: viewer, tokens: [{{file: viewer.token}}]}}
- {{name: editor, tokens: [{{file: editor.token}}]}}
- {{name: robot, certificates: [{{uri: "spiffe://test/robot"}}]}}
tenants: {{own: {{grants: {{{}}}}}}}
)",
                                             grants));
  }

  std::string Path(const std::string& name) const { return scratch.path() + "/" + name; }
  void StartSecured(std::vector<std::string> more = {}) {
    for (const auto& [flag, file] : {std::pair{"--grpc-tls-cert", "tls/cert.pem"},
                                     {"--grpc-tls-key", "tls/key.pem"},
                                     {"--access-file", "access.yaml"},
                                     {"--audit-log", "audit.jsonl"}}) {
      more.push_back(fmt::format("{}={}", flag, Path(file)));
    }
    daemon = std::make_unique<Daemon>(scratch, std::move(more));
    daemon->Start();
  }

  // A connection of its own that trusts the authority of `ca` and shows `shown`, if any.
  std::shared_ptr<grpc::Channel> Channel(const std::string& ca, const TestIdentity& shown = {}) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(
        daemon->grpc(),
        grpc::SslCredentials({.pem_root_certs = ca, .pem_private_key = shown.key, .pem_cert_chain = shown.certificate}),
        arguments);
  }
  std::shared_ptr<grpc::Channel> Channel() const { return Channel(authority_.certificate()); }

  static std::unique_ptr<grpc::ClientContext> ContextWith(const std::string& token) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + kPatience);
    if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
    return context;
  }
  static grpc::Status List(const std::shared_ptr<grpc::Channel>& channel, const std::string& token,
                           const std::string& parent = "tenants/own") {
    v1::ListSessionsRequest request;
    request.set_parent(parent);
    v1::ListSessionsResponse response;
    return v1::SessionService::NewStub(channel)->ListSessions(ContextWith(token).get(), request, &response);
  }
  static std::string ReasonOf(const grpc::Status& status) { return client::ReasonOf(client::FromGrpc(status)); }

  TestAuthority authority_;
  TestAuthority clients_;
};

TEST_F(AccessTest, EveryMethodAsksWhoCallsAndWhetherHeMay) {
  StartSecured();
  const auto channel = Channel();
  for (const auto* const method : MethodsOfTheApi()) {
    const auto code = [&](const std::string& token, const std::string& tenant) {
      return CallMethod(channel, *ContextWith(token), *method, RequestOf(*method, tenant)).error_code();
    };
    EXPECT_EQ(code("", "own"), grpc::StatusCode::UNAUTHENTICATED) << method->full_name();
    EXPECT_EQ(code("a-token-of-nobody", "own"), grpc::StatusCode::UNAUTHENTICATED) << method->full_name();
    if (!IsOfTenants(*method)) continue;
    EXPECT_EQ(code(kEditorToken, "other"), grpc::StatusCode::PERMISSION_DENIED) << method->full_name();
    EXPECT_EQ(code(kEditorToken, ""), grpc::StatusCode::PERMISSION_DENIED) << method->full_name();
    if (!OnlyReads(*method)) {
      EXPECT_EQ(code(kViewerToken, "own"), grpc::StatusCode::PERMISSION_DENIED) << method->full_name();
    }
  }
  EXPECT_TRUE(List(channel, kViewerToken).ok());
}

TEST_F(AccessTest, OnlyCertificatesOfTheAuthorityGetAConnection) {
  StartSecured({"--grpc-client-ca=" + Path("tls/client-ca.pem")});
  const std::string& ca = authority_.certificate();
  const holter::testing::TestCertificateSpec robot = {.names = {}, .addresses = {}, .uris = {"spiffe://test/robot"}};
  auto expired = robot;
  expired.valid_from = hours(-2);
  expired.valid_until = hours(-1);
  auto stranger = robot;
  stranger.uris = {"spiffe://test/stranger"};
  EXPECT_TRUE(List(Channel(ca, clients_.Issue(robot)), "").ok());
  EXPECT_EQ(List(Channel(ca), "").error_code(), grpc::StatusCode::UNAVAILABLE) << "no certificate";
  EXPECT_EQ(List(Channel(ca), kEditorToken).error_code(), grpc::StatusCode::UNAVAILABLE) << "a token is not enough";
  EXPECT_EQ(List(Channel(ca, TestAuthority().Issue(robot)), "").error_code(), grpc::StatusCode::UNAVAILABLE)
      << "of an unknown authority";
  EXPECT_EQ(List(Channel(ca, clients_.Issue(expired)), "").error_code(), grpc::StatusCode::UNAVAILABLE) << "expired";
  EXPECT_EQ(ReasonOf(List(Channel(ca, clients_.Issue(stranger)), "")), "CREDENTIALS_INVALID");
  EXPECT_TRUE(List(Channel(ca, clients_.Issue(stranger)), kViewerToken).ok()) << "the token says who it is";
  EXPECT_EQ(ReasonOf(List(Channel(ca, clients_.Issue(robot)), "a-token-of-nobody")), "CREDENTIALS_INVALID");
}

TEST_F(AccessTest, EveryMethodAsksWhoseCertificateItIs) {
  scratch.Write("access.yaml", R"(
identities:
- {name: robot, certificates: [{uri: "spiffe://test/robot"}]}
- {name: reader, certificates: [{uri: "spiffe://test/reader"}]}
tenants: {own: {grants: {robot: editor, reader: viewer}}}
)");
  StartSecured({"--grpc-client-ca=" + Path("tls/client-ca.pem")});
  const auto shown = [&](const TestAuthority& authority, const std::string& who, hours until = hours(1)) {
    return Channel(authority_.certificate(), authority.Issue({.names = {},
                                                              .addresses = {},
                                                              .uris = {"spiffe://test/" + who},
                                                              .valid_from = hours(-2),
                                                              .valid_until = until}));
  };
  const auto robot = shown(clients_, "robot");
  const auto reader = shown(clients_, "reader");
  const auto stranger = shown(clients_, "stranger");
  const auto expired = shown(clients_, "robot", hours(-1));
  const auto unknown = shown(TestAuthority(), "robot");
  for (const auto* const method : MethodsOfTheApi()) {
    const auto code = [&](const std::shared_ptr<grpc::Channel>& channel, const std::string& tenant) {
      return CallMethod(channel, *ContextWith(""), *method, RequestOf(*method, tenant)).error_code();
    };
    EXPECT_EQ(code(expired, "own"), grpc::StatusCode::UNAVAILABLE) << method->full_name();
    EXPECT_EQ(code(unknown, "own"), grpc::StatusCode::UNAVAILABLE) << method->full_name();
    EXPECT_EQ(code(stranger, "own"), grpc::StatusCode::UNAUTHENTICATED) << method->full_name();
    if (!IsOfTenants(*method)) continue;
    EXPECT_EQ(code(robot, "other"), grpc::StatusCode::PERMISSION_DENIED) << method->full_name();
    if (!OnlyReads(*method)) {
      EXPECT_EQ(code(reader, "own"), grpc::StatusCode::PERMISSION_DENIED) << method->full_name();
    }
  }
  EXPECT_TRUE(List(robot, "").ok());
  EXPECT_TRUE(List(reader, "").ok());
}

// As LimitsTest, before a handshake of TLS and in its midst.
TEST_F(AccessTest, HandshakesThatNeverEndAreClosed) {
  StartSecured();
  ChildProcess half({"python3", "-c",
                     fmt::format(R"(
import socket
connections = []
for i in range(100):
    one = socket.create_connection(('127.0.0.1', {}))
    one.settimeout({})
    if i % 2:
        one.sendall(bytes([22, 3, 1, 2, 0, 1, 0, 1]))
    connections.append(one)
print('begun', flush=True)
for one in connections:
    try:
        while one.recv(4096):
            pass
    except ConnectionResetError:
        pass
)",
                                 daemon->grpc().substr(daemon->grpc().rfind(':') + 1), kPatience.count())},
                    scratch.path());
  EXPECT_TRUE(Await([&] { return half.Out() == "begun\n"; })) << half.Err();
  EXPECT_TRUE(List(Channel(), kViewerToken).ok()) << "others are served meanwhile";
  const auto report = half.Wait(kPatience);
  ASSERT_TRUE(report.has_value()) << "they are kept";
  EXPECT_EQ(report->code, 0) << half.Err();
  EXPECT_TRUE(List(Channel(), kViewerToken).ok());
}

TEST_F(AccessTest, OldProtocolsAndPlaintextAreRefused) {
  StartSecured();
  const auto connects = [&](const std::string& version) {
    ChildProcess openssl(
        {"openssl", "s_client", "-connect", daemon->grpc(), version, "-alpn", "h2", "-cipher", "ALL:@SECLEVEL=0"},
        scratch.path());
    const auto report = openssl.Wait(kPatience);
    return report.has_value() && report->code == 0;
  };
  EXPECT_FALSE(connects("-tls1"));
  EXPECT_FALSE(connects("-tls1_1"));
  EXPECT_TRUE(connects("-tls1_2"));
  client = std::make_unique<client::Client>(client::ClientOptions{.server = daemon->grpc()});
  EXPECT_FALSE(client->List("tenants/own").ok());
}

TEST_F(AccessTest, AWatchEndsWhenItsTokenGoesAndOthersGoOn) {
  StartSecured();
  const auto stub = v1::SessionService::NewStub(Channel());
  v1::WatchSessionsRequest request;
  request.set_parent("tenants/own");
  const auto begin = [&](grpc::ClientContext& context) {
    auto watch = stub->WatchSessions(&context, request);
    v1::WatchSessionsResponse response;
    EXPECT_TRUE(watch->Read(&response)) << "the end of the snapshot";
    return watch;
  };
  const auto context = ContextWith(kViewerToken);
  const auto watch = begin(*context);
  const auto other = ContextWith(kEditorToken);
  const auto other_watch = begin(*other);
  std::filesystem::remove(Path("viewer.token"));
  scratch.Write("viewer.token", "the-next-token-of-the-test");
  v1::WatchSessionsResponse response;
  EXPECT_FALSE(watch->Read(&response));
  const grpc::Status ended = watch->Finish();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNAUTHENTICATED) << ended.error_message();
  EXPECT_FALSE(List(Channel(), kViewerToken).ok());
  EXPECT_TRUE(List(Channel(), "the-next-token-of-the-test").ok());
  // The other's role goes.
  WriteAccess("viewer: viewer");
  EXPECT_FALSE(other_watch->Read(&response));
  EXPECT_EQ(other_watch->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(AccessTest, ABrokenAccessFileLeavesWhatWasBefore) {
  StartSecured();
  const std::string good = ReadFile(Path("access.yaml"));
  scratch.Write("access.yaml", good + "tenant: {}\n");
  EXPECT_TRUE(Await([&] { return Largest("holter_last_reload_successful{what=\"access\"}") == 0; }));
  EXPECT_THAT(daemon->process().Err() + daemon->process().Out(), ::testing::HasSubstr("tenant: unknown key"));
  EXPECT_TRUE(List(Channel(), kViewerToken).ok());
  scratch.Write("access.yaml", good);
  EXPECT_TRUE(Await([&] { return Largest("holter_last_reload_successful{what=\"access\"}") == 1; }));
}

TEST_F(AccessTest, ACertificateIsRotatedUnderOpenConnections) {
  StartSecured();
  const auto before = Channel();
  const auto context = ContextWith(kViewerToken);
  v1::WatchSessionsRequest request;
  request.set_parent("tenants/own");
  const auto watch = v1::SessionService::NewStub(before)->WatchSessions(context.get(), request);
  v1::WatchSessionsResponse response;
  EXPECT_TRUE(watch->Read(&response));
  const TestAuthority next;
  WriteServer(next.Issue());
  EXPECT_TRUE(Await([&] { return List(Channel(next.certificate()), kViewerToken).ok(); }));
  EXPECT_FALSE(List(Channel(), kViewerToken).ok()) << "new connections see the new certificate";
  EXPECT_GT(Largest("holter_listener_certificate_expiry_timestamp_seconds"), static_cast<double>(time(nullptr)));
  EXPECT_TRUE(List(before, kViewerToken).ok()) << "old connections stay";
  // A key that does not fit changes nothing.
  scratch.Write("tls/key.pem", authority_.Issue().key);
  EXPECT_TRUE(Await([&] { return Largest("holter_last_reload_successful{what=\"certificate\"}") == 0; }));
  EXPECT_TRUE(List(Channel(next.certificate()), kViewerToken).ok());
  context->TryCancel();
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED) << "it lived to the end";
}

TEST_F(AccessTest, HangUpReadsAgainAndOpensTheAuditLogAnew) {
  StartSecured();
  v1::CreateSessionRequest request;
  request.set_parent("tenants/own");
  request.set_session_id("feed");
  request.mutable_session()->mutable_spec()->set_url("ws://127.0.0.1:1/?token=user-secret");
  v1::Session created;
  const auto stub = v1::SessionService::NewStub(Channel());
  ASSERT_TRUE(stub->CreateSession(ContextWith(kEditorToken).get(), request, &created).ok());
  EXPECT_TRUE(Await([&] { return ReadFile(Path("audit.jsonl")).ends_with('\n'); }));
  std::filesystem::rename(Path("audit.jsonl"), Path("audit.1"));
  daemon->process().Signal(SIGHUP);
  EXPECT_TRUE(Await([&] { return std::filesystem::exists(Path("audit.jsonl")); }));
  EXPECT_FALSE(List(Channel(), "a-token-of-nobody").ok());
  EXPECT_TRUE(Await([&] { return ReadFile(Path("audit.jsonl")).ends_with('\n'); }));
  EXPECT_THAT(ReadFile(Path("audit.1")),
              ::testing::MatchesRegex(R"(\{"time":"[^"]+","identity":"editor","peer":"[^"]+","method":"CreateSession",)"
                                      R"("resources":\["tenants/own/sessions/feed"\],"code":"OK","request_id":""\}.)"));
  EXPECT_THAT(ReadFile(Path("audit.jsonl")), ::testing::HasSubstr(R"("identity":"",)"));
  EXPECT_THAT(ReadFile(Path("audit.jsonl")), ::testing::HasSubstr(R"("code":"UNAUTHENTICATED")"));
  EXPECT_TRUE(daemon->process().running());
}

TEST_F(AccessTest, WhatIsWrongIsSaidBeforeAnythingStarts) {
  const auto check = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {HOLTERD_BINARY, "--check-config"});
    ChildProcess process(flags, scratch.path());
    const auto report = process.Wait(kPatience);
    return std::pair(report ? report->code : -1, process.Err());
  };
  const std::string cert = "--grpc-tls-cert=" + Path("tls/cert.pem");
  EXPECT_EQ(check({cert, "--grpc-tls-key=" + Path("tls/key.pem")}).first, 0);
  const auto [code, error] = check({cert, "--grpc-tls-key=" + scratch.Write("other.pem", clients_.Issue().key)});
  EXPECT_EQ(code, 2);
  EXPECT_THAT(error, ::testing::HasSubstr("other.pem"));
  EXPECT_EQ(check({cert, "--grpc-tls-key=" + Path("none.pem")}).first, 2);
  EXPECT_EQ(check({cert}).first, 2);
  EXPECT_EQ(check({"--grpc-client-ca=" + Path("tls/ca.pem")}).first, 2);
}

// As CanaryTest, for what lets callers in: it is shown, shown wrongly, and written where it does not belong.
TEST_F(AccessTest, NoSecretOfCallersIsToldOrWritten) {
  const TestIdentity listener = authority_.Issue();
  WriteServer(listener);
  StartSecured({"--log-level=debug", "--log-format=json", "--reflection"});
  constexpr char stranger[] = "CANARYstranger5eed5";
  const std::string key_line = listener.key.substr(listener.key.find('\n') + 1, 48);
  std::string heard;
  const auto hear = [&](const grpc::Status& status) { heard += status.error_message() + status.error_details(); };
  for (const auto* const method : MethodsOfTheApi()) {
    if (method->name().starts_with("Watch")) continue;
    for (const char* const token : {stranger, kViewerToken}) {
      hear(CallMethod(Channel(), *ContextWith(token), *method, RequestOf(*method, "own")));
    }
  }
  const auto is_logged = [&](const std::string& text) {
    return (daemon->process().Err() + daemon->process().Out()).find(text) != std::string::npos;
  };
  const std::string good = ReadFile(Path("access.yaml"));
  scratch.Write("access.yaml", fmt::format("identities: [{{name: a, tokens: [{{sha256: {}}}]}}]", kViewerToken));
  EXPECT_TRUE(Await([&] { return is_logged("expected 64 hex digits"); }));
  scratch.Write("access.yaml", good);
  scratch.Write("viewer.token", fmt::format("{} {}", kViewerToken, kViewerToken));
  EXPECT_TRUE(Await([&] { return is_logged("expected a file with one token"); }));
  scratch.Write("tls/key.pem", fmt::format("-----BEGIN PRIVATE KEY-----\nx{}\n-----END PRIVATE KEY-----\n", key_line));
  EXPECT_TRUE(Await([&] { return is_logged("expected a private key"); }));
  heard += daemon->Http("/metrics");
  EXPECT_TRUE(Await([&] { return ReadFile(Path("audit.jsonl")).find("UNAUTHENTICATED") != std::string::npos; }));
  daemon->process().Signal(SIGTERM);
  EXPECT_TRUE(daemon->process().Wait(kPatience).has_value());
  heard += daemon->process().Err() + daemon->process().Out() + ReadFile(Path("audit.jsonl"));
  for (const auto& file : std::filesystem::recursive_directory_iterator(Path("data"))) {
    if (file.is_regular_file()) heard += ReadFile(file.path().string());
  }
  for (const std::string& secret : {std::string(stranger), std::string(kViewerToken), key_line}) {
    EXPECT_EQ(heard.find(secret), std::string::npos) << heard.substr(heard.find(secret) - 80, 200);
  }
}

}  // namespace
}  // namespace holter::integration
