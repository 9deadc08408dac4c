// Which variables a spec speaks of, without compiling it.
#pragma once

#include <google/protobuf/message.h>

#include <set>
#include <string>

namespace holter::spec {

// Names in ${name}, ${name:-…}, ${name?}, ${name[…]} and ${length:name} of every text in the message, and those of
// `only_if`. Built-in variables and captures are among them.
std::set<std::string, std::less<>> VariablesIn(const google::protobuf::Message& message);

}  // namespace holter::spec
