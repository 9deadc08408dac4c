// Reflection is served by gRPC itself, so the gate stands in front of it as an interceptor.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>

#include "rpc/access_gate.h"

namespace holter::rpc {

// Lets those see the API who have any role in it; the calls of others are cancelled (CANCELLED: an interceptor cannot
// say more). Leaves all other methods alone.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeReflectionGate(const AccessOptions& options);

}  // namespace holter::rpc
