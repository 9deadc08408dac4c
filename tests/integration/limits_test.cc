// Clients that take more than their share: mute, slow, large, or in a hurry. Others are served all the while.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <filesystem>
#include <iterator>

#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"
#include "tests/support/raw_client.h"

namespace holter::integration {
namespace {

using holter::testing::HalfSaidRequests;
using holter::testing::kHttp2Preface;
using holter::testing::RawClient;

class LimitsTest : public EndToEndTest {
 protected:
  void SetUp() override { StartDaemon(); }

  std::unique_ptr<v1::SessionService::Stub> Stub() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return v1::SessionService::NewStub(
        grpc::CreateCustomChannel(daemon->grpc(), grpc::InsecureChannelCredentials(), arguments));
  }
  static v1::ListSessionsRequest ListAll() {
    v1::ListSessionsRequest request;
    request.set_parent("tenants/-");
    return request;
  }
  // Of holterd.
  size_t OpenFiles() const {
    std::error_code gone;
    const std::filesystem::directory_iterator files(fmt::format("/proc/{}/fd", daemon->process().pid()), gone);
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }
  void ExpectOthersAreServed() {
    EXPECT_TRUE(client->List("tenants/-").ok());
    EXPECT_EQ(daemon->Http("/livez").substr(0, 2), "ok");
  }
};

TEST_F(LimitsTest, ConnectionsThatNeverSpeakGrpcAreClosed) {
  std::vector<std::unique_ptr<RawClient>> mute;
  for (int i = 0; i < 200; ++i) mute.push_back(std::make_unique<RawClient>(daemon->grpc()));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(mute[static_cast<size_t>(i)]->Send("PRI * HT"));
  ExpectOthersAreServed();
  for (const auto& one : mute) {
    std::string ignored;
    EXPECT_TRUE(one->ReadToEnd(ignored));
  }
  ExpectOthersAreServed();
}

TEST_F(LimitsTest, PingsInAHurryEndTheConnection) {
  const RawClient hasty(daemon->grpc());
  ASSERT_TRUE(hasty.Send(kHttp2Preface));
  const std::string ping("\0\0\x8\x6\0\0\0\0\0abcdefgh", 17);
  for (int i = 0; i < 100 && hasty.Send(ping); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::string answer;
  EXPECT_TRUE(hasty.ReadToEnd(answer));
  EXPECT_THAT(answer, ::testing::HasSubstr("too_many_pings"));
  ExpectOthersAreServed();
}

// They speak HTTP/2, so that they are let in, and then leave a request half said: in its head, before its message, in
// its message.
TEST_F(LimitsTest, RequestsThatNeverEndKeepNobodyOutAndGoWithTheirConnection) {
  ExpectOthersAreServed();  // the connection of the client stands
  const size_t before = OpenFiles();
  const std::vector<std::string> begun = HalfSaidRequests("/holter.v1.SessionService/ListSessions");
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(std::make_unique<RawClient>(daemon->grpc()));
    EXPECT_TRUE(slow.back()->Send(kHttp2Preface + begun[static_cast<size_t>(i) % begun.size()]));
  }
  // A few that others have just closed may have been counted before.
  const size_t let_in = before + slow.size() - 10;
  EXPECT_TRUE(Await([&] { return OpenFiles() >= let_in; })) << OpenFiles() << " files, " << before << " before";
  for (int i = 0; i < 10; ++i) ExpectOthersAreServed();
  EXPECT_GE(OpenFiles(), let_in) << "they were turned out, and nothing was tried";
  slow.clear();
  EXPECT_TRUE(Await([&] { return OpenFiles() <= before; })) << OpenFiles() << " files, " << before << " before";
  ExpectOthersAreServed();
}

TEST_F(LimitsTest, RequestsThatNeverEndGoWhenTheirConnectionIsOld) {
  StartDaemon(nullptr, {"--grpc-max-connection-age=1s"});
  std::vector<std::unique_ptr<RawClient>> slow;
  for (const std::string& begun : HalfSaidRequests("/holter.v1.SessionService/ListSessions")) {
    slow.push_back(std::make_unique<RawClient>(daemon->grpc()));
    EXPECT_TRUE(slow.back()->Send(kHttp2Preface + begun));
  }
  for (const auto& one : slow) {
    std::string ignored;
    EXPECT_TRUE(one->ReadToEnd(ignored));
  }
  ExpectOthersAreServed();
}

TEST_F(LimitsTest, AWatchOutlivesItsConnection) {
  StartDaemon(nullptr, {"--grpc-max-connection-age=1s"});
  const auto watch = client->WatchSessions("tenants/default", {});
  const auto read_until = [&](const std::function<bool(const client::WatchEvent&)>& is_it) {
    for (auto event = watch->Next(); event.ok(); event = watch->Next()) {
      EXPECT_NE(event->kind, client::WatchEvent::Kind::kReset);
      if (is_it(*event)) return true;
    }
    return false;
  };
  EXPECT_TRUE(read_until([](const auto& event) { return event.kind == client::WatchEvent::Kind::kInterrupted; }));
  v1::Session session;
  session.set_name(NameOf("a"));
  session.set_paused(true);
  session.mutable_spec()->set_url("ws://127.0.0.1:1/");
  ASSERT_TRUE(client->Create(session).ok());
  EXPECT_TRUE(read_until([](const auto& event) {
    return event.response.changes_size() > 0 && event.response.changes(0).session().name() == NameOf("a");
  }));
}

TEST_F(LimitsTest, OneMessageOfASetIsNoLargerThanAnother) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const auto stub = Stub();
  const auto stream = stub->ApplySessions(&context);
  v1::ApplySessionsRequest message;
  message.set_parent("tenants/default");
  message.set_owner("owner");
  v1::Session& session = *message.add_sessions();
  session.set_name(NameOf("a"));
  session.mutable_spec()->set_url("ws://127.0.0.1:1/" + std::string(size_t{2} << 20, 'x'));
  message.set_last(true);
  stream->Write(message);
  v1::ApplySessionsResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  ExpectOthersAreServed();
  EXPECT_TRUE(client->List("tenants/-")->empty());
}

