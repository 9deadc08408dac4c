// Probes and taps: streams that answer for a while.
#include "holter/response_stream.h"

#include <gmock/gmock.h>

#include <thread>

#include "holter/client.h"
#include "tests/unit/client/fake_service.h"

namespace holter::client {
namespace {

constexpr char kName[] = "tenants/default/sessions/feed-1";

class ResponseStreamTest : public ::testing::Test {
 protected:
  FakeServer server;
  Client client{ClientOptions{.server = server.address}};
};

TEST_F(ResponseStreamTest, AnswersInOrderThenNothing) {
  server.service.probe.Add([](const v1::ProbeSessionRequest& request, grpc::ServerContext*,
                              grpc::ServerWriter<v1::ProbeSessionResponse>* writer) {
    EXPECT_EQ(request.parent(), "tenants/default");
    EXPECT_EQ(request.spec().url(), "ws://h/");
    EXPECT_EQ(request.duration().seconds(), 2);
    for (const char* phase : {"dns", "connect"}) {
      v1::ProbeSessionResponse response;
      response.mutable_phase()->set_phase(phase);
      writer->Write(response);
    }
    return grpc::Status::OK;
  });
  v1::SessionSpec spec;
  spec.set_url("ws://h/");
  const auto probe = client.ProbeSession("tenants/default", spec, std::chrono::seconds(2));
  for (const char* phase : {"dns", "connect"}) {
    const auto response = probe->Next();
    ASSERT_TRUE(response.ok()) << response.status();
    ASSERT_TRUE(response->has_value());
    EXPECT_EQ((*response)->phase().phase(), phase);
  }
  for (int i = 0; i < 2; ++i) {
    const auto end = probe->Next();
    ASSERT_TRUE(end.ok()) << end.status();
    EXPECT_FALSE(end->has_value());
  }
}

TEST_F(ResponseStreamTest, AnErrorIsFinal) {
  server.service.tap.Add([](const v1::TapSessionRequest& request, grpc::ServerContext*,
                            grpc::ServerWriter<v1::TapSessionResponse>* writer) {
    EXPECT_EQ(request.name(), kName);
    EXPECT_EQ(request.max_recent(), -1);
    writer->Write({});
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
  });
  const auto tap = client.TapSession(kName, -1);
  EXPECT_TRUE(tap->Next().ok());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(absl::IsUnavailable(tap->Next().status()));
  EXPECT_EQ(server.service.tap.calls(), 1);
}

TEST_F(ResponseStreamTest, CancelEndsANextThatBlocksAndOneToCome) {
  server.service.tap.Add(
      [](const auto&, grpc::ServerContext* context, auto* writer) {
        writer->Write({});
        while (!context->IsCancelled()) std::this_thread::yield();
        return grpc::Status::CANCELLED;
      },
      2);
  const auto tap = client.TapSession(kName);
  ASSERT_TRUE(tap->Next().ok());
  std::thread other([&] { tap->Cancel(); });
  EXPECT_TRUE(absl::IsCancelled(tap->Next().status()));
  other.join();
  const auto early = client.TapSession(kName);
  early->Cancel();
  EXPECT_TRUE(absl::IsCancelled(early->Next().status()));
  const auto left = client.TapSession(kName);
  ASSERT_TRUE(left->Next().ok());  // and its destructor ends it
}

TEST_F(ResponseStreamTest, NothingIsSentThatMustNotBe) {
  Client careful(ClientOptions{.server = "192.0.2.1:1", .token_file = "/nonexistent"});
  EXPECT_TRUE(absl::IsFailedPrecondition(careful.TapSession(kName)->Next().status()));
}

}  // namespace
}  // namespace holter::client
