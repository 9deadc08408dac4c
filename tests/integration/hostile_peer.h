// What tests of peers that mean harm share: sessions beside theirs that must not feel them, and what holterd may cost.
//
// One loop, so that all sessions share a thread. CPU is what the kernel has charged holterd with, so a busy machine
// adds little to it; bounds are some five times what an idle one needs. Round trips do wait for a busy machine: the
// others have a second for each answer, or they would be down, and half of all answers have to come within 50 ms.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/fixture.h"
#include "tests/integration/process_meter.h"
#include "tests/support/misbehaving_peer.h"

namespace holter::integration {

inline constexpr size_t kMebibyte = size_t{1} << 20;

// Of a spec: no ping is sent, and alive is who says "beat" every ten seconds.
inline constexpr char kWatched[] = R"("protocolHeartbeat": {"mode": "MODE_OFF"},
    "watchdogs": [{"name": "feed", "when": {"text": "beat"}, "within": "10s"}])";

// Says "beat", then `count` messages at a thousand a second, then "beat", and reads until the client goes. `done` is
// set when all is said; it outlives the peer.
holter::testing::Script SaysAThousandASecond(int count, std::function<std::string(int)> message,
                                             std::atomic<bool>& done);

class HostilePeerTest : public EndToEndTest {
 protected:
  // The others are healthy when it returns.
  void SetUp() override;
  // And they still are, without having felt anything.
  void TearDown() override;

  // Comes back fast; `json` is its spec.
  void Declare(const std::string& id, const std::string& url, const std::string& json,
               const std::string& group = "hostile");
  std::vector<v1::SessionStatus> TransitionsOf(const std::string& id) const;
  // Waits until the connection has been lost so often; each time it has to be for that reason.
  void AwaitLosses(const std::string& id, int count, v1::Reason reason) const;
  // Of holterd since SetUp.
  void ExpectCost(std::chrono::milliseconds cpu, size_t bytes);

 private:
  // Of the others, over both layers.
  double Total(const std::string& metric, const std::string& label = "") const;

  const holter::testing::MisbehavingPeer other_peer_{holter::testing::scripts::EchoPongs()};
  std::unique_ptr<ChangeRecorder> recorder_;
  Usage before_;
};

}  // namespace holter::integration
