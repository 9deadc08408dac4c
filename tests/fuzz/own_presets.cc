#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "spec/yaml.h"
#include "tests/fuzz/spoken_preset.h"

namespace holter::fuzz {
namespace {

// Everything is computed from what the peer says, and may be turned off by it.
constexpr std::string_view kSwitches = R"yaml(
name: switches
spec:
  capture:
  - values:
      every: {pointer: /every, unit: ms}
      grace: {pointer: /grace, unit: s, keep: KEEP_MAX}
      first: {pointer: /id, keep: KEEP_FIRST}
      talks: {pointer: /talks}
  beats:
  - {name: a, interval: "${every} if ${every}", timeout: interval, first_delay: "random(0, 1) * interval",
     send: {json: {op: a, id: "${seq}", first: "${first?}"}}, expect: {json: [{pointer: /op, equals: ack}]},
     correlate: {pointer: /id, equals: seq, compare: COMPARE_AT_LEAST}}
  - {name: b, interval: "max(50ms, ${every:-100ms} / 2)", timeout: "2 * ${grace:-1s}", cadence: IDLE, send: {text: b}}
  watchdogs:
  - {name: feed, when: {json: [{pointer: /n, exists: true}]}, within: "${grace} + 1s if ${grace}",
     degraded_after: "${grace} / 2", per: {pointer: /id},
     check: [{value: {pointer: /n}, step: 1}, {value: {pointer: /t, unit: ms}, fresher_than: 10s},
             {value: {pointer: /n}, growing: true}]}
  answers:
  - {when: {json: [{pointer: /ask, exists: true}]}, only_if: talks, send: {json: {answer: "${message:/ask}"}}}
  - {when: {json: [{pointer: /now, exists: true}]}, beat_now: a}
transcript:
- {peer: {json: {every: 1000, grace: 5, id: x, talks: true}}}
- {holter: {json: [{pointer: /op, equals: a}]}, capture: {n: {pointer: /id}}}
- {peer: {json: {op: ack, id: "${n}"}}}
- {peer: {json: {n: 1, id: 1, t: 1700000000000}}}
- {peer: {json: {n: 2, id: 1, t: 1700000000000}}}
- {peer: {json: {ask: {deep: [1, 2]}, now: 1}}}
- {peer: {json: {every: 0}}}
)yaml";

// Sends again, is refused, is told to go, and may not say much.
constexpr std::string_view kLadder = R"yaml(
name: ladder
spec:
  limits: {sends_per_minute: 100}
  open:
  - {send: {text: hello}, await: {prefix: "welcome "}, capture: {token: {regex: "welcome (.*)"}}, within: 5s}
  - {send: {text: "login ${token} ${uuid}"}}
  beats:
  - {name: a, interval: 1s, timeout: 500ms, retries: [100ms, 200ms], misses_allowed: 2, cadence: AFTER_ANSWER,
     send: {text: "a ${seq}"}, expect: {regex: "^a (\\d+)$"}, correlate: {regex_group: 1, equals: seq},
     refused: {prefix: "no "}}
  - {name: b, interval: 300ms, timeout: 200ms, max_outstanding: 2, misses_allowed: 100,
     send: {bytes: "0A lenv[ u16(7) ]"}, expect: {bytes: "0B .."}}
  answers:
  - {when: {prefix: "?"}, send: {echo: {regex: "^\\?", with: "!"}}}
  - {when: {frame: BINARY, length: {least: 3}}, send: {bytes: "0C 01"}}
  ends:
  - {when: {text: dead}, verdict: DEAD}
  - {when: {text: again}, verdict: RECONNECT}
  - {when: {prefix: "go "}, capture: {where: {regex: "go (.*)"}}, verdict: MIGRATE, url: "${where}"}
  - {when: {text: never}, verdict: NEVER}
transcript:
- {peer: {text: "welcome 7"}}
- {holter: {prefix: "a "}, capture: {n: {regex: "a (.*)"}}}
- {peer: {text: "a ${n}"}}
- {peer: {bytes: "0B 01"}}
- {peer: {text: "?who"}}
- {peer: {bytes: "0D 01 02 03 04"}}
- {peer: {text: "no ${n}"}}
- {peer: {text: "go wss://elsewhere.example.org/"}}
)yaml";

// Nothing but one beat that counts from its answer and is sent again.
constexpr std::string_view kPatient = R"yaml(
name: patient
spec:
  protocol_heartbeat: {mode: OFF}
  beats:
  - {name: a, interval: 1s, timeout: 500ms, retries: [100ms, 200ms], misses_allowed: 2, cadence: AFTER_ANSWER,
     send: {text: "a ${seq}"}, expect: {regex: "^a (\\d+)$"}, correlate: {regex_group: 1, equals: seq}}
transcript:
- {holter: {prefix: "a "}, capture: {n: {regex: "a (.*)"}}}
- {peer: {text: "a ${n}"}}
)yaml";

// Frames are a stream of packed bytes with messages in them.
constexpr std::string_view kStream = R"yaml(
name: stream
spec:
  protocol_heartbeat: {answer: ANSWER_ANY_INBOUND}
  decode: [{decompress: ZLIB_STREAM}, {split: {length: VARINT, across_frames: true}}, {split: {json_array: true}}, {strip: "x"}]
  answers:
  - {when: {json: [{pointer: /ping, exists: true}]}, send: {json: {pong: "${message:/ping}"}}}
  watchdogs:
  - {name: any, when: {anything: true}, within: 20s, degraded_after: 5s}
  - {name: pings, when: {frame: PING}, within: 60s}
transcript:
- {peer: {text: "\f[{\"ping\":1}]"}, packed: ZLIB_STREAM}
- {peer: {text: "\f[{\"ping\":2}]\x05{"}, packed: ZLIB_STREAM}
- {peer: {text: p, frame: PING}}
)yaml";

}  // namespace

std::vector<v1::Preset> OwnPresets() {
  std::vector<v1::Preset> own;
  for (const std::string_view text : {kSwitches, kLadder, kPatient, kStream}) {
    if (const absl::Status parsed = spec::ParseYaml(text, "own", own.emplace_back()); !parsed.ok()) {
      fmt::print(stderr, "{}\n", std::string(parsed.message()));
      std::abort();
    }
  }
  return own;
}

}  // namespace holter::fuzz
