#include "tests/integration/world.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <regex>

namespace holter::integration {
namespace {

void RunOpenssl(const ScratchFolder& scratch, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  ChildProcess process(arguments, scratch.path());
  const auto report = process.Wait(kPatience);
  if (!report || report->code != 0) ADD_FAILURE() << arguments[1] << ": " << process.Err();
}

std::string PortOf(const std::string& json, const std::string& key) {
  std::smatch match;
  return std::regex_search(json, match, std::regex("\"" + key + "\" *: *\"([^\"]+)\"")) ? match[1].str() : "";
}

// A socket to "127.0.0.1:port".
int Connect(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval timeout{.tv_sec = kPatience.count(), .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) ADD_FAILURE() << "connect " << address;
  return fd;
}

}  // namespace

SystemTime ToTime(const google::protobuf::Timestamp& time) {
  return SystemTime(std::chrono::seconds(time.seconds()) + std::chrono::nanoseconds(time.nanos()));
}

bool Await(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

Certificates::Certificates(const ScratchFolder& scratch)
    : ca(scratch.path() + "/ca.pem"), cert(scratch.path() + "/cert.pem"), key(scratch.path() + "/key.pem") {
  const std::string ca_key = scratch.path() + "/ca-key.pem";
  const std::string request = scratch.path() + "/request.pem";
  const std::string names = scratch.Write("names.cnf", "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  RunOpenssl(scratch, {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                       "-subj", "/CN=Holter test CA", "-keyout", ca_key, "-out", ca});
  RunOpenssl(scratch, {"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=peer",
                       "-keyout", key, "-out", request});
  RunOpenssl(scratch, {"x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "1",
                       "-extfile", names, "-out", cert});
}

HeldPort::HeldPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int on = 1;
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
  EXPECT_EQ(bind(socket_, raw, size), 0);
  EXPECT_EQ(getsockname(socket_, raw, &size), 0);
  number_ = ntohs(address.sin_port);
}

HeldPort::~HeldPort() { close(socket_); }

Peer::Peer(PeerKind kind, const ScratchFolder& scratch, const Certificates* certificates)
    : kind_(kind), scratch_(scratch.path()), certificates_(certificates) {
  Start();
}

void Peer::Start() {
  const std::string folder = HOLTER_SOURCE_DIR "/tests/peers/";
  std::vector<std::string> argv;
  if (kind_ == PeerKind::kPython) {
    argv = {"/usr/bin/python3", folder + "websockets_peer.py"};  // Debian's, whatever comes first in PATH
  } else {
    argv = {"node", folder + "ws_peer.js"};
  }
  argv.insert(argv.end(), {"--port", std::to_string(port_.number())});
  if (certificates_ != nullptr) argv.insert(argv.end(), {"--cert", certificates_->cert, "--key", certificates_->key});
  process_ = std::make_unique<ChildProcess>(argv, scratch_);
  const auto listening = [&] { return process_->Out().ends_with('\n') || !process_->running(); };
  if (!Await(listening) || !process_->Out().starts_with("PORT=")) {
    ADD_FAILURE() << argv[1] << " did not start: " << process_->Err();
  }
}

void Peer::Kill() {
  process_->Signal(SIGKILL);
  EXPECT_TRUE(process_->Wait(kPatience).has_value());
}

void Peer::Restart() { Start(); }

std::string Peer::Url() const {
  return fmt::format("{}://127.0.0.1:{}/", certificates_ != nullptr ? "wss" : "ws", port_.number());
}

Daemon::Daemon(const ScratchFolder& scratch, std::vector<std::string> flags, std::vector<std::string> launcher)
    : scratch_(scratch.path()), flags_(std::move(flags)), launcher_(std::move(launcher)) {}

void Daemon::Start() {
  process_.reset();
  const std::string ports_path = scratch_ + "/ports.json";
  std::filesystem::remove(ports_path);
  std::vector<std::string> argv = launcher_;
  argv.insert(argv.end(),
              {HOLTERD_BINARY, "--grpc-listen=" + (grpc_.empty() ? "127.0.0.1:0" : grpc_), "--http-listen=127.0.0.1:0",
               "--data-dir=" + scratch_ + "/data", "--ports-file=" + ports_path});
  argv.insert(argv.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<ChildProcess>(argv, scratch_);
  const auto serving = [&] { return ReadFile(ports_path).ends_with("}\n") || !process_->running(); };
  const std::string ports = Await(serving) ? ReadFile(ports_path) : "";
  if (ports.empty()) {
    ADD_FAILURE() << "holterd did not start: " << process_->Out() << process_->Err();
    return;
  }
  grpc_ = PortOf(ports, "grpc");
  http_ = PortOf(ports, "http");
}

std::string Daemon::Http(const std::string& path) const {
  const int fd = Connect(http_);
  const std::string request = fmt::format("GET {} HTTP/1.0\r\nHost: holterd\r\n\r\n", path);  // 1.0: the body as it is
  std::string answer;
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    char buffer[65536];
    for (ssize_t got = 0; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  const size_t end_of_head = answer.find("\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.0 200")) << answer.substr(0, 200);
  return end_of_head == std::string::npos ? "" : answer.substr(end_of_head + 4);
}

ChangeRecorder::ChangeRecorder(client::Client& client)
    : watch_(client.WatchSessions("tenants/-")), thread_([this] { Record(); }) {}

ChangeRecorder::~ChangeRecorder() {
  watch_->Cancel();
  thread_.join();
}

void ChangeRecorder::Record() {
  while (true) {
    const auto event = watch_->Next();
    absl::MutexLock lock(&mutex_);
    if (!event.ok()) {
      if (!absl::IsCancelled(event.status())) failure_ = event.status();
      return;
    }
    if (event->kind == client::WatchEvent::Kind::kReset) ++resets_;
    changes_.insert(changes_.end(), event->response.changes().begin(), event->response.changes().end());
  }
}

std::vector<v1::SessionChange> ChangeRecorder::All() const {
  absl::MutexLock lock(&mutex_);
  return changes_;
}

std::vector<v1::SessionChange> ChangeRecorder::Of(const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  std::vector<v1::SessionChange> own;
  for (const v1::SessionChange& change : changes_) {
    if (change.session().name() == name) own.push_back(change);
  }
  return own;
}

v1::SessionChange ChangeRecorder::Await(const std::string& name, SystemTime since,
                                        const std::function<bool(const v1::SessionStatus&)>& wanted) const {
  v1::SessionChange found;
  const bool came = integration::Await([&] {
    for (const v1::SessionChange& change : Of(name)) {
      if (change.kind() != v1::SessionChange::KIND_TRANSITION || ToTime(change.time()) < since) continue;
      if (!wanted(change.session().status())) continue;
      found = change;
      return true;
    }
    return false;
  });
  if (!came) {
    std::string all;
    for (const v1::SessionChange& change : Of(name)) all += change.ShortDebugString() + "\n";
    ADD_FAILURE() << "a change of " << name << " did not come; these did:\n" << all << failure();
  }
  return found;
}

int ChangeRecorder::resets() const {
  absl::MutexLock lock(&mutex_);
  return resets_;
}

absl::Status ChangeRecorder::failure() const {
  absl::MutexLock lock(&mutex_);
  return failure_;
}

}  // namespace holter::integration
