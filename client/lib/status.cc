#include "holter/status.h"

#include <grpcpp/support/status.h>

#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace holter::client {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";

template <typename Detail>
Detail PayloadOf(const absl::Status& status, const char* type_url) {
  Detail detail;
  if (const auto payload = status.GetPayload(type_url); payload && !detail.ParseFromString(std::string(*payload))) {
    detail.Clear();
  }
  return detail;
}

// The message is complete only when all details are known, and an absl::Status cannot change its message.
std::string CompleteMessage(const grpc::Status& status, const absl::Status& detailed) {
  std::string message = status.error_message();
  if (message.empty()) message = absl::StatusCodeToString(detailed.code());
  for (const BadField& bad : BadFieldsOf(detailed)) {
    if (bad.field.empty()) {
      absl::StrAppend(&message, "; ", bad.description);  // how many more there are
    } else if (!absl::StrContains(message, bad.field)) {
      absl::StrAppend(&message, "; ", bad.field, ": ", bad.description);
    }
  }
  if (const std::string reason = ReasonOf(detailed); !reason.empty() && !absl::StrContains(message, reason)) {
    absl::StrAppend(&message, " (", reason, ")");
  }
  return message;
}

}  // namespace

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  absl::Status detailed(code, status.error_message());
  google::rpc::Status rpc_status;
  if (rpc_status.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& detail : rpc_status.details()) {
      detailed.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  absl::Status result(code, CompleteMessage(status, detailed));
  detailed.ForEachPayload(
      [&result](absl::string_view type_url, const absl::Cord& payload) { result.SetPayload(type_url, payload); });
  return result;
}

std::string ReasonOf(const absl::Status& status) {
  return PayloadOf<google::rpc::ErrorInfo>(status, kErrorInfoUrl).reason();
}

std::map<std::string, std::string> MetadataOf(const absl::Status& status) {
  const auto info = PayloadOf<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
  return {info.metadata().begin(), info.metadata().end()};
}

std::vector<BadField> BadFieldsOf(const absl::Status& status) {
  std::vector<BadField> fields;
  const auto bad_request = PayloadOf<google::rpc::BadRequest>(status, kBadRequestUrl);
  for (const auto& violation : bad_request.field_violations()) {
    fields.push_back({violation.field(), violation.description()});
  }
  return fields;
}

}  // namespace holter::client
