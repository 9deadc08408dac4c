// What gRPC itself has to say, in our log.
#pragma once

namespace holter::rpc {

// For the whole process; safe to repeat.
void RouteGrpcLog();

}  // namespace holter::rpc
