// Drives one SessionMachine with a dialect: short ways to say its rules. Needs core only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/machine_fixture.h"

namespace holter::testing {

// A condition on one member of a JSON message: `value` is JSON text.
inline core::Matcher Member(std::string_view pointer, std::string value) {
  core::JsonCondition condition{.pointer = *core::JsonPointer::Parse(pointer)};
  condition.one_of.push_back(std::move(value));
  return *core::Matcher::Json({std::move(condition)});
}

class DialectFixture : public MachineFixture {
 protected:
  DialectFixture() {
    spec_of_test_ = PlainSpec();
    spec_of_test_.protocol.active = false;
  }

  core::DialectSpec& dialect() { return spec_of_test_.dialect; }
  core::SharedSpec& spec() { return spec_of_test_; }

  size_t Name(std::string_view name, Duration unit = Duration::zero()) {
    return *dialect().scope.Add(name, core::Origin::kCapture, unit);
  }
  core::CaptureSpec Take(std::string_view name, std::string_view pointer, core::Keep keep = core::Keep::kLast) {
    const size_t slot = *dialect().scope.Find(name);
    core::Extractor from = core::Extractor::Json(*core::JsonPointer::Parse(pointer));
    const bool times = dialect().scope[slot].unit != Duration::zero();
    return {.slot = slot, .from = times ? from.Numeric() : from, .keep = keep, .times = times};
  }
  core::MessageTemplate Template(std::string_view text) {
    return *core::MessageTemplate::FromText(text, {.scope = &dialect().scope, .answers = true});
  }
  core::DurationExpression Expression(std::string_view text, bool interval = false) {
    return *core::DurationExpression::Parse(
        text, dialect().scope,
        {.least = milliseconds(50), .most = std::chrono::hours(24), .may_use_interval = interval});
  }
  // A beat whose durations are computed.
  core::BeatSpec Computed(std::string name, std::string_view interval, std::string_view timeout) {
    core::BeatSpec beat = EchoBeat(std::move(name));
    beat.computed = core::ComputedCadence{.interval = Expression(interval), .timeout = Expression(timeout, true)};
    dialect().computes = true;
    return beat;
  }

  void MakeOpenSpec() { MakeOpen(spec_of_test_); }
  std::vector<std::string> Sent() const {
    std::vector<std::string> payloads;
    for (const core::SendAction& action : All<core::SendAction>()) payloads.push_back(action.payload);
    return payloads;
  }

 private:
  core::SharedSpec spec_of_test_;
};

}  // namespace holter::testing
