// In which order a list is told.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/session_status.h"
#include "registry/session_record.h"

namespace holter::registry {

// AIP-132: fields with commas between them, each with " desc" or without. What is equal by all of them is in the order
// of names.
class SessionOrder {
 public:
  // How a session stands by each field: the lesser comes first.
  using Keys = std::vector<int64_t>;

  // "" is the order of names. INVALID_ARGUMENT for the field `order_by`.
  static absl::StatusOr<SessionOrder> Parse(std::string_view text);

  // True: names alone decide, and Keys are empty.
  bool by_name() const { return fields_.empty(); }
  Keys KeysOf(const SessionRecord& record, const core::SessionVitals& vitals) const;

 private:
  using Read = int64_t (*)(const SessionRecord&, const core::SessionVitals&);
  struct Known {
    std::string_view name;
    Read read;
  };
  struct Field {
    Read read;
    bool descending;
  };
  static const std::vector<Known>& KnownFields();

  std::vector<Field> fields_;
};

}  // namespace holter::registry