TEST_F(LimitsTest, RequestsBeyondTheLimitAreRefused) {
  grpc::ClientContext context;
  v1::ListSessionsRequest request = ListAll();
  request.set_filter(std::string(size_t{2} << 20, 'x'));
  v1::ListSessionsResponse response;
  EXPECT_EQ(Stub()->ListSessions(&context, request, &response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  grpc::ClientContext wordy;
  wordy.AddMetadata("x-words", std::string(size_t{64} << 10, 'x'));
  EXPECT_EQ(Stub()->ListSessions(&wordy, ListAll(), &response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  ExpectOthersAreServed();
}

TEST_F(LimitsTest, SlowHttpClientsDoNotKeepOthersOut) {
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(std::make_unique<RawClient>(daemon->http()));
    const std::string begun = i % 3 == 0 ? "" : i % 3 == 1 ? "GET /me" : "GET /livez HTTP/1.1\r\nX-Drip: ";
    EXPECT_TRUE(slow.back()->Send(begun));
  }
  ExpectOthersAreServed();
  EXPECT_THAT(daemon->Http("/metrics"), ::testing::HasSubstr("holter_build_info"));
  for (const auto& one : slow) {
    std::string ignored;
    EXPECT_TRUE(one->ReadToEnd(ignored));
  }
}

TEST_F(LimitsTest, LargeHttpRequestsAreRefused) {
  const RawClient wordy(daemon->http());
  EXPECT_TRUE(wordy.Send("GET / HTTP/1.1\r\nHost: a\r\nX-Words: " + std::string(size_t{16} << 10, 'x') + "\r\n\r\n"));
  std::string answer;
  EXPECT_TRUE(wordy.ReadToEnd(answer));
  EXPECT_THAT(answer, ::testing::StartsWith("HTTP/1.1 431"));
  const RawClient loaded(daemon->http());
  EXPECT_TRUE(loaded.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n"));
  answer.clear();
  EXPECT_TRUE(loaded.ReadToEnd(answer));
  EXPECT_THAT(answer, ::testing::StartsWith("HTTP/1.1 413"));
  ExpectOthersAreServed();
}

}  // namespace
}  // namespace holter::integration
