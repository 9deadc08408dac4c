// What a ResponseStream is made of.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <functional>
#include <memory>
#include <optional>

#include "client/lib/connection.h"
#include "holter/response_stream.h"

namespace holter::client {

// One stream, opened by the first Next. The context lives as long as this, so Cancel may reach it at any time.
template <typename Response>
struct ResponseStream<Response>::Impl {
  using Reader = grpc::ClientReaderInterface<Response>;
  using Open = std::function<std::unique_ptr<Reader>(v1::SessionService::StubInterface&, grpc::ClientContext*)>;

  const std::shared_ptr<const Connection> connection;
  const Open open;
  grpc::ClientContext context{};
  std::unique_ptr<Reader> reader{};
  std::optional<absl::Status> end{};  // once the stream has ended
};

}  // namespace holter::client
