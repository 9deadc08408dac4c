// The second half of a session's story: what has to be heard, what is answered, and how it ends.
#pragma once

#include <string>
#include <vector>

#include "holter/v1/session.pb.h"
#include "spec/explain_times.h"

namespace holter::spec {

// Each adds its lines, in the manner of ExplainSpec.
void ExplainWatchdogs(const v1::SessionSpec& spec, const SpecTimes& times, std::vector<std::string>& lines);
void ExplainAnswers(const v1::SessionSpec& spec, std::vector<std::string>& lines);
void ExplainEnds(const v1::SessionSpec& spec, std::vector<std::string>& lines);
// What follows a death, and how the session comes back.
void ExplainAfterwards(const v1::SessionSpec& spec, std::vector<std::string>& lines);

}  // namespace holter::spec
