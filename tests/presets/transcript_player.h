// Plays the transcript of a preset against the machine of a session, on a clock with turned hands.
//
// Beyond what preset_service.proto says:
//  - The upgrade succeeds at once. Parameters have their examples, or their defaults. The content of a secret is its
//    name, so that ${secret:okx/secret} is okx/secret.
//  - The first connection opens at 1700000000 s (2023-11-14 22:13:20 UTC): what is signed then is known beforehand.
//  - The peer answers protocol pings at once, and lines pass over them, unless a matcher asks for `frame: PING`. A
//    peer's line with `frame: PING` is a ping of its own.
//  - What Holter says waits for its line; while something waits, the peer may not speak. What waits at the end is fine.
//  - A connection that has ended stays so: the next attempt is an hour away, or two where the policy says SLOW.
//    `peer_opens` begins with a session anew.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "core/session_machine.h"
#include "holter/v1/preset_service.pb.h"
#include "tests/presets/packing.h"

namespace holter::presets {

// One preset, once. One thread.
class TranscriptPlayer {
 public:
  // `preset` outlives the player; `seed` is that of all that is random.
  explicit TranscriptPlayer(const v1::Preset& preset, uint64_t seed = 1);

  // Empty: all is as the transcript says. Else the first that is not: "transcript[3]: Holter said …".
  std::string Play();

  // The session that tests the preset: its preset's name and examples, nothing else.
  static v1::SessionSpec ExampleSession(const v1::Preset& preset);

 private:
  struct Said {
    core::InboundKind kind = core::InboundKind::kText;
    std::string payload;
  };

  // Each gives what is wrong, or nothing.
  std::string Compile();
  void Open();
  std::string PlayLine(const v1::TranscriptLine& line);
  std::string Pass(std::string_view text, Duration& out) const;
  std::string PlayPeer(const v1::TranscriptLine& line);
  std::string PlayHolter(const v1::TranscriptLine& line);
  std::string TakeCaptures(const v1::TranscriptLine& line, const core::InboundMessage& message);
  std::string CheckExpectation(const v1::Expectation& expected);
  std::string WhatIsNotSo(const v1::Expectation& expected) const;
  std::string StateWords() const;

  // Runs the machine until then, or until `stop` says so.
  template <typename Stop>
  void RunUntil(TimePoint end, const Stop& stop);
  // Does what the machine wants done.
  void Act();

  const v1::Preset& preset_;
  core::SessionSpec spec_;
  core::Scope scope_;  // of the transcript: parameters and what its lines capture
  core::ValueStore values_;
  Random random_;
  Packer packer_;
  core::Tick tick_{.now = TimePoint(std::chrono::hours(1)), .wall = WallTime(std::chrono::seconds(1700000000))};
  std::unique_ptr<core::SessionMachine> machine_;
  core::ActionList actions_;
  std::deque<Said> said_;  // and not read by a line yet
  size_t ever_said_ = 0;
  uint64_t peer_lines_ = 0;
};

}  // namespace holter::presets
