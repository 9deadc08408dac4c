// What a caller shows of himself, taken from a call.
#pragma once

#include <grpcpp/server_context.h>

#include "absl/status/statusor.h"
#include "access/credentials.h"

namespace holter::rpc {

// The token of `authorization: Bearer …`, and the names of the peer's certificate if TLS has verified one. Both empty:
// nothing was shown. UNAUTHENTICATED, CREDENTIALS_INVALID: the header is there, but not of that form.
absl::StatusOr<access::Credentials> CredentialsOf(const grpc::ServerContextBase& context);

}  // namespace holter::rpc
