// What a caller declares wrongly is refused with its reason and its field, and leaves nothing behind: not in the store,
// not in the lists, not in the room that sessions take.
#include <grpcpp/grpcpp.h>

#include <google/protobuf/util/json_util.h>
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "holter/status.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kUrl[] = "ws://127.0.0.1:1/";

v1::CreateSessionRequest GoodRequest(const std::string& id) {
  v1::CreateSessionRequest request;
  request.set_parent("tenants/default");
  request.set_session_id(id);
  request.mutable_session()->mutable_spec()->set_url(kUrl);
  return request;
}

// The answer of the server, as it came over the wire.
struct Answer {
  grpc::Status status;
  google::rpc::Status details;

  template <typename Detail>
  Detail Find() const {
    Detail found;
    for (const google::protobuf::Any& detail : details.details()) {
      if (detail.UnpackTo(&found)) return found;
    }
    ADD_FAILURE() << "no " << Detail::descriptor()->full_name() << " in " << details.DebugString();
    return {};
  }
};

class BadInputTest : public EndToEndTest {
 protected:
  void Serve(std::vector<std::string> launcher = {}) {
    scratch.Write("secrets/test/broken", "first\r\nX-Second: header");
    StartDaemon(nullptr, {"--secrets-dir=" + scratch.path() + "/secrets"}, std::move(launcher));
    stub_ = v1::SessionService::NewStub(grpc::CreateChannel(daemon->grpc(), grpc::InsecureChannelCredentials()));
  }

  Answer Create(const v1::CreateSessionRequest& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    v1::Session session;
    Answer answer{.status = stub_->CreateSession(&context, request, &session), .details = {}};
    EXPECT_TRUE(answer.details.ParseFromString(answer.status.error_details()));
    return answer;
  }

  static void ExpectReason(const Answer& answer, grpc::StatusCode code, const std::string& reason) {
    EXPECT_EQ(answer.status.error_code(), code) << answer.status.error_message();
    EXPECT_EQ(answer.details.code(), static_cast<int>(code));
    EXPECT_EQ(answer.details.message(), answer.status.error_message());
    const auto info = answer.Find<google::rpc::ErrorInfo>();
    EXPECT_EQ(info.domain(), "holter.v1");
    EXPECT_EQ(info.reason(), reason);
  }

