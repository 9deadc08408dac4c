// What a YAML scalar without quotes stands for (YAML 1.2, core schema).
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace holter::spec {

// A number that does not fit what a google.protobuf.Value holds, or that readers of other YAML versions take for
// another one.
struct DoubtfulNumber {
  std::string why;
};

// std::monostate: null. std::string: none of the others.
using PlainValue = std::variant<std::monostate, bool, double, std::string, DoubtfulNumber>;

PlainValue ReadPlain(std::string_view text);

// `text` so that any reader of YAML takes it for a string: plain where that is beyond doubt, else in double quotes.
std::string StringScalar(std::string_view text);

}  // namespace holter::spec
