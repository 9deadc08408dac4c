// The gate of the API, over real connections.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "access/access_control.h"
#include "access/audit_log.h"
#include "tests/support/method_call.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/rpc/rpc_fixture.h"

namespace holter::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kViewerToken[] = "viewer-token-of-tests";
constexpr char kEditorToken[] = "editor-token-of-tests";
constexpr char kEverywhereToken[] = "everywhere-token-of-tests";

class AccessTest : public RpcFixture {
 protected:
  void SetUp() override {
    for (const auto& [name, token] :
         {std::pair{"viewer", kViewerToken}, {"editor", kEditorToken}, {"everywhere", kEverywhereToken}}) {
      files_.Write(name, token);
    }
    WriteAccess("viewer: viewer, editor: editor");
    control_ = *access::AccessControl::Open(files_ / "access.yaml");
    audit_ = *access::AuditLog::Open(files_ / "audit", operations_);
    registry_.get = [this](const v1::GetSessionRequest& request) -> absl::StatusOr<v1::Session> {
      ++asked_;
      v1::Session session;
      session.set_name(request.name());
      return session;
    };
    registry_.list = [this](const v1::ListSessionsRequest&) {
      ++asked_;
      return v1::ListSessionsResponse();
    };
    registry_.create = [this](const v1::CreateSessionRequest& request, const auto& reply) {
      ++asked_;
      reply(request.session());
    };
    registry_.remove = [this](const v1::DeleteSessionRequest&, const auto& reply) {
      ++asked_;
      reply(absl::OkStatus());
    };
    Serve({.access = {.control = control_.get(), .audit = audit_.get()}});
  }
  void TearDown() override {
    if (server_ == nullptr) return;
    server_->Shutdown(Duration::zero());  // nobody uses gate and log any more
    server_.reset();
  }

  // `grants`: those of the tenant "own".
  void WriteAccess(const std::string& grants) const {
    files_.Write("access.yaml", fmt::format(R"(
identities:
- {{name: viewer, tokens: [{{file: viewer}}]}}
- {{name: editor, tokens: [{{file: editor}}]}}
- {{name: everywhere, tokens: [{{file: everywhere}}]}}
tenants:
  own: {{grants: {{{}}}}}
  "*": {{grants: {{everywhere: viewer}}}}
)",
                                            grants));
  }

  static std::unique_ptr<grpc::ClientContext> ContextWith(const std::string& token) {
    auto context = NewContext();
    if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
    return context;
  }
  grpc::Status Get(grpc::ClientContext& context, const std::string& name = "tenants/own/sessions/s") const {
    v1::GetSessionRequest request;
    request.set_name(name);
    v1::Session session;
    return stub_->GetSession(&context, request, &session);
  }
  grpc::Status Get(const std::string& token, const std::string& name = "tenants/own/sessions/s") const {
    return Get(*ContextWith(token), name);
  }
  grpc::Status List(const std::string& token, const std::string& parent) const {
    v1::ListSessionsRequest request;
    request.set_parent(parent);
    v1::ListSessionsResponse response;
    return stub_->ListSessions(ContextWith(token).get(), request, &response);
  }
  grpc::Status Create(const std::string& token, const std::string& parent, const std::string& name = "") const {
    v1::CreateSessionRequest request;
    request.set_parent(parent);
    request.set_session_id("s");
    request.mutable_session()->set_name(name);
    request.mutable_session()->mutable_spec()->set_url("wss://user-typed-a-secret.example/");
    v1::Session session;
    return stub_->CreateSession(ContextWith(token).get(), request, &session);
  }
  std::unique_ptr<grpc::ClientReader<v1::WatchSessionsResponse>> Watch(grpc::ClientContext& context,
                                                                       const std::string& parent) const {
    v1::WatchSessionsRequest request;
    request.set_parent(parent);
    return stub_->WatchSessions(&context, request);
  }

  holter::testing::TemporaryDirectory files_;
  std::unique_ptr<access::AccessControl> control_;
  std::unique_ptr<access::AuditLog> audit_;
  std::atomic<int> asked_{0};  // the registry
};

