// The holterd that is killed and started again over one data directory.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "holter/v1/session_service.grpc.pb.h"
#include "tests/crash/owned_set.h"
#include "tests/integration/child_process.h"

namespace holter::crash {

inline constexpr std::chrono::seconds kPatience{30};

class Victim {
 public:
  explicit Victim(const std::string& scratch) : scratch_(scratch) {}

  // Returns at once.
  void Launch();
  // Waits until it answers calls; false, and a failure of the test, when it ended instead.
  bool AwaitServing();
  // SIGKILL; returns when it is gone.
  void Kill();

  // Just before it was launched last.
  SystemTime launched() const { return launched_; }

  // A stub on a channel of its own.
  std::unique_ptr<v1::SessionService::Stub> Connect() const;
  std::string Words() const { return process_->Out() + process_->Err(); }

 private:
  const std::string scratch_;
  std::string address_;
  SystemTime launched_;
  std::unique_ptr<integration::ChildProcess> process_;
};

}  // namespace holter::crash
