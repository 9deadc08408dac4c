// Takes secrets out of what a session and its peer say to each other before a person sees it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace holter::core {

// Immutable; any thread.
class PayloadRedactor {
 public:
  // `known`: values that are secrets wherever they stand; those of fewer than four bytes are no secrets.
  explicit PayloadRedactor(std::vector<Secret> known);

  // Writes `<secret>` in place of the known values, and of the values of JSON members and of form fields whose name
  // speaks of a secret. What is cut off at the end of `payload` may be the beginning of a known value, and goes too.
  std::string Redact(std::string_view payload) const;

 private:
  std::vector<Secret> known_;  // the longest first
};

}  // namespace holter::core
