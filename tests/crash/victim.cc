#include "tests/crash/victim.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <thread>

namespace holter::crash {
namespace {

// Of {"grpc":"127.0.0.1:1234","http":…}.
std::string AddressOf(const std::string& ports) {
  const std::string key = "\"grpc\":\"";
  const size_t begin = ports.find(key) + key.size();
  return ports.substr(begin, ports.find('"', begin) - begin);
}

}  // namespace

void Victim::Launch() {
  process_.reset();
  std::filesystem::remove(scratch_ + "/ports.json");
  launched_ = std::chrono::system_clock::now();
  process_ = std::make_unique<integration::ChildProcess>(
      std::vector<std::string>{HOLTERD_BINARY, "--grpc-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0",
                               "--data-dir=" + scratch_ + "/data", "--ports-file=" + scratch_ + "/ports.json"},
      scratch_);
}

bool Victim::AwaitServing() {
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  std::string ports;
  while (!ports.ends_with("}\n")) {
    if (!process_->running() || std::chrono::steady_clock::now() > give_up) {
      ADD_FAILURE() << "holterd does not start: " << Words();
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    ports = integration::ReadFile(scratch_ + "/ports.json");
  }
  address_ = AddressOf(ports);
  return true;
}

void Victim::Kill() {
  process_->Signal(SIGKILL);
  EXPECT_TRUE(process_->Wait(kPatience).has_value());
}

std::unique_ptr<v1::SessionService::Stub> Victim::Connect() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return v1::SessionService::NewStub(
      grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments));
}

}  // namespace holter::crash