TEST_F(AccessTest, NoMethodIsOpenWithoutCredentials) {
  for (const auto* const method : testing::MethodsOfTheApi()) {
    const auto call = [&](const std::string& token) {
      return testing::CallMethod(channel_, *ContextWith(token), *method, testing::RequestOf(*method));
    };
    const grpc::Status none = call("");
    EXPECT_EQ(none.error_code(), grpc::StatusCode::UNAUTHENTICATED) << method->full_name() << none.error_message();
    EXPECT_EQ(ReasonOf(none), "CREDENTIALS_MISSING") << method->full_name();
    const grpc::Status wrong = call("a-token-of-nobody");
    EXPECT_EQ(wrong.error_code(), grpc::StatusCode::UNAUTHENTICATED) << method->full_name();
    EXPECT_EQ(ReasonOf(wrong), "CREDENTIALS_INVALID") << method->full_name();
    // The request is empty: the role is judged before that is looked at.
    const grpc::Status role = call(kEditorToken);
    if (!testing::IsOfTenants(*method)) {
      EXPECT_NE(role.error_code(), grpc::StatusCode::PERMISSION_DENIED) << method->full_name();
      continue;
    }
    EXPECT_EQ(role.error_code(), grpc::StatusCode::PERMISSION_DENIED) << method->full_name();
    EXPECT_EQ(ReasonOf(role), "ROLE_MISSING") << method->full_name();
  }
  EXPECT_EQ(asked_, 0) << "somebody got through";
}

TEST_F(AccessTest, ATokenOpensWhatItsRoleOpens) {
  EXPECT_TRUE(Get(kViewerToken).ok());
  EXPECT_TRUE(List(kViewerToken, "tenants/own").ok());
  const grpc::Status create = Create(kViewerToken, "tenants/own");
  EXPECT_EQ(ReasonOf(create), "ROLE_MISSING");
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(create).metadata().at("role"), "editor");
  EXPECT_TRUE(Get(kEditorToken).ok());
  EXPECT_TRUE(Create(kEditorToken, "tenants/own").ok());
}

