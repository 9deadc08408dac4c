#include "rpc/grpc_log.h"

#include <grpc/support/log.h>

#include "base/log.h"

namespace holter::rpc {
namespace {

void OnGrpcLog(gpr_log_func_args* args) {
  const LogLevel level = args->severity == GPR_LOG_SEVERITY_ERROR  ? LogLevel::kWarning
                         : args->severity == GPR_LOG_SEVERITY_INFO ? LogLevel::kInfo
                                                                   : LogLevel::kDebug;
  Log(level, "gRPC reports", {{"text", args->message}});
}

}  // namespace

void RouteGrpcLog() { gpr_set_log_function(OnGrpcLog); }

}  // namespace holter::rpc
