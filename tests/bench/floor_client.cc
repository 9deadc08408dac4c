// The floor: the least that a client of WebSocket heartbeats can cost on Linux. Bare epoll, one thread, frames built in
// place, every pong matched to its ping, every RTT kept. No TLS, no reconnect, no deadline: what Holter adds is
// measured against this.
//
// usage: floor_client HOST PORT SESSIONS INTERVAL_MS WARMUP_S WINDOW_S
// Prints one JSON object: heartbeats answered, CPU and RTT within the window.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kTimer = ~uint64_t{0};
constexpr std::chrono::milliseconds kTurn{5};  // pings that are due within one turn go out together, as in holterd
constexpr size_t kPingSize = 10;               // header, mask of zeros, four bytes of sequence
constexpr size_t kPongSize = 6;

// One connection and its outstanding ping.
struct Session {
  int fd = -1;
  uint32_t sequence = 0;
  Clock::time_point sent{};
};

struct Arguments {
  std::string host;
  uint16_t port = 0;
  size_t sessions = 0;
  std::chrono::milliseconds interval{};
  std::chrono::seconds warmup{};
  std::chrono::seconds window{};
};

[[noreturn]] void Fail(const char* what) {
  perror(what);
  std::exit(1);
}

std::chrono::duration<double> CpuTime() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return std::chrono::duration<double>(seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

class FloorClient {
 public:
  explicit FloorClient(const Arguments& arguments)
      : arguments_(arguments), epoll_(epoll_create1(0)), sessions_(arguments.sessions) {}

  void OpenAll() {
    for (size_t i = 0; i < sessions_.size(); ++i) {
      sessions_[i].fd = Open();
      Watch(sessions_[i].fd, i);
    }
  }

  void Run() {
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    const timespec turn{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(kTurn).count()};
    const itimerspec every{.it_interval = turn, .it_value = turn};
    timerfd_settime(timer, 0, &every, nullptr);
    Watch(timer, kTimer);
    begin_ = Clock::now();
    const auto window_begin = begin_ + arguments_.warmup;
    const auto end = window_begin + arguments_.window;
    bool measuring = false;
    std::array<epoll_event, 512> events;
    for (auto now = begin_; now < end; now = Clock::now()) {
      if (!measuring && now >= window_begin) {
        measuring = true;
        rtts_.clear();
        cpu_ = CpuTime();
      }
      const int count = epoll_wait(epoll_, events.data(), events.size(), 100);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.u64 == kTimer) {
          uint64_t expirations = 0;
          if (read(timer, &expirations, sizeof expirations) > 0) {
            SendDue();
          }
        } else {
          Receive(sessions_[events[i].data.u64]);
        }
      }
    }
    cpu_ = CpuTime() - cpu_;
  }

  void Print() {
    std::sort(rtts_.begin(), rtts_.end());
    const auto quantile = [this](double q) {
      return rtts_.empty() ? 0.F : rtts_[static_cast<size_t>(q * (rtts_.size() - 1))];
    };
    printf(
        "{\"sessions\":%zu,\"heartbeats\":%zu,\"cpu_us_per_heartbeat\":%.3f,\"rtt_p50_us\":%.1f,\"rtt_p99_us\":%.1f,"
        "\"rtt_max_us\":%.1f}\n",
        sessions_.size(), rtts_.size(), cpu_.count() * 1e6 / static_cast<double>(std::max<size_t>(rtts_.size(), 1)),
        quantile(0.5), quantile(0.99), quantile(1));
  }

 private:
  int Open() const {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(arguments_.port);
    peer.sin_addr.s_addr = inet_addr(arguments_.host.c_str());
    if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0) {
      Fail("connect");
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    static const std::string kUpgrade =
        "GET / HTTP/1.1\r\nHost: floor\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    char answer[1024];
    if (write(fd, kUpgrade.data(), kUpgrade.size()) < 0 || read(fd, answer, sizeof answer) < 12 ||
        memcmp(answer, "HTTP/1.1 101", 12) != 0) {
      Fail("upgrade");
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
  }

  void Watch(int fd, uint64_t tag) const {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = tag}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  // Spread evenly: session i is due i/n of an interval after session 0.
  void SendDue() {
    const auto passed = Clock::now() - begin_;
    const auto due = static_cast<uint64_t>(static_cast<double>(sessions_.size()) *
                                           (passed / std::chrono::duration<double>(arguments_.interval)));
    for (; sent_ < due; ++sent_) {
      Session& session = sessions_[sent_ % sessions_.size()];
      unsigned char frame[kPingSize] = {0x89, 0x84};
      ++session.sequence;
      memcpy(frame + kPingSize - sizeof session.sequence, &session.sequence, sizeof session.sequence);
      session.sent = Clock::now();
      if (write(session.fd, frame, sizeof frame) != sizeof frame) {
        Fail("write");
      }
    }
  }

  void Receive(Session& session) {
    unsigned char data[4096];
    const ssize_t size = read(session.fd, data, sizeof data);
    if (size <= 0) {
      Fail("read");
    }
    uint32_t sequence = 0;
    memcpy(&sequence, data + 2, sizeof sequence);
    if (size == kPongSize && data[0] == 0x8A && sequence == session.sequence) {
      rtts_.push_back(std::chrono::duration<float, std::micro>(Clock::now() - session.sent).count());
    }
  }

  const Arguments arguments_;
  const int epoll_;
  std::vector<Session> sessions_;
  std::vector<float> rtts_;  // of the window, in microseconds
  std::chrono::duration<double> cpu_{};
  Clock::time_point begin_{};
  uint64_t sent_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: %s HOST PORT SESSIONS INTERVAL_MS WARMUP_S WINDOW_S\n", argv[0]);
    return 2;
  }
  FloorClient client({.host = argv[1],
                      .port = static_cast<uint16_t>(std::atoi(argv[2])),
                      .sessions = static_cast<size_t>(std::atoi(argv[3])),
                      .interval = std::chrono::milliseconds(std::atoi(argv[4])),
                      .warmup = std::chrono::seconds(std::atoi(argv[5])),
                      .window = std::chrono::seconds(std::atoi(argv[6]))});
  client.OpenAll();
  client.Run();
  client.Print();
  return 0;
}
