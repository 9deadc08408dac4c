// The client library of Holter's control plane: declares sessions and asks how they are.
//
//   holter::client::Client client({.server = "127.0.0.1:7600"});
//   absl::StatusOr<holter::v1::Session> session = client.Get("tenants/default/sessions/feed-1");
//
// It knows the protos, gRPC and Abseil, and nothing of the daemon.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/lib/retry.h"
#include "client/lib/watch.h"
#include "holter/v1/session.pb.h"
#include "holter/v1/session_service.pb.h"

namespace grpc {
class Channel;
class ChannelCredentials;
}  // namespace grpc

namespace holter::client {

struct ClientOptions {
  std::string server = "127.0.0.1:7600";  // a gRPC target
  // Of one call, its retries included. List counts every page as one call. A watch has none.
  std::chrono::nanoseconds deadline = std::chrono::seconds(10);
  // Of reads (Get, List) while the server is UNAVAILABLE; changes are never sent twice.
  RetryOptions retry{};
  std::shared_ptr<grpc::ChannelCredentials> credentials{};  // null: plaintext
};

// Errors are absl::Status with the server's code; status.h tells the reason and the fields. Every method may be called
// from any thread and blocks until the answer or the deadline.
class Client {
 public:
  // Does not connect yet.
  explicit Client(const ClientOptions& options);
  // Over a channel that exists already.
  Client(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // `session.name` says which.
  absl::StatusOr<v1::Session> Create(const v1::Session& session);
  absl::StatusOr<v1::Session> Get(const std::string& name);
  // All pages. `parent` is `tenants/{tenant}`, or `tenants/-` for all.
  absl::StatusOr<std::vector<v1::Session>> List(const std::string& parent);
  // Replaces the fields named by `paths` ("labels", "group", "spec", "spec.url", …); no paths: every field that is set.
  absl::StatusOr<v1::Session> Update(const v1::Session& session, const std::vector<std::string>& paths);
  absl::Status Delete(const std::string& name);

  // The watch may outlive the client.
  std::unique_ptr<Watch> WatchSessions(const std::string& parent, const WatchOptions& options = {});

 private:
  struct Impl;

  const std::unique_ptr<Impl> impl_;
};

}  // namespace holter::client
