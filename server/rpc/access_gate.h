// Who may make which call: authentication, then the method's rule for every tenant that the request names, before
// anything else is looked at.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "access/access_control.h"
#include "access/audit_log.h"
#include "rpc/method_rules.h"

namespace holter::rpc {

// What a gate judges by.
struct AccessOptions {
  // Both outlive every call. Null: there is no access file, and everybody may do everything.
  const access::AccessControl* control = nullptr;
  access::AuditLog* audit = nullptr;  // null: nothing is recorded
};

// One call, as the gate saw it. Thread-safe.
class Admission {
 public:
  // OK; or UNAUTHENTICATED (CREDENTIALS_MISSING, CREDENTIALS_INVALID) or PERMISSION_DENIED (ROLE_MISSING), which do not
  // depend on what exists.
  const absl::Status& status() const { return status_; }

  // Judges the same call by the access file of now: for streams, that live longer than what admitted them. Costs next
  // to nothing while the file is the same.
  absl::Status Recheck() const;

  // What the call has changed, where its request does not say so; for the record. Before Record.
  void SetChanged(const std::vector<std::string>& names) const;

  // Records the call, if it was to change something or was turned away. To be told once, when it has ended.
  void Record(absl::StatusCode code, WallTime now) const;

 private:
  friend class AccessGate;
  Admission(const AccessOptions& options, const MethodRule* rule) : options_(options), rule_(rule) {}

  absl::Status Judge(const access::AccessPolicy& policy) const;

  const AccessOptions options_;
  const MethodRule* const rule_;  // null: the method has none
  std::string method_;
  absl::Status credentials_status_;
  access::Credentials credentials_;
  std::vector<std::string> names_;
  absl::Status status_;
  mutable std::atomic<uint64_t> judged_by_{0};  // generation of the access file

  // For the record.
  std::string identity_;
  std::string peer_;
  std::string request_id_;
  mutable absl::Mutex mutex_;  // a leaf
  mutable std::vector<std::string> resources_ ABSL_GUARDED_BY(mutex_);
};

class AccessGate {
 public:
  explicit AccessGate(const AccessOptions& options) : options_(options) {}

  // Never null. `method` is a literal ("GetSession").
  std::shared_ptr<const Admission> Admit(const grpc::ServerContextBase& context, std::string_view method,
                                         const google::protobuf::Message& request) const;

  // For what is of no tenant: whether the caller has a role anywhere, or there is no access file.
  bool HasAnyRole(const grpc::ServerContextBase& context) const;

 private:
  const AccessOptions options_;
};

}  // namespace holter::rpc
