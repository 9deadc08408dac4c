#include "client/cli/words.h"

#include "absl/time/time.h"

namespace holter::cli {

Style StyleOf(v1::Health health) {
  switch (health) {
    case v1::HEALTH_HEALTHY:
      return Style::kGood;
    case v1::HEALTH_DEGRADED:
      return Style::kWarning;
    case v1::HEALTH_DOWN:
      return Style::kBad;
    default:
      return Style::kDim;
  }
}

std::string LocalTime(WallTime time) { return spec::TimeIn(absl::LocalTimeZone(), time); }

}  // namespace holter::cli
