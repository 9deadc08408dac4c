// Errors on the wire: an absl::Status of base/error.h as a grpc::Status with google.rpc.Status in its details.
#pragma once

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace holter::rpc {

// Domain of every ErrorInfo.
inline constexpr std::string_view kErrorDomain = "holter.v1";

// What a call was about; its name may be empty.
struct ResourceName {
  std::string type;  // "holter.v1.Session"
  std::string name;
};

// UNAVAILABLE, SHUTTING_DOWN: what every call is told that holterd does not serve to its end any more.
absl::Status ShuttingDown();

// Every error carries ErrorInfo; the code alone gives the reason when the status has none. Beside it: BadRequest for
// violations, ResourceInfo with NOT_FOUND and ALREADY_EXISTS, QuotaFailure with RESOURCE_EXHAUSTED, PreconditionFailure
// with FAILED_PRECONDITION, RetryInfo where trying again helps.
//
// Peers take 8 KiB of trailers and turn more into another error (gRPC's default for metadata), so what is long is cut
// and the last violations are counted in place of being named.
google::rpc::Status ToRpcStatus(const absl::Status& status, const ResourceName& resource);

// The same for gRPC. OK stays OK.
grpc::Status ToGrpcStatus(const absl::Status& status, const ResourceName& resource);

}  // namespace holter::rpc
