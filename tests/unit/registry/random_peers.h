// Peers of a test that do what they like.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/synchronization/notification.h"
#include "base/random.h"
#include "tests/support/stepped_channel.h"

namespace holter::registry {

// The other ends of all connections: they answer, refuse and hang up at random.
class RandomPeers {
 public:
  // Dns, connect, tls, upgrade, open.
  static constexpr size_t kPhases = 5;
  using Counts = std::array<int64_t, kPhases>;

  explicit RandomPeers(uint64_t seed) : random_(seed) { network_.set_polite_at_once(true); }

  std::unique_ptr<transport::ChannelFactory> MakeFactory(boost::asio::io_context& loop) {
    loop_ = &loop;
    return network_.MakeFactory();
  }
  // Any thread but the loop's, which has done so many steps when it returns.
  void Act(int steps) {
    const size_t dials = network_.dials();
    if (dials == 0) return;
    absl::Notification done;
    boost::asio::post(*loop_, [&] {
      // Some of those that came last, which are most likely to be there.
      for (int i = 0; i < steps; ++i) Step(dials - 1 - random_() % std::min<size_t>(dials, 24));
      done.Notify();
    });
    done.WaitForNotification();
  }

  // When the loop has ended: in which phase the last connections to `urls` were let go by us.
  Counts LetGo(const std::set<std::string>& urls) {
    std::map<std::string, size_t> last;
    for (size_t i = 0; i < network_.dials(); ++i) last[network_.channel(i).url()] = i;
    Counts counts{};
    for (const std::string& url : urls) {
      const auto found = last.find(url);
      if (found != last.end() && network_.channel(found->second).farewell()) ++counts[phases_[found->second]];
    }
    return counts;
  }

 private:
  void Step(size_t number) {
    holter::testing::SteppedChannel& channel = network_.channel(number);
    if (channel.over()) return;
    size_t& phase = phases_[number];
    if (phase < kPhases - 1) {
      if (random_() % 12 == 0) return channel.Fail(core::Reason::kConnectRefused);
      channel.Phase(static_cast<core::Phase>(phase), std::chrono::microseconds(1));
      if (++phase == kPhases - 1) channel.Open();
      return;
    }
    switch (random_() % 4) {
      case 0:
        return channel.Close(1000);
      case 1:
        return channel.Reset();
      case 2:
        if (!channel.pings().empty()) channel.Pong(channel.pings().back());
        return;
      default:
        return channel.Inbound(1);
    }
  }

  holter::testing::SteppedNetwork network_;
  boost::asio::io_context* loop_ = nullptr;
  Random random_;
  std::map<size_t, size_t> phases_;  // by dial; the loop's
};

}  // namespace holter::registry
