#include "transport/dns_resolver.h"

#include <ares.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "transport/ares_channel.h"
#include "transport/file_version.h"

namespace holter::transport {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// c-ares wants "127.0.0.1:53" or "[::1]:53" and swallows much else.
absl::StatusOr<std::string> CheckedServer(const std::string& server) {
  const auto malformed = [&] {
    return MakeError(
        absl::StatusCode::kInvalidArgument, "INVALID_DNS_SERVER",
        fmt::format("expected the DNS server as address:port, such as 127.0.0.1:53 or [::1]:53, got \"{}\"", server),
        {{"dns_server", server}});
  };
  const size_t colon = server.rfind(':');
  if (colon == std::string::npos) {
    return malformed();
  }
  std::string host = server.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  int port = 0;
  const char* const end = server.data() + server.size();
  const auto [rest, failure] = std::from_chars(server.data() + colon + 1, end, port);
  if (error || address.is_v6() != bracketed || failure != std::errc() || rest != end || port < 1 || port > 65535) {
    return malformed();
  }
  return server;
}

// Both questions for one name, A and AAAA apart: a server that drops one of them must not hold up the other. Shared by
// the caller's handle and by c-ares, which cannot forget a single question.
class Lookup : public std::enable_shared_from_this<Lookup> {
 public:
  Lookup(asio::io_context& io, std::string host, DnsResolver::Done done)
      : io_(io), host_(std::move(host)), done_(std::move(done)), delay_(io) {}

  void Cancel() {
    done_ = nullptr;
    delay_.cancel();
  }

  void OnAnswer(int family, int status, std::vector<asio::ip::address> addresses) {
    --open_;
    if (status == ARES_SUCCESS) {
      (family == AF_INET6 ? v6_ : v4_) = std::move(addresses);
    } else if (failure_ == ARES_SUCCESS || failure_ == ARES_ENODATA) {
      failure_ = status;
    }
    if (!done_) {
      return;
    }
    if (open_ == 0) {
      // c-ares may answer from within the question.
      asio::post(io_, [self = shared_from_this()] { self->Finish(); });
    } else if (!v4_.empty() || !v6_.empty()) {
      delay_.expires_after(DnsResolver::kResolutionDelay);
      delay_.async_wait([self = shared_from_this()](error_code error) {
        if (!error) {
          self->Finish();
        }
      });
    }
  }

 private:
  void Finish() {
    const auto done = std::exchange(done_, nullptr);
    delay_.cancel();
    if (!done) {
      return;
    }
    std::vector<asio::ip::address> addresses = std::move(v6_);
    addresses.insert(addresses.end(), v4_.begin(), v4_.end());
    if (addresses.empty()) {
      const char* const text = failure_ == ARES_SUCCESS ? "no addresses" : ares_strerror(failure_);
      done(MakeError(absl::StatusCode::kUnavailable, "DNS", fmt::format("{}: {}", host_, text), {{"host", host_}}));
    } else {
      done(std::move(addresses));
    }
  }

  asio::io_context& io_;
  const std::string host_;
  DnsResolver::Done done_;
  asio::steady_timer delay_;
  int open_ = 2;
  int failure_ = ARES_SUCCESS;
  std::vector<asio::ip::address> v4_;
  std::vector<asio::ip::address> v6_;
};

class OpenQuery final : public DnsResolver::Query {
 public:
  explicit OpenQuery(std::shared_ptr<Lookup> lookup) : lookup_(std::move(lookup)) {}
  ~OpenQuery() override { lookup_->Cancel(); }

 private:
  const std::shared_ptr<Lookup> lookup_;
};

class AresResolver final : public DnsResolver {
 public:
  AresResolver(asio::io_context& io, std::string server, System system)
      : io_(io), server_(std::move(server)), system_(std::move(system)) {}

  absl::Status Open() {
    version_ = FileVersion::Of(system_.file);  // before it is read: a later change is seen
    auto channel = std::make_shared<AresChannel>(io_);
    if (absl::Status status = channel->Open(server_, system_.file, system_.port); !status.ok()) {
      return status;
    }
    if (channel_ != nullptr) {
      replaced_.push_back(std::move(channel_));
    }
    channel_ = std::move(channel);
    return absl::OkStatus();
  }

  std::unique_ptr<Query> Resolve(const std::string& host, Done done) override {
    auto lookup = std::make_shared<Lookup>(io_, host, std::move(done));
    FollowFile();
    for (const int family : {AF_INET6, AF_INET}) {
      channel_->Ask(host, family, [lookup, family](int status, std::vector<asio::ip::address> addresses) {
        lookup->OnAnswer(family, status, std::move(addresses));
      });
    }
    return std::make_unique<OpenQuery>(std::move(lookup));
  }

 private:
  // The network may write its file after we have started, and write it anew; c-ares reads it once a channel.
  void FollowFile() {
    const auto now = std::chrono::steady_clock::now();
    if (!server_.empty() || now < next_look_) {
      return;
    }
    next_look_ = now + kFilePeriod;
    std::erase_if(replaced_, [](const auto& channel) { return channel->idle(); });
    if (FileVersion::Of(system_.file) != version_) {
      Open().IgnoreError();  // the old one is better than none
    }
  }

  asio::io_context& io_;
  const std::string server_;
  const System system_;
  FileVersion version_;
  std::chrono::steady_clock::time_point next_look_{};
  std::shared_ptr<AresChannel> channel_;
  std::vector<std::shared_ptr<AresChannel>> replaced_;  // until their last question is answered
};

}  // namespace

absl::StatusOr<std::unique_ptr<DnsResolver>> DnsResolver::Create(asio::io_context& io, const std::string& server,
                                                                 const System& system) {
  if (!server.empty()) {
    if (const auto checked = CheckedServer(server); !checked.ok()) {
      return checked.status();
    }
  }
  auto resolver = std::make_unique<AresResolver>(io, server, system);
  if (absl::Status status = resolver->Open(); !status.ok()) {
    return status;
  }
  return resolver;
}

}  // namespace holter::transport
