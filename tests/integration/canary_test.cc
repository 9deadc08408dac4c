// Secrets stay where they are: sessions with secrets fail in every way in which they might be told, and then whatever
// Holter wrote or said is searched for them.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <filesystem>

#include "holter/status.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/canary_peers.h"
#include "tests/integration/fixture.h"
#include "tests/support/misbehaving_peer.h"
#include "tests/support/test_certificates.h"

namespace holter::integration {
namespace {

using holter::testing::MisbehavingPeer;

// Of a header; in the middle of a private key; and of what is no key at all.
constexpr char kToken[] = "CANARYtoken5f3759df";
constexpr char kGarbage[] = "CANARYgarbage0xcafe";

class CanaryTest : public EndToEndTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    identity_ = authority_.Issue();
    const std::string& key = identity_.key;
    key_line_ = key.substr(key.find('\n') + 1, 48);  // base64 of the key itself
    WriteSecret("token", kToken);
    WriteSecret("rotated", "harmless");
    WriteSecret("gone", kToken);
    WriteSecret("cert", identity_.certificate);
    WriteSecret("key", key);
    WriteSecret("bad-key", key);
    WriteSecret("ca", authority_.certificate());
    WriteSecret("key-as-ca", authority_.certificate());
    StartDaemon(nullptr, {"--secrets-dir=" + scratch.path() + "/secrets", "--sessions-dir=" + scratch.path() + "/files",
                          "--audit-log=" + scratch.path() + "/audit.jsonl", "--session-series=full", "--reflection",
                          "--log-level=debug", std::string("--log-format=") + GetParam()});
    stub_ = v1::SessionService::NewStub(grpc::CreateChannel(daemon->grpc(), grpc::InsecureChannelCredentials()));
    recorder_ = std::make_unique<ChangeRecorder>(*client);
  }

  void WriteSecret(const std::string& key, const std::string& content) const {
    scratch.Write("secrets/canary/" + key, content);
  }

  // A session that sends a secret in two headers.
  v1::Session WithToken(const std::string& id, const std::string& url, const std::string& key = "token") {
    v1::Session session;
    session.set_name(NameOf(id));
    v1::SessionSpec& spec = *session.mutable_spec();
    spec.set_url(url);
    for (const char* const name : {"Authorization", "X-Api-Key"}) {
      v1::Header& header = *spec.add_headers();
      header.set_name(name);
      header.set_value(fmt::format("Bearer ${{secret:canary/{}}}", key));
    }
    spec.mutable_protocol_heartbeat()->set_interval("100ms");
    spec.mutable_protocol_heartbeat()->set_timeout("500ms");
    spec.mutable_timeouts()->set_upgrade("500ms");
    spec.mutable_reconnect()->set_first_delay("100ms");
    spec.mutable_reconnect()->set_max_delay("100ms");
    return session;
  }
  v1::Session WithKey(const std::string& id, const std::string& key, const std::string& ca) {
    v1::Session session = WithToken(id, tls_.url());
    session.mutable_spec()->mutable_tls()->set_ca_secret("canary/" + ca);
    session.mutable_spec()->mutable_tls()->set_client_cert_secret("canary/cert");
    session.mutable_spec()->mutable_tls()->set_client_key_secret("canary/" + key);
    return session;
  }
  // A session that sends a secret in its messages, and remembers what the peer says of it.
  static v1::Session WithWords(const std::string& id, const std::string& url) {
    v1::Session session;
    session.set_name(NameOf(id));
    v1::SessionSpec& spec = *session.mutable_spec();
    spec.set_url(url);
    (*spec.mutable_parameters())["password"] = "${secret:canary/token}";
    v1::OpenStep& login = *spec.add_open();
    login.mutable_send()->set_text("login ${secret:canary/token}");
    login.mutable_await()->set_prefix("welcome ");
    (*login.mutable_capture())["greeting"].set_regex("welcome (.*)");
    spec.add_show("greeting");
    v1::Beat& beat = *spec.add_beats();
    beat.set_name("words");
    beat.set_interval("100ms");
    beat.mutable_send()->set_text("beat ${greeting} ${password}");
    beat.mutable_expect()->set_prefix("beat ");
    v1::EndRule& end = *spec.add_ends();
    end.mutable_when()->set_prefix("end ");
    end.set_verdict(v1::EndRule::VERDICT_DEAD);
    spec.mutable_reconnect()->set_first_delay("100ms");
    spec.mutable_reconnect()->set_max_delay("100ms");
    return session;
  }
  void Create(const v1::Session& session) {
    const auto created = client->Create(session);
    ASSERT_TRUE(created.ok()) << created.status();
    Hear(created->DebugString());
  }

