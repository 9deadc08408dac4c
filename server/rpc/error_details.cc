#include "rpc/error_details.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <chrono>
#include <optional>

#include "base/error.h"
#include "google/rpc/error_details.pb.h"

namespace holter::rpc {
namespace {

// On the wire a message has up to three bytes for one, and details four for three.
constexpr size_t kLongestMessage = 600;
constexpr size_t kLongestValue = 200;
constexpr size_t kMostMetadata = 8;
constexpr size_t kMostDetails = 3600;

// Cut to `most` bytes where a UTF-8 sequence ends: protobuf refuses strings that are cut elsewhere.
std::string Cut(std::string_view text, size_t most) {
  constexpr std::string_view mark = "…";
  if (text.size() <= most) {
    return std::string(text);
  }
  size_t end = most - mark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return fmt::format("{}{}", text.substr(0, end), mark);
}

// Only for what passes by itself.
std::optional<std::chrono::milliseconds> RetryAfter(const google::rpc::ErrorInfo& info) {
  const std::string_view reason = info.reason();
  if (reason == "SHUTTING_DOWN" || reason == "WATCH_LAGGED") {
    return std::chrono::seconds(1);
  }
  if (reason == "STORE_FULL") {
    return std::chrono::seconds(10);  // somebody has to make room
  }
  const auto quota = info.metadata().find("quota");
  if (reason == "QUOTA_EXCEEDED" && quota != info.metadata().end() && quota->second == "creates_per_second") {
    return std::chrono::seconds(1);
  }
  return reason == "CONCURRENT_CHANGE" ? std::optional(std::chrono::milliseconds(100)) : std::nullopt;
}

google::rpc::ErrorInfo ErrorInfoOf(absl::StatusCode code, const ErrorDetails& details) {
  google::rpc::ErrorInfo info;
  info.set_reason(details.reason.empty() ? absl::StatusCodeToString(code) : details.reason);
  info.set_domain(std::string(kErrorDomain));
  for (const auto& [key, value] : details.metadata) {
    if (static_cast<size_t>(info.metadata_size()) < kMostMetadata) {
      (*info.mutable_metadata())[Cut(key, kLongestValue)] = Cut(value, kLongestValue);
    }
  }
  return info;
}

// As many violations as `room` bytes hold, then how many more there are.
google::rpc::BadRequest BadRequestOf(const std::vector<FieldViolation>& violations, size_t room) {
  constexpr size_t overhead = 8;
  google::rpc::BadRequest bad;
  size_t used = 64;  // for the last line
  for (const FieldViolation& violation : violations) {
    const std::string field = Cut(violation.field, kLongestValue);
    const std::string description = Cut(violation.description, 2 * kLongestValue);
    used += field.size() + description.size() + overhead;
    if (used > room) {
      bad.add_field_violations()->set_description(
          fmt::format("and {} more", violations.size() - static_cast<size_t>(bad.field_violations_size() - 1)));
      break;
    }
    auto& added = *bad.add_field_violations();
    added.set_field(field);
    added.set_description(description);
  }
  return bad;
}

void AddByCode(absl::StatusCode code, const std::string& reason, const std::string& message,
               const ResourceName& resource, google::rpc::Status& out) {
  const std::string name = Cut(resource.name, kLongestValue);
  if (code == absl::StatusCode::kNotFound || code == absl::StatusCode::kAlreadyExists) {
    google::rpc::ResourceInfo info;
    info.set_resource_type(resource.type);
    info.set_resource_name(name);
    info.set_description(message);
    out.add_details()->PackFrom(info);
  } else if (code == absl::StatusCode::kResourceExhausted) {
    google::rpc::QuotaFailure failure;
    auto& violation = *failure.add_violations();
    violation.set_subject(name);
    violation.set_description(message);
    out.add_details()->PackFrom(failure);
  } else if (code == absl::StatusCode::kFailedPrecondition) {
    google::rpc::PreconditionFailure failure;
    auto& violation = *failure.add_violations();
    violation.set_type(reason);
    violation.set_subject(name);
    violation.set_description(message);
    out.add_details()->PackFrom(failure);
  }
}

}  // namespace

absl::Status ShuttingDown() {
  return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the server is stopping");
}

google::rpc::Status ToRpcStatus(const absl::Status& status, const ResourceName& resource) {
  const ErrorDetails details = DetailsOf(status);
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(Cut({status.message().data(), status.message().size()}, kLongestMessage));
  const google::rpc::ErrorInfo info = ErrorInfoOf(status.code(), details);
  out.add_details()->PackFrom(info);
  AddByCode(status.code(), info.reason(), out.message(), resource, out);
  if (const auto delay = RetryAfter(info)) {
    google::rpc::RetryInfo retry;
    *retry.mutable_retry_delay() = google::protobuf::util::TimeUtil::MillisecondsToDuration(delay->count());
    out.add_details()->PackFrom(retry);
  }
  if (!details.violations.empty()) {
    const size_t used = out.ByteSizeLong();
    out.add_details()->PackFrom(BadRequestOf(details.violations, kMostDetails > used ? kMostDetails - used : 0));
  }
  return out;
}

grpc::Status ToGrpcStatus(const absl::Status& status, const ResourceName& resource) {
  if (status.ok()) {
    return grpc::Status::OK;
  }
  const google::rpc::Status wire = ToRpcStatus(status, resource);
  return {static_cast<grpc::StatusCode>(status.code()), wire.message(), wire.SerializeAsString()};
}

}  // namespace holter::rpc
