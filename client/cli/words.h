// Fields of a session in words for people, as a terminal shows them.
#pragma once

#include <string>

#include "base/clock.h"
#include "client/cli/table.h"
#include "holter/v1/session.pb.h"
#include "spec/words.h"

namespace holter::cli {

using spec::Age;
using spec::HealthWord;
using spec::Milliseconds;
using spec::PathWord;
using spec::ReasonWord;
using spec::StateWord;
using spec::ToDuration;
using spec::ToWallTime;

Style StyleOf(v1::Health health);

// Local time: "2026-01-31 13:05:59.123".
std::string LocalTime(WallTime time);

}  // namespace holter::cli
