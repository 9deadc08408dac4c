// What a session says and hears besides its heartbeats: the rest of the heartbeat language (heartbeat.proto), compiled.
// Part of a SharedSpec: immutable, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/hmac.h"
#include "core/decoder.h"
#include "core/duration_expression.h"
#include "core/extractor.h"
#include "core/matcher.h"
#include "core/message_template.h"
#include "core/scope.h"
#include "core/value.h"

namespace holter::core {

// A slot of the scope, and the text that gives its value: a parameter's, or "${secret:name/key}".
struct ParameterValue {
  size_t slot = 0;
  std::string text;
  bool secret = false;  // holds references, which are read when the session is dialled

  friend bool operator==(const ParameterValue&, const ParameterValue&) = default;
};
using ParameterList = std::vector<ParameterValue>;

struct CaptureSpec {
  size_t slot = 0;
  Extractor from;
  Keep keep = Keep::kLast;
  bool times = false;     // durations are computed from it
  bool optional = false;  // an open step goes on without it

  friend bool operator==(const CaptureSpec&, const CaptureSpec&) = default;
};

struct OpenStepSpec {
  std::optional<MessageTemplate> send;
  std::optional<Matcher> await;
  std::vector<CaptureSpec> capture;
  Duration within = std::chrono::seconds(10);

  friend bool operator==(const OpenStepSpec&, const OpenStepSpec&) = default;
};

struct CaptureRuleSpec {
  std::optional<Matcher> when;  // none: every message
  std::vector<CaptureSpec> values;

  friend bool operator==(const CaptureRuleSpec&, const CaptureRuleSpec&) = default;
};

struct AnswerSpec {
  Matcher when;
  std::vector<CaptureSpec> capture;
  std::optional<MessageTemplate> send;
  std::optional<size_t> beat_now;  // index in SharedSpec::beats
  std::optional<size_t> only_if;   // slot

  friend bool operator==(const AnswerSpec&, const AnswerSpec&) = default;
};

struct CheckSpec {
  enum class Rule : uint8_t { kStep, kGrowing, kFresh } rule = Rule::kStep;
  Extractor value;
  int64_t step = 1;
  Duration unit = Duration::zero();  // of a time since 1970
  Duration fresher_than = Duration::zero();
  bool deadly = false;  // else health is DEGRADED

  friend bool operator==(const CheckSpec&, const CheckSpec&) = default;
};

// A value of `per` is watched no longer.
struct GoneSpec {
  Matcher when;
  Extractor value;

  friend bool operator==(const GoneSpec&, const GoneSpec&) = default;
};

struct WatchdogSpec {
  std::string name;
  Matcher when;
  std::optional<DurationExpression> within;  // none: only checks
  std::optional<DurationExpression> degraded_after;
  std::vector<CheckSpec> checks;
  std::optional<Extractor> per;
  std::optional<GoneSpec> gone;  // only with per

  friend bool operator==(const WatchdogSpec&, const WatchdogSpec&) = default;
};

// A value that is computed anew for each message in which it stands.
struct SignatureSpec {
  size_t slot = 0;
  size_t key = 0;  // the slot of the secret
  MessageTemplate text;
  HashKind hash = HashKind::kSha256;
  bool base64 = false;  // else hexadecimal

  friend bool operator==(const SignatureSpec&, const SignatureSpec&) = default;
};

struct EndSpec {
  enum class Verdict : uint8_t { kReconnect, kDead, kMigrate, kNever } verdict = Verdict::kDead;
  Matcher when;
  std::vector<CaptureSpec> capture;
  std::optional<MessageTemplate> url;  // of kMigrate
  std::optional<size_t> only_if;       // slot

  friend bool operator==(const EndSpec&, const EndSpec&) = default;
};

struct DialectSpec {
  Scope scope;
  ParameterList secrets;  // those of the spec itself
  std::vector<SignatureSpec> signatures;
  DecoderSpec decoder;
  std::vector<OpenStepSpec> open;
  std::vector<CaptureRuleSpec> captures;
  std::vector<AnswerSpec> answers;
  std::vector<WatchdogSpec> watchdogs;
  std::vector<EndSpec> ends;
  std::vector<size_t> shown;  // slots of captures that the status tells
  int sends_per_minute = 0;   // 0: not declared
  // Durations of heartbeats are computed.
  bool computes = false;
  // A heartbeat counts its interval from what is sent or heard.
  bool idles = false;

  // A session without anything of this needs no DialectMachine.
  bool empty() const {
    return scope.size() == 0 && decoder.empty() && open.empty() && captures.empty() && answers.empty() &&
           watchdogs.empty() && ends.empty() && sends_per_minute == 0 && !computes;
  }

  friend bool operator==(const DialectSpec&, const DialectSpec&) = default;
};

}  // namespace holter::core