  // Waits until the session has a status with one of these reasons.
  void AwaitReason(const std::string& id, std::initializer_list<v1::Reason> reasons) {
    EXPECT_TRUE(Await([&] {
      const v1::Reason reason = StatusOf(id).reason();
      return std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
    })) << id
        << ": " << StatusOf(id).ShortDebugString();
  }

  // Collects what somebody was told.
  void Hear(const std::string& text) { heard_ += text + "\n"; }

  void DeclareSessionsThatFail();
  void SpoilSecrets();
  void AskForWhatIsRefused();
  void AskForManyThatAreRefused();
  void HearEverything();
  void HearHistory();
  void HearPages();
  void HearTheWire();

  // What a call of more than one session answered.
  void HearRefusal(const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    Hear(status.error_message() + status.error_details());
  }

  // Every place in which one of the secrets stands, by name and surroundings.
  static std::vector<std::string> Find(const std::string& where, const std::string& text, const std::string& secret) {
    std::vector<std::string> found;
    for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 1)) {
      found.push_back(where + ": " + text.substr(at < 80 ? 0 : at - 80, 160 + secret.size()));
    }
    return found;
  }
  std::vector<std::string> Leaks() const {
    std::vector<std::string> found;
    const auto look = [&](const std::string& where, const std::string& text) {
      for (const std::string& secret : {std::string(kToken), std::string(kGarbage), key_line_}) {
        const std::vector<std::string> here = Find(where, text, secret);
        found.insert(found.end(), here.begin(), here.end());
      }
    };
    look("answers", heard_);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.path())) {
      const std::string path = entry.path().string();
      const bool ours = path.find("/secrets/") != std::string::npos || path.find("/files/") != std::string::npos ||
                        path.ends_with(".in");  // what was typed
      if (entry.is_regular_file() && !ours) look(path, ReadFile(path));
    }
    return found;
  }

  holter::testing::TestAuthority authority_;
  holter::testing::TestIdentity identity_;
  std::string key_line_;
  MisbehavingPeer refusal_{EchoesInTheRefusal()};
  MisbehavingPeer no_http_{EchoesInsteadOfHttp()};
  MisbehavingPeer subprotocol_{ChoosesASubprotocolThatItWasNotOffered()};
  MisbehavingPeer frames_{EchoesInFrames()};
  MisbehavingPeer broken_{EchoesInABrokenFrame()};
  MisbehavingPeer words_{EchoesWords()};
  MisbehavingPeer mute_{holter::testing::scripts::NeverUpgrades()};
  MisbehavingPeer good_{holter::testing::scripts::EchoPongs()};
  MisbehavingPeer tls_{holter::testing::scripts::EchoPongs(), authority_.Issue(), authority_.certificate()};
  std::unique_ptr<v1::SessionService::Stub> stub_;
  std::unique_ptr<ChangeRecorder> recorder_;
  std::string heard_;
};