TEST_F(AccessTest, AnotherTenantIsClosedWhetherItExistsOrNot) {
  const grpc::Status there = Get(kEditorToken, "tenants/other/sessions/s");
  registry_.get = [](const v1::GetSessionRequest&) -> absl::StatusOr<v1::Session> {
    return absl::NotFoundError("not there");
  };
  const grpc::Status missing = Get(kEditorToken, "tenants/other/sessions/s");
  EXPECT_EQ(there.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(there.error_code(), missing.error_code());
  EXPECT_EQ(there.error_message(), missing.error_message());
  const auto metadata = [](const grpc::Status& status) {
    const auto map = DetailOf<google::rpc::ErrorInfo>(status).metadata();
    return std::map<std::string, std::string>(map.begin(), map.end());
  };
  EXPECT_EQ(metadata(there), metadata(missing));
  EXPECT_EQ(Create(kEditorToken, "tenants/other").error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(asked_, 0);
}

TEST_F(AccessTest, NoNameOfARequestIsAWayAround) {
  EXPECT_EQ(Create(kEditorToken, "tenants/own", "tenants/other/sessions/s").error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  for (const char* const name :
       {"", "tenants/own", "tenants/own/", "tenants/own/../other/sessions/s", "tenants/-/sessions/s"}) {
    const bool is_own = std::string_view(name) == "tenants/own";  // the registry says what is wrong with it
    EXPECT_EQ(Get(kEditorToken, name).ok(), is_own) << name;
  }
}

TEST_F(AccessTest, AllTenantsAreForThoseOfEveryTenant) {
  EXPECT_EQ(ReasonOf(List(kViewerToken, "tenants/-")), "ROLE_MISSING");
  EXPECT_TRUE(List(kEverywhereToken, "tenants/-").ok());
  EXPECT_TRUE(List(kEverywhereToken, "tenants/other").ok());
  EXPECT_EQ(ReasonOf(Create(kEverywhereToken, "tenants/other")), "ROLE_MISSING");
}

TEST_F(AccessTest, TheHeaderIsReadAsItIsWritten) {
  const auto with = [this](const std::vector<std::string>& headers) {
    const auto context = NewContext();
    for (const std::string& header : headers) context->AddMetadata("authorization", header);
    return Get(*context);
  };
  const std::string token = kViewerToken;
  EXPECT_TRUE(with({"bearer " + token}).ok());
  EXPECT_TRUE(with({"Bearer  " + token}).ok());
  for (const std::vector<std::string>& headers :
       std::vector<std::vector<std::string>>{{""},
                                             {"Bearer"},
                                             {"Bearer "},
                                             {token},
                                             {"Basic " + token},
                                             {"Bearer " + token + "x"},
                                             {"Bearer " + token, "Bearer a-token-of-nobody"},
                                             {"Bearer a-token-of-nobody", "Bearer " + token}}) {
    const grpc::Status status = with(headers);
    EXPECT_EQ(ReasonOf(status), "CREDENTIALS_INVALID") << headers.front();
    EXPECT_THAT(status.error_message(), Not(HasSubstr(token)));
  }
}

TEST_F(AccessTest, HealthIsOpen) {
  grpc::GenericStub stub(channel_);
  grpc::CompletionQueue queue;
  const auto context = NewContext();
  const grpc::Slice empty("");
  const grpc::ByteBuffer nothing(&empty, 1);
  const auto call = stub.PrepareUnaryCall(context.get(), "/grpc.health.v1.Health/Check", nothing, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, this);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_TRUE(status.ok()) << status.error_message();
  queue.Shutdown();
}

TEST_F(AccessTest, ReflectionIsForThoseWhoHaveARole) {
  TearDown();
  Serve({.access = {.control = control_.get(), .audit = audit_.get()}, .reflection = true});
  // ListServices, as ServerReflectionRequest has it in field 7.
  const std::string request = {0x3a, 0x01, '*'};
  const auto ask = [&](const std::string& token) {
    return testing::CallPath(channel_, *ContextWith(token),
                             "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                             testing::BytesOf(request));
  };
  EXPECT_TRUE(ask(kViewerToken).ok());
  EXPECT_EQ(ask("").error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(ask("a-token-of-nobody").error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Get(kViewerToken).ok()) << "other calls go on";
}

TEST_F(AccessTest, AWatchEndsWhenItsTokenGoes) {
  const auto context = ContextWith(kViewerToken);
  const auto watch = Watch(*context, "tenants/own");
  watch->WaitForInitialMetadata();
  const auto other = ContextWith(kEverywhereToken);
  const auto other_watch = Watch(*other, "tenants/own");
  other_watch->WaitForInitialMetadata();
  files_.Write("viewer", "the-next-viewer-token");
  ASSERT_TRUE(control_->Reload().ok());
  v1::WatchSessionsResponse response;
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(ReasonOf(watch->Finish()), "CREDENTIALS_INVALID");
  // Others go on.
  registry_.changes.Push({});
  EXPECT_TRUE(other_watch->Read(&response));
  other->TryCancel();
  EXPECT_EQ(other_watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(AccessTest, AWatchEndsWhenItsRoleGoes) {
  const auto context = ContextWith(kViewerToken);
  const auto watch = Watch(*context, "tenants/own");
  watch->WaitForInitialMetadata();
  WriteAccess("editor: editor");
  ASSERT_TRUE(control_->Reload().ok());
  v1::WatchSessionsResponse response;
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(ReasonOf(watch->Finish()), "ROLE_MISSING");
}

TEST_F(AccessTest, AStrangerHoldsNoStreamOpen) {
  const auto context = ContextWith("a-token-of-nobody");
  const auto stream = stub_->ApplySessions(context.get());
  v1::ApplySessionsResponse response;
  EXPECT_FALSE(stream->Read(&response)) << "although nothing was sent";
  EXPECT_EQ(ReasonOf(stream->Finish()), "CREDENTIALS_INVALID");
}

TEST_F(AccessTest, ASetIsJudgedAgainWhenItIsWhole) {
  std::atomic<int> applied{0};
  registry_.apply = [&](const v1::ApplySessionsRequest&, const auto& reply) {
    ++applied;
    reply(v1::ApplySessionsResponse());
  };
  v1::ApplySessionsRequest request;
  request.set_parent("tenants/own");
  const auto context = ContextWith(kEditorToken);
  const auto stream = stub_->ApplySessions(context.get());
  ASSERT_TRUE(stream->Write(request));
  EXPECT_TRUE(Get(kEditorToken).ok());  // behind it on the same connection, so that it has been seen
  WriteAccess("viewer: viewer");
  ASSERT_TRUE(control_->Reload().ok());
  request.set_last(true);
  stream->Write(request);
  v1::ApplySessionsResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(ReasonOf(stream->Finish()), "ROLE_MISSING");
  EXPECT_EQ(applied, 0);
}

TEST_F(AccessTest, ChangesAndThoseTurnedAwayAreRecorded) {
  EXPECT_TRUE(Get(kViewerToken).ok());
  EXPECT_TRUE(Create(kEditorToken, "tenants/own").ok());
  EXPECT_FALSE(Create(kViewerToken, "tenants/own").ok());
  EXPECT_FALSE(Get("a-token-of-nobody").ok());
  EXPECT_FALSE(Get(kEditorToken, "some pasted secret").ok());
  TearDown();
  audit_.reset();
  std::vector<std::string> lines;
  std::istringstream text(files_.Read("audit"));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  const auto is = [](const char* who, const char* method, const char* resource, const char* code) {
    return ::testing::AllOf(HasSubstr(fmt::format(R"("identity":"{}","peer":"ipv4:127.0.0.1:)", who)),
                            HasSubstr(fmt::format(R"("method":"{}","resources":["{}"],"code":"{}","request_id":"")",
                                                  method, resource, code)));
  };
  EXPECT_THAT(lines, ElementsAre(is("editor", "CreateSession", "tenants/own/sessions/s", "OK"),
                                 is("viewer", "CreateSession", "tenants/own/sessions/s", "PERMISSION_DENIED"),
                                 is("", "GetSession", "tenants/own/sessions/s", "UNAUTHENTICATED"),
                                 is("editor", "GetSession", "malformed", "PERMISSION_DENIED")));
  for (const char* const secret : {"secret", kViewerToken, kEditorToken, "token-of-nobody"}) {
    EXPECT_THAT(files_.Read("audit"), Not(HasSubstr(secret)));
  }
}

TEST_F(AccessTest, OfASetWhatItHasChangedIsRecorded) {
  registry_.apply = [](const v1::ApplySessionsRequest& /*request*/, const auto& reply) {
    v1::ApplySessionsResponse response;
    const auto add = [&response](const char* id, v1::ApplyResult::Action action) {
      v1::ApplyResult& result = *response.add_results();
      result.set_name(std::string("tenants/own/sessions/") + id);
      result.set_action(action);
    };
    add("same", v1::ApplyResult::ACTION_UNCHANGED);
    add("new", v1::ApplyResult::ACTION_CREATED);
    add("gone", v1::ApplyResult::ACTION_DELETED);
    reply(response);
  };
  v1::ApplySessionsRequest request;
  request.set_parent("tenants/own");
  request.add_sessions()->set_name("tenants/own/sessions/same");
  request.set_last(true);
  const auto context = ContextWith(kEditorToken);
  const auto stream = stub_->ApplySessions(context.get());
  ASSERT_TRUE(stream->Write(request));
  for (v1::ApplySessionsResponse response; stream->Read(&response);) {
  }
  EXPECT_TRUE(stream->Finish().ok());
  TearDown();
  audit_.reset();
  EXPECT_THAT(files_.Read("audit"),
              HasSubstr(R"("resources":["tenants/own/sessions/new","tenants/own/sessions/gone"])"));
}

TEST_F(AccessTest, EverySessionOfABatchIsRecorded) {
  v1::BatchCreateSessionsRequest request;
  request.set_parent("tenants/own");
  for (const char* id : {"a", "b", "a pasted secret"}) request.add_requests()->set_session_id(id);
  request.mutable_requests(1)->set_parent("tenants/own");
  v1::BatchCreateSessionsResponse response;
  stub_->BatchCreateSessions(ContextWith(kEditorToken).get(), request, &response);
  TearDown();
  audit_.reset();
  EXPECT_THAT(files_.Read("audit"),
              HasSubstr(R"("resources":["tenants/own/sessions/a","tenants/own/sessions/b","tenants/own"])"));
}

}  // namespace
}  // namespace holter::rpc
