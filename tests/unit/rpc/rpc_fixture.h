// A real gRPC server on a port of the kernel's choice over a registry that does what the test says.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "rpc/server.h"
#include "tests/support/fake_registry.h"

namespace holter::rpc {

// How long a test waits for what has to come. Long enough for sanitizers on a busy machine.
inline constexpr std::chrono::seconds kPatience{20};

// Remembers what it is told. Thread-safe.
class RecordingOperations final : public OperationObserver {
 public:
  void OnStoreCommit(Duration /*took*/, size_t /*changes*/, bool /*ok*/) override {}
  void OnRpc(std::string_view method, std::string_view code, Duration took) override {
    EXPECT_GE(took, Duration::zero());
    Add(std::string(method) + " " + std::string(code));
  }
  void OnLoopLag(int /*loop*/, Duration /*lag*/) override {}
  void OnException(std::string_view room) override { Add("exception in " + std::string(room)); }

  // False when `line` has not come in time.
  bool Await(const std::string& line) { return AwaitOneOf({line}); }
  bool AwaitOneOf(const std::vector<std::string>& lines) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] {
      return std::find_first_of(lines_.begin(), lines_.end(), lines.begin(), lines.end()) != lines_.end();
    });
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  void Add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

// The detail of type `Detail` of an error; the test fails when there is none.
template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  google::rpc::Status wire;
  EXPECT_TRUE(wire.ParseFromString(status.error_details()));
  EXPECT_EQ(wire.code(), static_cast<int>(status.error_code()));
  EXPECT_EQ(wire.message(), status.error_message());
  Detail detail;
  for (const auto& any : wire.details()) {
    if (any.UnpackTo(&detail)) {
      return detail;
    }
  }
  ADD_FAILURE() << "no " << Detail::descriptor()->full_name() << " in " << wire.DebugString();
  return detail;
}

inline std::string ReasonOf(const grpc::Status& status) {
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.domain(), "holter.v1");
  return info.reason();
}

class RpcFixture : public ::testing::Test {
 protected:
  ~RpcFixture() override {
    if (server_ != nullptr) {
      server_->Shutdown(Duration::zero());
    }
    EXPECT_EQ(registry_.changes.readers(), 0) << "a watch is left over";
  }

  // Call first.
  void Serve(RpcOptions options = {}) {
    options.registry = &registry_;
    options.operations = &operations_;
    options.listen = "127.0.0.1:0";
    auto server = RpcServer::Start(options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = NewChannel();
    stub_ = v1::SessionService::NewStub(channel_);
  }

  // A connection of its own.
  std::shared_ptr<grpc::Channel> NewChannel(grpc::ChannelArguments arguments = {}) const {
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server_->address(), grpc::InsecureChannelCredentials(), arguments);
  }

  // A context that does not wait for ever.
  static std::unique_ptr<grpc::ClientContext> NewContext() {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + kPatience);
    return context;
  }

  testing::FakeRegistry registry_;
  RecordingOperations operations_;
  std::unique_ptr<RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::SessionService::Stub> stub_;
};

}  // namespace holter::rpc
