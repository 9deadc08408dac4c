// Drives one SessionMachine with turned hands: no socket, no loop, no sleep. Needs core only.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/session_machine.h"

namespace holter::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A template that has to compile.
inline core::MessageTemplate Text(std::string_view text) {
  absl::StatusOr<core::MessageTemplate> compiled = core::MessageTemplate::FromText(text);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return compiled.ok() ? *compiled : core::MessageTemplate();
}

// One protocol heartbeat, 10 s and 4 s; no jitter in reconnecting, so that delays can be foretold.
inline core::SharedSpec PlainSpec() {
  core::SharedSpec spec;
  spec.protocol.cadence = {.interval = seconds(10), .timeout = seconds(4)};
  spec.protocol.payload = Text("${seq}");
  spec.reconnect.jitter = 0;
  return spec;
}

// A beat that asks "q<seq>" and is answered by "a<seq>".
inline core::BeatSpec EchoBeat(std::string name) {
  core::BeatSpec beat;
  beat.name = std::move(name);
  beat.cadence = {.interval = seconds(10), .timeout = seconds(4)};
  beat.send = Text("q${seq}");
  beat.expect = *core::Matcher::Regex("^a(\\d+)$");
  beat.correlate = core::Correlation{.place = *core::Extractor::Regex("^a(\\d+)$"), .variable = core::Variable::kSeq};
  return beat;
}

// Holds a machine, the time and what the last event brought.
class MachineFixture : public ::testing::Test {
 protected:
  static constexpr uint64_t kSeed = 20240229;

  MachineFixture() { RecordProperty("seed", std::to_string(kSeed)); }

  void Make(core::SharedSpec spec) {
    spec_ = std::make_shared<const core::SharedSpec>(std::move(spec));
    machine_ = std::make_unique<core::SessionMachine>(spec_, tick_.now, &random_);
  }

  // Makes, starts and opens.
  void MakeOpen(core::SharedSpec spec) {
    Make(std::move(spec));
    Start();
    Open();
  }

  // The hands. The machine hears nothing of it.
  void Advance(Duration by) {
    tick_.now += by;
    tick_.wall += by;
  }
  // From deadline to deadline until `by` has passed; collects all actions on the way.
  void RunFor(Duration by) {
    const TimePoint end = tick_.now + by;
    core::ActionList all;
    while (machine_->NextDeadline() <= end) {
      if (machine_->NextDeadline() > tick_.now) Advance(machine_->NextDeadline() - tick_.now);
      Timer();
      for (core::Action& action : actions_) all.push_back(std::move(action));
    }
    Advance(end - tick_.now);
    actions_ = std::move(all);
  }
  // The process stood still for `by`, until now.
  void Stall(Duration by) {
    Advance(by);
    tick_.stalled_until = tick_.now;
  }

  // Events; each replaces `actions_`.
  void Start() { Fresh(), machine_->Start(tick_, actions_); }
  void Stop(core::StopCause cause = core::StopCause::kDeleted) { Fresh(), machine_->Stop(tick_, cause, actions_); }
  void Update(core::SharedSpec spec, bool reconnect) {
    spec_ = std::make_shared<const core::SharedSpec>(std::move(spec));
    Fresh(), machine_->Update(tick_, spec_, reconnect, actions_);
  }
  void Open() { Fresh(), machine_->OnOpened(tick_, {.peer_address = "192.0.2.1:443"}, actions_); }
  void FailDial(core::DialFailure failure) { Fresh(), machine_->OnDialFailed(tick_, std::move(failure), actions_); }
  void FailDial(core::Reason reason) { FailDial({.reason = reason, .detail = "because"}); }
  void Inbound(size_t bytes) { Fresh(), machine_->OnInbound(tick_, bytes, actions_); }
  void Pong(std::string_view payload) { Fresh(), machine_->OnPong(tick_, payload, actions_); }
  void Message(std::string_view text) { Fresh(), machine_->OnMessage(tick_, core::FrameKind::kText, text, actions_); }
  void Close(uint16_t code) {
    Fresh(),
        machine_->OnClosed(
            tick_,
            {.reason = code == 0 ? core::Reason::kPeerReset : core::Reason::kPeerClosed, .code = code, .detail = "bye"},
            actions_);
  }
  void Timer() { Fresh(), machine_->OnTimer(tick_, link_, actions_); }

  // What the last event brought.
  template <typename T>
  std::vector<T> All() const {
    std::vector<T> found;
    for (const core::Action& action : actions_) {
      if (const T* one = std::get_if<T>(&action)) found.push_back(*one);
    }
    return found;
  }
  template <typename T>
  int Count() const {
    return static_cast<int>(All<T>().size());
  }
  std::vector<core::BeatReport::Kind> Kinds() const {
    std::vector<core::BeatReport::Kind> kinds;
    for (const core::BeatReport& report : All<core::BeatReport>()) kinds.push_back(report.kind);
    return kinds;
  }
  // The only one; a failure if there is none or are several.
  template <typename T>
  T Only() const {
    const std::vector<T> found = All<T>();
    EXPECT_EQ(found.size(), 1u);
    return found.empty() ? T{} : found.front();
  }
  // Position in the list of the first of a kind.
  template <typename T>
  size_t IndexOf() const {
    for (size_t i = 0; i < actions_.size(); ++i) {
      if (std::holds_alternative<T>(actions_[i])) return i;
    }
    ADD_FAILURE() << "no such action";
    return actions_.size();
  }

  core::SessionStatus Status() const { return machine_->Snapshot(); }
  core::BeatStatus Beat(size_t i = 0) const { return Status().beats.at(i); }

  core::Tick tick_{.now = TimePoint(std::chrono::hours(1)), .wall = WallTime(seconds(1700000000))};
  core::LinkState link_;
  Random random_{kSeed};
  std::shared_ptr<const core::SharedSpec> spec_;
  std::unique_ptr<core::SessionMachine> machine_;
  core::ActionList actions_;

 private:
  void Fresh() { actions_.clear(); }
};

}  // namespace holter::testing
