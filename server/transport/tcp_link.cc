#include "transport/tcp_link.h"

// The kernel's own header: glibc's struct tcp_info ends before tcpi_notsent_bytes and tcpi_min_rtt.
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <limits>

namespace holter::transport {
namespace {

constexpr uint32_t kNoSample = std::numeric_limits<uint32_t>::max();
// How long a kernel may keep an ACK back (TCP_DELACK_MAX of Linux), in the milliseconds of tcp_info.
constexpr uint32_t kLongestDelayedAck = 200;

// What was sent a moment ago is not acknowledged yet, however well the network is: it counts when the kernel has begun
// to send it again, or has waited for longer than any kernel keeps an ACK back.
bool AckOverdue(const tcp_info& info) {
  return info.tcpi_unacked > 0 && (info.tcpi_retransmits > 0 || info.tcpi_last_data_sent >= kLongestDelayedAck);
}

}  // namespace

bool IsWriteBlocked(int socket) {
  pollfd entry{.fd = socket, .events = POLLOUT, .revents = 0};
  return poll(&entry, 1, 0) == 0;
}

core::LinkState ReadLink(int socket, bool writing) {
  core::LinkState link;
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return link;
  }
  link.write_blocked = writing && IsWriteBlocked(socket);
  link.unacked_bytes = AckOverdue(info) || info.tcpi_notsent_bytes > 0;
  if (info.tcpi_rtt > 0 && info.tcpi_min_rtt != kNoSample) {
    link.tcp_rtt = core::TcpRtt{.min = std::chrono::microseconds(info.tcpi_min_rtt),
                                .smoothed = std::chrono::microseconds(info.tcpi_rtt)};
  }
  return link;
}

bool HasUnreadBytes(int socket) {
  int unread = 0;
  return ioctl(socket, FIONREAD, &unread) == 0 && unread > 0;
}

}  // namespace holter::transport
