#include "registry/update_mask.h"

#include <fmt/format.h>
#include <google/protobuf/util/field_mask_util.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/error.h"

namespace holter::registry {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::util::FieldMaskUtil;

bool IsDeclared(std::string_view path) {
  const std::string_view top = path.substr(0, path.find('.'));
  return top == "labels" || top == "group" || top == "paused" || top == "spec";
}

// FieldMaskUtil passes over empty parts ("spec." is the whole spec to it), but whoever writes one means something else.
bool IsFieldPath(const std::string& path) {
  const bool has_empty_part = path.empty() || path.front() == '.' || path.back() == '.' || path.find("..") != path.npos;
  return !has_empty_part && FieldMaskUtil::IsValidPath<v1::Session>(path);
}

// Paths of all that is set in `message`; below single messages, field by field.
void AddSetPaths(const Message& message, const std::string& prefix, FieldMask& mask) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string path = prefix + field->name();
    if (field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      mask.add_paths(path);
    } else {
      AddSetPaths(message.GetReflection()->GetMessage(message, field), path + ".", mask);
    }
  }
}

absl::StatusOr<FieldMask> WantedPaths(const v1::UpdateSessionRequest& request) {
  FieldMask mask;
  if (request.update_mask().paths().empty()) {
    AddSetPaths(request.session(), "", mask);
    return mask;
  }
  std::vector<FieldViolation> violations;
  for (const std::string& path : request.update_mask().paths()) {
    if (path == "*") {
      for (const char* part : {"labels", "group", "paused", "spec"}) {
        mask.add_paths(part);
      }
    } else if (IsFieldPath(path)) {
      mask.add_paths(path);
    } else {
      violations.push_back(
          {.field = "update_mask",
           .description = fmt::format("\"{}\" is not a field of Session; maps and repeated fields are replaced as a "
                                      "whole, so no path leads into them",
                                      path)});
    }
  }
  if (!violations.empty()) return MakeInvalid(violations);
  return mask;
}

}  // namespace

absl::Status ApplyUpdate(const v1::UpdateSessionRequest& request, v1::Session& session) {
  const absl::StatusOr<FieldMask> wanted = WantedPaths(request);
  if (!wanted.ok()) return wanted.status();
  FieldMask declared;
  for (const std::string& path : wanted->paths()) {
    if (IsDeclared(path)) declared.add_paths(path);
  }
  // A path that another one contains would be refused.
  FieldMask canonical;
  FieldMaskUtil::ToCanonicalForm(declared, &canonical);
  FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  FieldMaskUtil::MergeMessageTo(request.session(), canonical, options, &session);
  return absl::OkStatus();
}

}  // namespace holter::registry
