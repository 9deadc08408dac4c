#include "rpc/access_gate.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/session_name.h"
#include "holter/v1/session_service.pb.h"
#include "rpc/call_credentials.h"

namespace holter::rpc {
namespace {

// Of one record.
constexpr size_t kMostRecordedNames = 100;
constexpr size_t kLongestRequestId = 64;

absl::Status RoleMissing(access::Role role, const std::string& tenant) {
  const std::string whose = tenant.empty() ? "every tenant" : fmt::format("tenants/{}", tenant);
  return MakeError(absl::StatusCode::kPermissionDenied, "ROLE_MISSING",
                   fmt::format("the call needs the role {} for {}", access::RoleWord(role), whose),
                   {{"role", std::string(access::RoleWord(role))}, {"tenant", tenant.empty() ? "*" : tenant}});
}

std::string TextOf(const google::protobuf::Message& message, const std::string& field_name) {
  using google::protobuf::FieldDescriptor;
  const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByName(field_name);
  const bool is_text =
      field != nullptr && !field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  return is_text ? message.GetReflection()->GetString(message, field) : "";
}

// What is no name may be anything, and stays out of the log.
std::vector<std::string> ShortList(const std::vector<std::string>& names) {
  std::vector<std::string> recorded;
  for (const std::string& name : names) {
    if (recorded.size() == kMostRecordedNames) {
      recorded.push_back(fmt::format("and {} more", names.size() - kMostRecordedNames));
      break;
    }
    const bool is_name = !TenantOf(name).empty() || name == "tenants/-";
    recorded.push_back(is_name ? name : "malformed");
  }
  return recorded;
}

// The parent where the id is none.
std::string NameToCreate(const std::string& parent, const std::string& id) {
  return IsResourceId(id) ? fmt::format("{}/sessions/{}", parent, id) : parent;
}

std::vector<std::string> NamesToCreate(const v1::BatchCreateSessionsRequest& batch) {
  std::vector<std::string> names;
  for (const v1::CreateSessionRequest& request : batch.requests()) {
    names.push_back(NameToCreate(request.parent().empty() ? batch.parent() : request.parent(), request.session_id()));
  }
  return names;
}

std::vector<std::string> RecordedNames(const google::protobuf::Message& request, std::vector<std::string> names) {
  const auto* const batch = dynamic_cast<const v1::BatchCreateSessionsRequest*>(&request);
  if (batch != nullptr && batch->requests_size() > 0) names = NamesToCreate(*batch);
  std::vector<std::string> recorded = ShortList(names);
  // What is created has no name yet.
  if (!recorded.empty()) recorded.front() = NameToCreate(recorded.front(), TextOf(request, "session_id"));
  return recorded;
}

std::string RecordedRequestId(const google::protobuf::Message& request) {
  std::string id = TextOf(request, "request_id");
  const bool is_plain = std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isxdigit(c) || c == '-'; });
  return is_plain && id.size() <= kLongestRequestId ? id : "malformed";
}

// Who it is where nobody has given him a name.
std::string ShownName(const access::Credentials& credentials) {
  if (!credentials.uris.empty()) return credentials.uris.front();
  if (!credentials.dns_names.empty()) return credentials.dns_names.front();
  return credentials.common_name;
}

}  // namespace

absl::Status Admission::Judge(const access::AccessPolicy& policy) const {
  if (!credentials_status_.ok()) return credentials_status_;
  if (credentials_.empty()) {
    return MakeError(absl::StatusCode::kUnauthenticated, "CREDENTIALS_MISSING",
                     "the call needs a bearer token or a client certificate");
  }
  const std::string_view identity = policy.Identify(credentials_);
  if (identity.empty()) {
    return MakeError(absl::StatusCode::kUnauthenticated, "CREDENTIALS_INVALID",
                     "the token or the certificate is not that of an identity");
  }
  const access::Role needed = rule_ != nullptr ? rule_->role : access::Role::kAdmin;
  if (rule_ != nullptr && rule_->anywhere) {
    return policy.HighestRole(identity) >= needed ? absl::OkStatus() : RoleMissing(needed, "");
  }
  if (rule_ == nullptr || names_.empty()) {
    return rule_ != nullptr && policy.RoleOf(identity, "") >= needed ? absl::OkStatus() : RoleMissing(needed, "");
  }
  for (const std::string& name : names_) {
    const std::string tenant = TenantOf(name);
    if (policy.RoleOf(identity, tenant) < needed) return RoleMissing(needed, tenant);
  }
  return absl::OkStatus();
}

absl::Status Admission::Recheck() const {
  if (options_.control == nullptr) return absl::OkStatus();
  const uint64_t generation = options_.control->generation();
  if (judged_by_ == generation) return absl::OkStatus();
  absl::Status status = Judge(*options_.control->policy());
  if (status.ok()) judged_by_ = generation;
  return status;
}

void Admission::SetChanged(const std::vector<std::string>& names) const {
  if (options_.audit == nullptr) return;
  absl::MutexLock lock(&mutex_);
  resources_ = ShortList(names);
}

void Admission::Record(absl::StatusCode code, WallTime now) const {
  const bool turned_away = code == absl::StatusCode::kUnauthenticated || code == absl::StatusCode::kPermissionDenied;
  if (options_.audit == nullptr || (!turned_away && (rule_ == nullptr || !rule_->changes()))) return;
  absl::MutexLock lock(&mutex_);
  options_.audit->Add({.time = now,
                       .identity = identity_,
                       .peer = peer_,
                       .method = method_,
                       .resources = resources_,
                       .code = absl::StatusCodeToString(code),
                       .request_id = request_id_});
}

bool AccessGate::HasAnyRole(const grpc::ServerContextBase& context) const {
  if (options_.control == nullptr) return true;
  const absl::StatusOr<access::Credentials> shown = CredentialsOf(context);
  const std::shared_ptr<const access::AccessPolicy> policy = options_.control->policy();
  return shown.ok() && policy->HighestRole(policy->Identify(*shown)) > access::Role::kNone;
}

std::shared_ptr<const Admission> AccessGate::Admit(const grpc::ServerContextBase& context, std::string_view method,
                                                   const google::protobuf::Message& request) const {
  const MethodRule* const rule = FindMethodRule(method);
  const std::shared_ptr<Admission> admission(new Admission(options_, rule));
  if (options_.control == nullptr && options_.audit == nullptr) return admission;
  admission->method_ = method;
  if (absl::StatusOr<access::Credentials> shown = CredentialsOf(context); shown.ok()) {
    admission->credentials_ = *std::move(shown);
  } else {
    admission->credentials_status_ = shown.status();
  }
  if (rule != nullptr) admission->names_ = NamesIn(request, *rule);
  if (options_.control != nullptr) {
    // The generation first: a policy that is newer than it is judged by once more.
    admission->judged_by_ = options_.control->generation();
    const std::shared_ptr<const access::AccessPolicy> policy = options_.control->policy();
    admission->status_ = admission->Judge(*policy);
    admission->identity_ = policy->Identify(admission->credentials_);
  } else {
    admission->identity_ = ShownName(admission->credentials_);
  }
  if (options_.audit != nullptr) {
    admission->peer_ = context.peer();
    admission->request_id_ = RecordedRequestId(request);
    absl::MutexLock lock(&admission->mutex_);
    admission->resources_ = RecordedNames(request, admission->names_);
  }
  return admission;
}

}  // namespace holter::rpc
