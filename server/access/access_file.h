// The file of --access-file: identities by what they show, and their roles, tenant by tenant.
//
//   identities:
//   - name: grafana
//     tokens:
//     - sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
//     - file: tokens/grafana          # below the access file's folder, or absolute; holds the token itself
//   - name: deployer
//     certificates:                   # of --grpc-client-ca; each exactly
//     - uri: spiffe://example.org/deployer
//     - dns: deployer.example.org
//     - cn: deployer
//   tenants:
//     "*":                            # every tenant
//       grants: {grafana: viewer}
//     default:
//       grants: {deployer: editor}
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "access/access_policy.h"

namespace holter::access {

// What was read.
struct AccessFile {
  AccessPolicy policy;
  // The file itself, and those of tokens.
  std::vector<std::string> files;
};

// INVALID_ARGUMENT, ACCESS_FILE_INVALID: a line for every complaint, `file:line: path: what`; never a token.
absl::StatusOr<AccessFile> ReadAccessFile(const std::string& path);

}  // namespace holter::access
