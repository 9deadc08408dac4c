#include "observe/session_badge.h"

#include "spec/words.h"

namespace holter::observe {

HtmlLiteral ClassOf(v1::Health health) {
  switch (health) {
    case v1::HEALTH_HEALTHY:
      return "healthy";
    case v1::HEALTH_DEGRADED:
      return "degraded";
    case v1::HEALTH_DOWN:
      return "down";
    default:
      return "unknown";
  }
}

void WriteBadge(HtmlWriter& html, const v1::SessionStatus& status) {
  const bool idle = status.state() == v1::STATE_PAUSED || status.state() == v1::STATE_STOPPED;
  html.Markup("<span class=\"badge ").Markup(ClassOf(status.health())).Markup("\">");
  html.Text(idle ? spec::StateWord(status.state()) : spec::HealthWord(status.health())).Markup("</span>");
}

}  // namespace holter::observe
