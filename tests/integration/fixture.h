// A daemon, a client of it, and what tests ask of them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/world.h"

namespace holter::integration {

// How `holter` ended.
struct CliReport {
  int code = -1;
  std::string out;
  std::string err;
};

class EndToEndTest : public ::testing::Test {
 protected:
  // Beats of both layers, fast.
  static constexpr std::chrono::milliseconds kInterval{100};
  static constexpr std::chrono::milliseconds kTimeout{1000};

  // With the certificate authority of `certificates`, if any, under the secret test/ca.
  void StartDaemon(const Certificates* certificates = nullptr, std::vector<std::string> flags = {},
                   std::vector<std::string> launcher = {});
  // A session with both heartbeats that comes back fast; declared when it returns.
  void Declare(const std::string& id, const std::string& url, bool tls = false);

  v1::SessionStatus StatusOf(const std::string& id);
  // Waits until the session is HEALTHY and each of its heartbeats has at least `acked` answers.
  void AwaitHealthy(const std::string& id, int64_t acked = 1);
  static std::string NameOf(const std::string& id) { return "tenants/default/sessions/" + id; }
  // The largest sample of a metric, whatever its labels.
  double Largest(const std::string& metric) const;

  // Runs `holter` with --server of the daemon, if there is one.
  CliReport Holter(std::vector<std::string> arguments, const std::string& input = "");

  ScratchFolder scratch;
  std::unique_ptr<Daemon> daemon;
  std::unique_ptr<client::Client> client;
};

}  // namespace holter::integration
