// Clients that take more than their share: mute, slow, large, or in a hurry. Others are served all the while.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

// A connection that sends what it is told.
class RawClient {
 public:
  explicit RawClient(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval bound{.tv_sec = kPatience.count(), .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool Send(const std::string& bytes) const {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // All that comes until the server ends the connection; false: it did not within kPatience.
  bool ReadToEnd(std::string& out) const {
    char buffer[4096];
    ssize_t got = 0;
    errno = 0;
    while ((got = recv(fd_, buffer, sizeof buffer, 0)) > 0) out.append(buffer, static_cast<size_t>(got));
    return got == 0 || errno == ECONNRESET;
  }

 private:
  const int fd_;
};

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
  void ExpectOthersAreServed() {
    EXPECT_TRUE(client->List("tenants/-").ok());
    EXPECT_EQ(daemon->Http("/livez").substr(0, 2), "ok");
  }
};

// The client's preface of HTTP/2 (RFC 9113 section 3.4) with no settings.
std::string Preface() { return std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + std::string("\0\0\0\4\0\0\0\0\0", 9); }

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
  ASSERT_TRUE(hasty.Send(Preface()));
  const std::string ping("\0\0\x8\x6\0\0\0\0\0abcdefgh", 17);
  for (int i = 0; i < 100 && hasty.Send(ping); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::string answer;
  EXPECT_TRUE(hasty.ReadToEnd(answer));
  EXPECT_THAT(answer, ::testing::HasSubstr("too_many_pings"));
  ExpectOthersAreServed();
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