  static void ExpectField(const Answer& answer, const std::string& field) {
    ExpectReason(answer, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
    const auto bad = answer.Find<google::rpc::BadRequest>();
    ASSERT_EQ(bad.field_violations_size(), 1) << bad.DebugString();
    EXPECT_EQ(bad.field_violations(0).field(), field);
    EXPECT_NE(bad.field_violations(0).description(), "");
  }

  // Whatever looks at the sessions sees this many, also after a restart.
  void ExpectSessions(size_t count) {
    EXPECT_EQ(client->List("tenants/-")->size(), count);
    EXPECT_EQ(Largest("holter_capacity_sessions_used"), static_cast<double>(count));
    daemon->process().Signal(SIGTERM);
    ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
    daemon->Start();
    EXPECT_TRUE(Await([&] { return client->List("tenants/-").ok(); }));
    EXPECT_EQ(client->List("tenants/-")->size(), count) << "after a restart";
    EXPECT_EQ(Largest("holter_capacity_sessions_used"), static_cast<double>(count)) << "after a restart";
  }

 private:
  std::unique_ptr<v1::SessionService::Stub> stub_;
};

// What a request says, over that of a good one, as JSON; and the field that is named for it.
struct BadCreate {
  const char* field;
  const char* json;
};

constexpr char kUrlField[] = "session.spec.url";
constexpr char kHeaderName[] = "session.spec.headers[0].name";
constexpr char kHeaderValue[] = "session.spec.headers[0].value";

#define URL(text) R"({"session": {"spec": {"url": ")" text R"("}}})"
#define SPEC(text) R"({"session": {"spec": {)" text R"(}}})"
#define HEADER(name, value) SPEC(R"("headers": [{"name": ")" name R"(", "value": ")" value R"("}])")
#define BEAT(text) SPEC(R"("beats": [{"name": "op-ping", "send": {"text": "ping"}, )" text "}]")

constexpr BadCreate kBadCreates[] = {
    {kUrlField, URL("ws://")},
    {kUrlField, URL("ws://127.0.0.1:99999/")},
    {kUrlField, URL("ws://127.0.0.1:1/\\r\\nX-Second: header")},
    {kUrlField, URL("ws://user:password@127.0.0.1:1/")},
    {kUrlField, URL("http://127.0.0.1:1/")},
    {kUrlField, URL("127.0.0.1:1")},
    {kHeaderValue, HEADER("X-First", "one\\rX-Second: header")},
    {kHeaderValue, HEADER("X-First", "one\\r\\nX-Second: header")},
    {kHeaderValue, HEADER("X-First", "one\\u0000")},
    {kHeaderName, HEADER("X-First: one\\r\\nX-Second", "header")},
    {kHeaderName, HEADER("Host", "elsewhere")},
    {kHeaderValue, HEADER("Authorization", "Bearer literal")},
    {kHeaderValue, HEADER("authorization", "Bearer literal")},
    {kHeaderValue, HEADER("Cookie", "a=b")},
    {kHeaderValue, HEADER("Authorization", "${secret:no/such}")},
    {kHeaderValue, HEADER("Authorization", "${secret:test/broken}")},
    {kHeaderValue, HEADER("Authorization", "${secret:../passwd}")},
    {"session.spec.tls.ca_secret", SPEC(R"("url": "wss://127.0.0.1:1/", "tls": {"caSecret": "no/such"})")},
    {"session.spec.protocol_heartbeat.interval", SPEC(R"("protocolHeartbeat": {"interval": "0s"})")},
    {"session.spec.protocol_heartbeat.interval", SPEC(R"("protocolHeartbeat": {"interval": "20"})")},
    {"session.spec.protocol_heartbeat.interval", SPEC(R"("protocolHeartbeat": {"interval": "-20s"})")},
    {"session.spec.protocol_heartbeat.timeout", SPEC(R"("protocolHeartbeat": {"timeout": "9ms"})")},
    {"session.spec.beats[0].interval", BEAT(R"("interval": "0s")")},
    {"session.spec.beats[0].timeout", BEAT(R"("timeout": "9ms")")},
    {"session.spec.timeouts.connect", SPEC(R"("timeouts": {"connect": "9ms"})")},
    {"session.spec.beats[0].expect.regex", BEAT(R"("expect": {"regex": "(unclosed"})")},
    {"session.spec.beats[0].expect.json[0].pointer", BEAT(R"("expect": {"json": [{"pointer": "op", "equals": 1}]})")},
    {"session.spec.beats[0].expect.json[0].pointer", BEAT(R"("expect": {"json": [{"pointer": "/~2", "equals": 1}]})")},
    {"session.name", R"({"session": {"name": "tenants/t/sessions/s"}})"},
    {"session.group", R"({"session": {"group": "a b"}})"},
    {"session_id", R"({"sessionId": "Not A Name"})"},
};

#undef BEAT
#undef HEADER
#undef SPEC
#undef URL

TEST_F(BadInputTest, EveryBadFieldIsNamedAndNothingIsStored) {
  Serve();
  for (const BadCreate& bad : kBadCreates) {
    SCOPED_TRACE(bad.json);
    v1::CreateSessionRequest spoiled;
    const auto parsed = google::protobuf::util::JsonStringToMessage(bad.json, &spoiled);
    ASSERT_TRUE(parsed.ok()) << parsed.ToString();
    v1::CreateSessionRequest request = GoodRequest("feed");
    request.MergeFrom(spoiled);
    ExpectField(Create(request), bad.field);
  }
  ExpectSessions(0);
}

TEST_F(BadInputTest, SeveralBadFieldsAreNamedAtOnce) {
  Serve();
  v1::CreateSessionRequest request = GoodRequest("feed");
  request.mutable_session()->mutable_spec()->set_url("http://127.0.0.1:1/");
  request.mutable_session()->mutable_spec()->mutable_protocol_heartbeat()->set_interval("0s");
  const Answer answer = Create(request);
  ExpectReason(answer, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
  EXPECT_EQ(answer.Find<google::rpc::BadRequest>().field_violations_size(), 2);
}

TEST_F(BadInputTest, ANameThatIsTakenLeavesTheFirstSessionAsItIs) {
  Serve();
  EXPECT_TRUE(Create(GoodRequest("feed")).status.ok());
  const std::string etag = client->Get(NameOf("feed"))->etag();
  v1::CreateSessionRequest request = GoodRequest("feed");
  request.mutable_session()->mutable_spec()->set_url("ws://127.0.0.1:2/");
  const Answer answer = Create(request);
  ExpectReason(answer, grpc::StatusCode::ALREADY_EXISTS, "SESSION_EXISTS");
  EXPECT_EQ(answer.Find<google::rpc::ResourceInfo>().resource_name(), NameOf("feed"));
  EXPECT_EQ(client->Get(NameOf("feed"))->etag(), etag);
  ExpectSessions(1);
  EXPECT_EQ(client->Get(NameOf("feed"))->spec().url(), kUrl);
}

TEST_F(BadInputTest, ABadUpdateLeavesTheSessionAsItIs) {
  Serve();
  EXPECT_TRUE(Create(GoodRequest("feed")).status.ok());
  v1::Session session = *client->Get(NameOf("feed"));
  const std::string etag = session.etag();
  session.mutable_spec()->set_url("ws://127.0.0.1:2/");
  session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("0s");
  const auto updated = client->Update(session, {"spec"});
  EXPECT_TRUE(absl::IsInvalidArgument(updated.status())) << updated.status();
  ASSERT_EQ(client::BadFieldsOf(updated.status()).size(), 1u) << updated.status();
  EXPECT_EQ(client::BadFieldsOf(updated.status())[0].field, "session.spec.protocol_heartbeat.interval");
  EXPECT_EQ(client->Get(NameOf("feed"))->etag(), etag);
  ExpectSessions(1);
  EXPECT_EQ(client->Get(NameOf("feed"))->spec().url(), kUrl);
}

// The limit of open files less those that are kept for everything else leaves room for three.
TEST_F(BadInputTest, MoreSessionsThanFilesAreRefusedAndSayHowManyFit) {
  Serve({"prlimit", "--nofile=259:259"});
  for (const char* id : {"feed-1", "feed-2", "feed-3"}) EXPECT_TRUE(Create(GoodRequest(id)).status.ok()) << id;
  const Answer answer = Create(GoodRequest("feed-4"));
  ExpectReason(answer, grpc::StatusCode::RESOURCE_EXHAUSTED, "OPEN_FILES_EXHAUSTED");
  const auto metadata = answer.Find<google::rpc::ErrorInfo>().metadata();
  EXPECT_EQ(metadata.at("limit"), "3");
  EXPECT_EQ(metadata.at("used"), "3");
  EXPECT_EQ(metadata.at("free"), "0");
  EXPECT_EQ(answer.Find<google::rpc::QuotaFailure>().violations_size(), 1);
  ExpectSessions(3);
  ASSERT_TRUE(client->Delete(NameOf("feed-1")).ok());
  // The loop gives the room back, a moment after the deletion is answered.
  EXPECT_TRUE(Await([&] { return Create(GoodRequest("feed-4")).status.ok(); }))
      << "what a deletion gives back can be taken again";
}

TEST_F(BadInputTest, AFileWithOneUnknownFieldDeclaresNothing) {
  Serve();
  const CliReport report = Holter({"apply", "-f", "-"},
                                  "sessions:\n"
                                  "- {name: good, spec: {url: \"ws://127.0.0.1:1/\"}}\n"
                                  "- name: bad\n"
                                  "  spec:\n"
                                  "    url: ws://127.0.0.1:1/\n"
                                  "    beats: [{name: b, intervall: 20s, send: {text: x}}]\n");
  EXPECT_EQ(report.code, 2) << report.out;
  EXPECT_EQ(report.out, "");
  EXPECT_THAT(report.err, HasSubstr("standard input:6"));
  EXPECT_THAT(report.err, HasSubstr("sessions[1].spec.beats[0].intervall"));
  ExpectSessions(0);
}

TEST_F(BadInputTest, RefusalsDoNotRepeatWhatMayBeACredential) {
  Serve();
  for (const char* name : {"Authorization", "Cookie", "Proxy-Authorization"}) {
    v1::CreateSessionRequest request = GoodRequest("feed");
    v1::Header& header = *request.mutable_session()->mutable_spec()->add_headers();
    header.set_name(name);
    header.set_value("hunter2");
    const Answer answer = Create(request);
    ExpectField(answer, "session.spec.headers[0].value");
    EXPECT_THAT(answer.status.error_message() + answer.details.DebugString(), Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace holter::integration
