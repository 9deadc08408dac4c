// Files of sessions and presets: YAML of the proto's JSON mapping, so that there is one schema. Used by --sessions-dir
// and the command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holter/v1/session.pb.h"

namespace holter::spec {

// Parses `sessions:`, a list of Session. Field names in snake_case or lowerCamelCase; enum words with or without
// prefix. Unknown fields, wrong types, duplicate keys are INVALID_ARGUMENT with `file`, line and path: "feeds.yaml:7:
// sessions[0].spec.beats[0].intervall: unknown field";
// the first twenty complaints, a line each.
absl::StatusOr<std::vector<v1::Session>> ParseSessionsYaml(std::string_view text, std::string_view file);

// The same for one message, whatever it is; `out` is empty before.
absl::Status ParseYaml(std::string_view text, std::string_view file, google::protobuf::Message& out);

// Any message as YAML that ParseSessionsYaml's rules read back; enum words without prefix; unset fields are left out.
std::string ToYaml(const google::protobuf::Message& message);
// The same as JSON, indented, with protobuf's JSON mapping for 64-bit integers and enums but names in snake_case.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace holter::spec
