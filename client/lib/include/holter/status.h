// What the server said when it said no: google.rpc error details as an absl::Status.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace holter::client {

// One field of the request and what was expected of it. Of very many the last has no field and says how many more.
struct BadField {
  std::string field;  // "session.spec.beats[0].interval"
  std::string description;
};

// Same code. The message is the server's, followed by the reason and by those bad fields that the server's words leave
// out. Each detail is a payload under its type URL ("type.googleapis.com/google.rpc.ErrorInfo").
absl::Status FromGrpc(const grpc::Status& status);

// ErrorInfo.reason ("WATCH_EXPIRED", "INVALID_FIELD", …); empty when there is none.
std::string ReasonOf(const absl::Status& status);
// ErrorInfo.metadata.
std::map<std::string, std::string> MetadataOf(const absl::Status& status);
// BadRequest.field_violations.
std::vector<BadField> BadFieldsOf(const absl::Status& status);

}  // namespace holter::client
