// The file of --policy-file: what sessions may reach and how much of everything a tenant may have. All of it may change
// while holterd runs.
//
//   egress:                         # of every tenant
//     mode: enforce                 # enforce | report (dial and count) | off
//     public: allow                 # allow | deny: addresses of which no rule speaks
//     deny: [198.51.100.0/24]       # opened by nothing
//     allow:                        # in each rule all that is given has to hold
//     - network: 10.20.0.0/16
//       ports: [443, 8000-8999]
//     - host: "*.internal.example"  # all below it; without "*.": that host
//   quotas:                         # of each tenant; a number or `unlimited`, which is the default
//     sessions: 1000                # declared, paused ones too
//     creates_per_second: 20
//     watches: 10                   # streams open at a time
//   hosts:
//     sessions: 500                 # to one destination host, of all tenants together
//   tenants:
//     blue:
//       egress:                     # its lists come in addition, its words in place of those above
//         allow: [{host: feed.internal.example}]
//       quotas: {sessions: 20000}   # in place of those above
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "registry/tenant_quotas.h"
#include "transport/egress_policy.h"

namespace holter::app {

struct PolicyFile {
  transport::EgressPolicy egress;
  registry::QuotaLimits quotas;
};

// INVALID_ARGUMENT, POLICY_FILE_INVALID: a line for every complaint, `file:line: path: what`.
absl::StatusOr<PolicyFile> ReadPolicyFile(const std::string& path);

}  // namespace holter::app