void CanaryTest::DeclareSessionsThatFail() {
  Create(WithToken("refusal", refusal_.url()));
  Create(WithToken("no-http", no_http_.url()));
  v1::Session subprotocol = WithToken("subprotocol", subprotocol_.url());
  subprotocol.mutable_spec()->add_subprotocols("one");
  Create(subprotocol);
  Create(WithToken("frames", frames_.url()));
  Create(WithToken("broken", broken_.url()));
  Create(WithWords("words", words_.url()));
  Create(WithToken("mute", mute_.url()));
  Create(WithToken("good", good_.url()));
  // These dial anew all the time, so they see what becomes of their secrets.
  Create(WithToken("rotated", frames_.url(), "rotated"));
  Create(WithToken("gone", frames_.url(), "gone"));
  Create(WithKey("tls", "key", "ca"));
  Create(WithKey("bad-key", "bad-key", "ca"));
  Create(WithKey("key-as-ca", "key", "key-as-ca"));
  AwaitReason("refusal", {v1::REASON_UPGRADE_STATUS});
  AwaitReason("no-http", {v1::REASON_UPGRADE_INVALID});
  AwaitReason("subprotocol", {v1::REASON_UPGRADE_INVALID});
  AwaitReason("frames", {v1::REASON_PEER_CLOSED});
  AwaitReason("broken", {v1::REASON_PROTOCOL_ERROR});
  AwaitReason("words", {v1::REASON_TERMINAL_MESSAGE});
  AwaitReason("words", {v1::REASON_PEER_CLOSED});
  AwaitReason("mute", {v1::REASON_UPGRADE_TIMEOUT});
  for (const char* const id : {"good", "tls", "bad-key", "key-as-ca"}) {
    EXPECT_TRUE(Await([&] { return StatusOf(id).health() == v1::HEALTH_HEALTHY; })) << StatusOf(id).DebugString();
  }
}

// Secrets change below the feet of sessions that use them, which dial anew.
void CanaryTest::SpoilSecrets() {
  WriteSecret("rotated", std::string(kToken) + "\r\nX-Second: header");
  std::filesystem::remove(scratch.path() + "/secrets/canary/gone");
  WriteSecret("bad-key",
              fmt::format("-----BEGIN PRIVATE KEY-----\n{}\n{}\n-----END PRIVATE KEY-----\n", kGarbage, key_line_));
  WriteSecret("key-as-ca", identity_.key);
  for (const char* const id : {"rotated", "gone", "bad-key", "key-as-ca"}) {
    v1::Session session;
    session.set_name(NameOf(id));
    session.mutable_spec()->mutable_timeouts()->set_dns("1s");
    const auto updated = client->Update(session, {"spec.timeouts.dns"});
    Hear(updated.ok() ? updated->DebugString() : updated.status().ToString());
  }
  for (const char* const id : {"rotated", "gone"}) AwaitReason(id, {v1::REASON_SECRET});
  // The others dial anew when their peer is another one.
  for (const char* const id : {"bad-key", "key-as-ca"}) {
    v1::Session session;
    session.set_name(NameOf(id));
    session.mutable_spec()->set_url(tls_.url() + "other");
    const auto updated = client->Update(session, {"spec.url"});
    Hear(updated.ok() ? updated->DebugString() : updated.status().ToString());
    AwaitReason(id, {v1::REASON_SECRET});
  }
}

// Credentials where they must not be: what refuses them does not repeat them.
void CanaryTest::AskForWhatIsRefused() {
  v1::Session literal = WithToken("literal", good_.url());
  literal.mutable_spec()->mutable_headers(0)->set_value(kToken);
  v1::Session pasted = WithKey("pasted", "key", "ca");
  pasted.mutable_spec()->mutable_tls()->set_client_key_secret(identity_.key);
  v1::Session user = WithToken("user", fmt::format("ws://user:{}@127.0.0.1:1/", kToken));
  v1::Session broken = WithToken("broken-secret", good_.url(), "rotated");
  for (const v1::Session& session : {literal, pasted, user, broken}) {
    const auto created = client->Create(session);
    EXPECT_TRUE(absl::IsInvalidArgument(created.status())) << created.status();
    Hear(created.status().ToString(absl::StatusToStringMode::kWithEverything));
    for (const client::BadField& bad : client::BadFieldsOf(created.status())) Hear(bad.field + bad.description);
  }
  const CliReport create = Holter({"create", "cli", good_.url(), "--header", fmt::format("Authorization: {}", kToken)});
  EXPECT_NE(create.code, 0);
  const CliReport apply = Holter({"apply", "-f", "-"}, fmt::format("sessions:\n- name: cli\n  spec:\n    url: {}\n    "
                                                                   "headers: [{{name: Cookie, value: {}}}]\n",
                                                                   good_.url(), kToken));
  EXPECT_NE(apply.code, 0);
  scratch.Write("files/bad.yaml", fmt::format("sessions:\n- name: tenants/default/sessions/file\n  spec:\n    url: {}\n"
                                              "    headers: [{{name: Authorization, value: {}}}]\n",
                                              good_.url(), kToken));
  EXPECT_TRUE(Await([&] {
    return (daemon->process().Err() + daemon->process().Out()).find("bad.yaml") != std::string::npos;
  })) << "the broken file is not logged";
}

