#include "registry/session_differences.h"

#include <google/protobuf/util/message_differencer.h>

#include <string_view>

namespace holter::registry {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool Differs(const Message& before, const Message& after, const FieldDescriptor* field) {
  google::protobuf::util::MessageDifferencer differencer;
  // What is absent and what is set to nothing declare the same.
  differencer.set_message_field_comparison(google::protobuf::util::MessageDifferencer::EQUIVALENT);
  return !differencer.CompareWithFields(before, after, {field}, {field});
}

}  // namespace

std::vector<std::string> ChangedFields(const v1::Session& before, const v1::Session& after) {
  std::vector<std::string> changed;
  for (const char* name : {"labels", "group", "paused", "owner"}) {
    if (Differs(before, after, v1::Session::descriptor()->FindFieldByName(name))) changed.emplace_back(name);
  }
  const google::protobuf::Descriptor& spec = *v1::SessionSpec::descriptor();
  for (int i = 0; i < spec.field_count(); ++i) {
    if (Differs(before.spec(), after.spec(), spec.field(i))) changed.push_back("spec." + spec.field(i)->name());
  }
  return changed;
}

}  // namespace holter::registry
