#include "spec/parameter_use.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "spec/dialect.h"

namespace holter::spec {

void CheckParameterUse(const core::SharedSpec& shared, const core::ParameterList& parameters, const FieldPath& at) {
  const std::vector<const core::DurationExpression*> durations = DurationsOf(shared);
  const std::vector<core::SignatureSpec>& signatures = shared.dialect.signatures;
  for (const core::ParameterValue& parameter : parameters) {
    if (parameter.secret) {
      continue;
    }
    const FieldPath place = at.Key(shared.dialect.scope[parameter.slot].name);
    if (std::any_of(signatures.begin(), signatures.end(),
                    [&](const core::SignatureSpec& signature) { return signature.key == parameter.slot; })) {
      place.Refuse("a literal key is refused: put it below --secrets-dir and refer to it by ${secret:name/key}");
    }
    for (const core::DurationExpression* const duration : durations) {
      const absl::Status status = duration->CheckValue(parameter.slot, parameter.text);
      if (!status.ok()) {
        place.Refuse(fmt::format("{}, got {}", std::string(status.message()), Quoted(parameter.text)));
        break;
      }
    }
  }
}

}  // namespace holter::spec
