// The way to one server, shared by the calls and watches of a client.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "holter/options.h"
#include "holter/v1/preset_service.grpc.pb.h"
#include "holter/v1/session_service.grpc.pb.h"

namespace holter::client {

// Constant once made.
class Connection {
 public:
  explicit Connection(const ClientOptions& options);
  Connection(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options);

  v1::SessionService::StubInterface& stub() const { return *stub_; }
  v1::PresetService::StubInterface& presets() const { return *presets_; }
  // For services that are not ours.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // To be asked before every attempt: puts the token into `context`, or says why there must be none.
  absl::Status Prepare(grpc::ClientContext& context) const;

 private:
  std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options);

  absl::Status refusal_;  // of every call
  const std::string token_file_;
  const bool plaintext_loopback_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::SessionService::StubInterface> stub_;
  const std::unique_ptr<v1::PresetService::StubInterface> presets_;
};

// A target that can only be this machine: 127.0.0.0/8, [::1], localhost, a Unix socket.
bool IsLoopbackTarget(std::string_view target);

}  // namespace holter::client
