// TLS of the gRPC listener.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "access/server_certificate.h"

namespace holter::rpc {

// TLS 1.2 or newer. Every new connection sees the certificate and the authorities of the time; those that are open keep
// theirs. If there are authorities, a client without a certificate of theirs gets no connection. `certificate` outlives
// the server.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(const access::ServerCertificate& certificate);

}  // namespace holter::rpc