// The same by the calls for many.
void CanaryTest::AskForManyThatAreRefused() {
  v1::Session literal = WithToken("literal", good_.url());
  literal.mutable_spec()->mutable_headers(0)->set_value(kToken);
  const v1::Session user = WithToken("user", fmt::format("ws://user:{}@127.0.0.1:1/", kToken));
  const v1::Session wrong = WithToken("broken-secret", good_.url(), "rotated");
  v1::BatchCreateSessionsRequest batch;
  batch.set_parent("tenants/default");
  v1::ApplySessionsRequest set;
  set.set_parent("tenants/default");
  set.set_owner("owner");
  set.set_last(true);
  for (const v1::Session& session : {literal, user, wrong}) {
    v1::CreateSessionRequest& one = *batch.add_requests();
    one.set_session_id(session.name().substr(session.name().rfind('/') + 1));
    *one.mutable_session() = session;
    *set.add_sessions() = session;
  }
  grpc::ClientContext batch_context;
  v1::BatchCreateSessionsResponse created;
  HearRefusal(stub_->BatchCreateSessions(&batch_context, batch, &created));
  grpc::ClientContext set_context;
  const auto stream = stub_->ApplySessions(&set_context);
  stream->Write(set);
  v1::ApplySessionsResponse applied;
  EXPECT_FALSE(stream->Read(&applied));
  HearRefusal(stream->Finish());
  // Secrets in words that are looked for.
  grpc::ClientContext list_context;
  v1::ListSessionsRequest list;
  list.set_parent(fmt::format("tenants/{}", kToken));
  v1::ListSessionsResponse listed;
  EXPECT_EQ(stub_->ListSessions(&list_context, list, &listed).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

void CanaryTest::HearHistory() {
  v1::ListSessionEventsRequest events;
  events.set_parent("tenants/default/sessions/-");
  events.set_page_size(1000);
  v1::ListSessionEventsResponse page;
  size_t told = 0;
  do {
    grpc::ClientContext context;
    events.set_page_token(page.next_page_token());
    ASSERT_TRUE(stub_->ListSessionEvents(&context, events, &page).ok());
    told += static_cast<size_t>(page.events_size());
    Hear(page.SerializeAsString());
  } while (!page.next_page_token().empty());
  EXPECT_GT(told, 10U) << "the failures are not in the history";
  grpc::ClientContext context;
  v1::GetFleetSummaryRequest request;
  request.set_parent("tenants/-");
  v1::FleetSummary summary;
  ASSERT_TRUE(stub_->GetFleetSummary(&context, request, &summary).ok());
  Hear(summary.SerializeAsString());
  for (const char* const verb : {"summary", "export"}) EXPECT_EQ(Holter({verb}).code, 0) << verb;
  for (const char* const id : {"refusal", "frames", "bad-key", "rotated"}) {
    EXPECT_EQ(Holter({"describe", id}).code, 0);
  }
}

void CanaryTest::HearPages() {
  for (const char* const path : {"/metrics", "/livez", "/readyz", "/sd", "/", "/?q=CANARY", "/?q=health+%3D+DOWN"}) {
    const std::string page = daemon->Http(path);
    EXPECT_NE(page, "") << path;
    Hear(page);
  }
  for (const char* const id : {"refusal", "frames", "words", "rotated", "tls", "good"}) {
    const std::string page = daemon->Http("/" + NameOf(id));
    EXPECT_THAT(page, ::testing::HasSubstr(id));
    Hear(page);
    Hear(daemon->Http("/probe?target=" + NameOf(id)));
  }
}

// What peers are told and say, as it is shown to people.
void CanaryTest::HearTheWire() {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::ProbeSessionRequest probe;
  probe.set_parent("tenants/default");
  *probe.mutable_spec() = WithWords("probe", words_.url()).spec();
  probe.mutable_duration()->set_seconds(1);
  const auto probed = stub_->ProbeSession(&context, probe);
  v1::ProbeSessionResponse event;
  while (probed->Read(&event)) Hear(event.SerializeAsString());
  EXPECT_TRUE(probed->Finish().ok());
  EXPECT_EQ(event.summary().status().health(), v1::HEALTH_DOWN);
  grpc::ClientContext tap_context;
  tap_context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::TapSessionRequest tap;
  tap.set_name(NameOf("words"));
  const auto tapped = stub_->TapSession(&tap_context, tap);
  v1::TapSessionResponse frames;
  std::string words;
  while (words.find("end <secret>") == std::string::npos && tapped->Read(&frames)) {
    Hear(frames.SerializeAsString());
    for (const auto& frame : frames.frames()) words += frame.payload() + "\n";
  }
  for (const char* const word : {"<holds a secret>", "welcome <secret>", "beat <secret> <secret>", "end <secret>"}) {
    EXPECT_THAT(words, ::testing::HasSubstr(word));
  }
  tap_context.TryCancel();
  tapped->Finish();
  EXPECT_EQ(Holter({"tap", "words", "--for", "300ms"}).code, 0);
}

// Output of the command line goes to files of `scratch`, which are searched anyhow.
void CanaryTest::HearEverything() {
  const auto sessions = client->List("tenants/-");
  ASSERT_TRUE(sessions.ok());
  for (const v1::Session& session : *sessions) {
    Hear(session.SerializeAsString());
    Hear(session.DebugString());
    Hear(client->Get(session.name())->DebugString());
  }
  for (const v1::SessionChange& change : recorder_->All()) Hear(change.SerializeAsString());
  for (const char* const format : {"table", "json", "yaml"}) {
    EXPECT_EQ(Holter({"list", "-o", format}).code, 0);
    EXPECT_EQ(Holter({"get", "refusal", "-o", format}).code, 0);
    EXPECT_EQ(Holter({"watch", "--count", "50", "-o", format}).code, 0);
  }
  EXPECT_EQ(Holter({"watch", "--table", "--for", "300ms"}).code, 0);
  const std::string header = fmt::format("Authorization: Bearer {}", kToken);
  EXPECT_EQ(Holter({"ping", refusal_.url(), "--count", "1", "--header", header}).code, 1);
  EXPECT_EQ(Holter({"ping", frames_.url(), "--count", "1", "--header", header}).code, 1);
}

TEST_P(CanaryTest, NoSecretIsToldOrWritten) {
  DeclareSessionsThatFail();
  SpoilSecrets();
  AskForWhatIsRefused();
  AskForManyThatAreRefused();
  HearEverything();
  HearHistory();
  HearPages();
  HearTheWire();
  // What is looked for was really on its way.
  for (const MisbehavingPeer* peer : {&refusal_, &no_http_, &subprotocol_, &frames_, &broken_, &mute_, &good_}) {
    ASSERT_FALSE(peer->requests().empty());
    EXPECT_EQ(TokenOf(peer->requests().front()), kToken);
  }
  EXPECT_GE(tls_.connections(), 3);
  EXPECT_EQ(words_.frames().front().payload, std::string("login ") + kToken);
  std::string stored;
  for (const auto& file : std::filesystem::directory_iterator(scratch.path() + "/data")) {
    stored += ReadFile(file.path().string());
  }
  EXPECT_THAT(stored, ::testing::HasSubstr("${secret:canary/token}")) << "what is searched is not the store";
  // While the daemon runs, with the WAL as it is; and when it has ended.
  EXPECT_THAT(Leaks(), ::testing::IsEmpty());
  daemon->process().Signal(SIGTERM);
  EXPECT_TRUE(daemon->process().Wait(kPatience).has_value());
  EXPECT_THAT(Leaks(), ::testing::IsEmpty());
  // And it would have been found.
  scratch.Write("data/log", fmt::format("one {} two {}", kToken, key_line_));
  EXPECT_EQ(Leaks().size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Log, CanaryTest, ::testing::Values("text", "json"));

}  // namespace
}  // namespace holter::integration
