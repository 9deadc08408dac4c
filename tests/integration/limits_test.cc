// Clients that take more than their share: mute, slow, large, or in a hurry. Others are served all the while.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>

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

// A frame of HTTP/2 (RFC 9113 section 4.1) that says it has `size` bytes.
std::string FrameHead(uint32_t size, char type, char flags, char stream) {
  return {static_cast<char>(size >> 16),
          static_cast<char>(size >> 8),
          static_cast<char>(size),
          type,
          flags,
          0,
          0,
          0,
          stream};
}

// They speak HTTP/2, so that they are let in, and then leave a request half said: in its head, before its message, in
// its message.
TEST_F(LimitsTest, RequestsThatNeverEndKeepNobodyOutAndGoWithTheirConnection) {
  ExpectOthersAreServed();  // the connection of the client stands
  const size_t before = OpenFiles();
  // :method POST, :scheme http, and by name :path, :authority, content-type and te.
  std::string head = "\x83\x86";
  const auto field = [&](const std::string& name, const std::string& value) {
    head += std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
  };
  field(":path", "/holter.v1.SessionService/ListSessions");
  field(":authority", "a");
  field("content-type", "application/grpc");
  field("te", "trailers");
  constexpr char headers = 1;
  constexpr char data = 0;
  constexpr char end_headers = 4;
  const std::string whole_head = FrameHead(static_cast<uint32_t>(head.size()), headers, end_headers, 1) + head;
  const std::string begun[] = {FrameHead(100, headers, end_headers, 1) + head.substr(0, 20), whole_head,
                               whole_head + FrameHead(100, data, 0, 1) + std::string("\0\0\0\0\x5f", 5) + "half"};
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(std::make_unique<RawClient>(daemon->grpc()));
    EXPECT_TRUE(slow.back()->Send(Preface() + begun[i % 3]));
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
