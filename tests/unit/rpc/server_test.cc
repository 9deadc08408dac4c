#include "rpc/server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>

#include "base/error.h"
#include "tests/support/raw_client.h"
#include "tests/unit/rpc/rpc_fixture.h"

namespace holter::rpc {
namespace {

using ::testing::HasSubstr;

// Calls a unary method whose stub is not generated here.
std::pair<grpc::Status, std::string> CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                                             const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const grpc::Slice slice(request);
  const grpc::ByteBuffer sent(&slice, 1);
  grpc::ByteBuffer received;
  std::promise<grpc::Status> ended;
  stub.UnaryCall(&context, method, {}, &sent, &received, [&](grpc::Status status) { ended.set_value(status); });
  const grpc::Status status = ended.get_future().get();
  std::string text;
  std::vector<grpc::Slice> slices;
  if (status.ok() && received.Dump(&slices).ok()) {
    for (const grpc::Slice& part : slices) {
      text.append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
  }
  return {status, text};
}

// grpc.health.v1: HealthCheckRequest{service = 1}, HealthCheckResponse{status = 1}; SERVING is 1, NOT_SERVING 2.
std::string Health(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  const std::string request =
      service.empty() ? "" : "\x0a" + std::string(1, static_cast<char>(service.size())) + service;
  const auto [status, response] = CallRaw(channel, "/grpc.health.v1.Health/Check", request);
  if (!status.ok()) {
    return "error " + std::to_string(status.error_code());
  }
  return response == "\x08\x01" ? "SERVING" : response == "\x08\x02" ? "NOT_SERVING" : "other";
}

class ServerTest : public RpcFixture {};

TEST_F(ServerTest, TellsThePortItGot) {
  Serve();
  EXPECT_GT(server_->port(), 0);
  EXPECT_EQ(server_->address(), "127.0.0.1:" + std::to_string(server_->port()));
}

TEST_F(ServerTest, ASecondServerOnThePortFailsAndSaysWhere) {
  Serve();
  RpcOptions options;
  options.registry = &registry_;
  options.operations = &operations_;
  options.listen = server_->address();
  const auto second = RpcServer::Start(options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(HasReason(second.status(), "LISTEN_FAILED"));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(server_->address()));
}

TEST_F(ServerTest, AMalformedAddressFails) {
  for (const std::string listen : {"nonsense address", "127.0.0.1:99999", "203.0.113.1:0", ""}) {
    RpcOptions options;
    options.registry = &registry_;
    options.operations = &operations_;
    options.listen = listen;
    EXPECT_TRUE(HasReason(RpcServer::Start(options).status(), "LISTEN_FAILED")) << listen;
  }
}

TEST_F(ServerTest, HealthIsServed) {
  Serve();
  EXPECT_EQ(Health(channel_, ""), "SERVING");
  EXPECT_EQ(Health(channel_, "holter.v1.SessionService"), "SERVING");
  EXPECT_EQ(Health(channel_, "unknown"), "error 5");
}

TEST_F(ServerTest, HealthIsNotServingWhileItStops) {
  Serve();
  EXPECT_EQ(Health(channel_, ""), "SERVING");
  // grpc.health.v1.Health/Watch tells changes; the stream stands until the server is gone.
  grpc::GenericStub stub(channel_);
  const auto context = NewContext();
  grpc::CompletionQueue queue;
  const auto stream = stub.PrepareCall(context.get(), "/grpc.health.v1.Health/Watch", &queue);
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto read = [&]() -> std::string {
    grpc::ByteBuffer buffer;
    stream->Read(&buffer, nullptr);
    std::vector<grpc::Slice> slices;
    if (!next() || !buffer.Dump(&slices).ok() || slices.empty()) {
      return "end";
    }
    return {reinterpret_cast<const char*>(slices[0].begin()), slices[0].size()};
  };
  stream->StartCall(nullptr);
  ASSERT_TRUE(next());
  const grpc::Slice empty;
  stream->WriteLast(grpc::ByteBuffer(&empty, 1), {}, nullptr);
  ASSERT_TRUE(next());
  EXPECT_EQ(read(), "\x08\x01");
  auto stopped = std::async(std::launch::async, [this] { server_->Shutdown(std::chrono::seconds(1)); });
  EXPECT_EQ(read(), "\x08\x02");
  EXPECT_EQ(read(), "end");
  stopped.get();
  grpc::Status status;
  stream->Finish(&status, nullptr);
  next();
  queue.Shutdown();
  while (next()) {
  }
}

// ServerReflectionRequest{list_services = 7}.
bool Reflects(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  grpc::CompletionQueue queue;
  const auto stream =
      stub.PrepareCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  stream->StartCall(nullptr);
  next();
  const grpc::Slice request(std::string("\x3a\x01*"));
  stream->Write(grpc::ByteBuffer(&request, 1), nullptr);
  next();
  grpc::ByteBuffer response;
  stream->Read(&response, nullptr);
  std::string text;
  std::vector<grpc::Slice> slices;
  if (next() && response.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) {
      text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  context.TryCancel();
  grpc::Status status;
  stream->Finish(&status, nullptr);
  next();
  queue.Shutdown();
  while (next()) {
  }
  return text.find("holter.v1.SessionService") != std::string::npos;
}

TEST_F(ServerTest, ReflectionIsOffByDefault) {
  Serve();
  EXPECT_FALSE(Reflects(channel_));
}

TEST_F(ServerTest, ReflectionWhenWanted) {
  Serve({.reflection = true});
  EXPECT_TRUE(Reflects(channel_));
}

TEST_F(ServerTest, RequestsBeyondTheLimitAreRefused) {
  registry_.create = [](const v1::CreateSessionRequest& request, const auto& reply) { reply(request.session()); };
  Serve();
  v1::CreateSessionRequest request;
  v1::Session session;
  request.mutable_session()->set_group(std::string((1 << 20) - 100, 'g'));
  EXPECT_TRUE(stub_->CreateSession(NewContext().get(), request, &session).ok());
  request.mutable_session()->set_group(std::string((1 << 20) + 1, 'g'));
  EXPECT_EQ(stub_->CreateSession(NewContext().get(), request, &session).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerTest, ShutdownLetsCallsEnd) {
  std::promise<registry::SessionRegistry::Reply> asked;
  registry_.create = [&](const auto&, auto reply) { asked.set_value(std::move(reply)); };
  Serve();
  auto call = std::async(std::launch::async, [this] {
    v1::Session session;
    return stub_->CreateSession(NewContext().get(), {}, &session);
  });
  const auto reply = asked.get_future().get();
  auto stopped = std::async(std::launch::async, [this] { server_->Shutdown(kPatience); });
  reply(v1::Session());
  EXPECT_TRUE(call.get().ok());
  stopped.get();
}

TEST_F(ServerTest, ShutdownIsBoundedAlsoWhenTheRegistryDoesNotAnswer) {
  std::promise<registry::SessionRegistry::Reply> asked;
  registry_.create = [&](const auto&, auto reply) { asked.set_value(std::move(reply)); };
  Serve();
  auto call = std::async(std::launch::async, [this] {
    v1::Session session;
    return stub_->CreateSession(NewContext().get(), {}, &session);
  });
  const auto reply = asked.get_future().get();
  const auto begin = std::chrono::steady_clock::now();
  server_->Shutdown(std::chrono::milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience / 2);
  EXPECT_FALSE(call.get().ok());
  reply(v1::Session());  // too late, and harmless
}

TEST_F(ServerTest, ShutdownTwiceIsOnce) {
  Serve();
  server_->Shutdown(std::chrono::milliseconds(10));
  server_->Shutdown(std::chrono::milliseconds(10));
}

TEST_F(ServerTest, ACallWithoutAnAnswerIsEnded) {
  registry::SessionRegistry::Reply kept;
  registry_.create = [&](const v1::CreateSessionRequest&, auto reply) { kept = std::move(reply); };
  Serve({.call_timeout = std::chrono::milliseconds(50)});
  v1::Session session;
  const grpc::Status status = stub_->CreateSession(NewContext().get(), {}, &session);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonOf(status), "CALL_TIMEOUT");
  kept(v1::Session());  // too late, and no harm
  EXPECT_TRUE(operations_.Await("CreateSession DEADLINE_EXCEEDED"));
}

TEST_F(ServerTest, AConnectionWithoutACallIsClosed) {
  Serve({.max_connection_idle = std::chrono::milliseconds(50)});
  const testing::RawClient mute(server_->address());
  EXPECT_TRUE(mute.Send(testing::kHttp2Preface));
  std::string answer;
  EXPECT_TRUE(mute.ReadToEnd(answer));
  EXPECT_NE(answer, "") << "it was let in";
}

TEST_F(ServerTest, AConnectionThatIsOldIsCutOffWithWhatIsHalfSaid) {
  Serve({.max_connection_age = std::chrono::milliseconds(50)});
  for (const std::string& begun : testing::HalfSaidRequests("/holter.v1.SessionService/ListSessions")) {
    const testing::RawClient slow(server_->address());
    EXPECT_TRUE(slow.Send(testing::kHttp2Preface + begun));
    std::string answer;
    EXPECT_TRUE(slow.ReadToEnd(answer));
  }
}

}  // namespace
}  // namespace holter::rpc
