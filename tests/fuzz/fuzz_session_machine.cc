// Drives one session machine with a script of bytes: a declaration, then events in any order and at any time. The laws
// of the simulator hold here too; a broken one aborts.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/session_machine.h"
#include "tests/fuzz/script_reader.h"
#include "tests/sim/session_checker.h"

namespace {

using holter::Duration;
using holter::core::SharedSpec;
using holter::core::State;
using holter::fuzz::ScriptReader;
using std::chrono::milliseconds;

constexpr size_t kLongestText = 7;  // so that many steps fit

holter::core::Cadence ReadCadence(ScriptReader& script) {
  holter::core::Cadence cadence;
  cadence.interval = std::max<Duration>(milliseconds(50), script.Time());
  cadence.timeout = std::max<Duration>(milliseconds(10), script.Time());
  cadence.first_delay = script.Time();
  if (script.Byte() % 2 == 0) cadence.first_delay = {};
  cadence.misses_allowed = script.Byte() % 101;
  return cadence;
}

holter::core::BeatSpec ReadBeat(ScriptReader& script, int number) {
  holter::core::BeatSpec beat;
  beat.name = fmt::format("b{}", number);
  beat.cadence = ReadCadence(script);
  beat.send = *holter::core::MessageTemplate::FromText("q${seq}");
  const uint8_t kind = script.Byte() % 3;
  if (kind == 0) return beat;
  beat.expect = *holter::core::Matcher::Regex("^a(\\d+)$");
  if (kind == 1)
    beat.correlate = holter::core::Correlation{.place = *holter::core::Extractor::Regex("^a(\\d+)$"),
                                               .variable = holter::core::Variable::kSeq};
  return beat;
}

SharedSpec ReadSpec(ScriptReader& script) {
  SharedSpec spec;
  const uint8_t shape = script.Byte();
  spec.protocol.active = (shape & 1) != 0;
  spec.protocol.answer = static_cast<holter::core::PongRule>(shape / 2 % 3);
  spec.protocol.payload = *holter::core::MessageTemplate::FromText((shape & 8) != 0 ? "${seq}" : "same");
  spec.protocol.cadence = ReadCadence(script);
  for (int i = 0; i < (shape >> 4) % 4; ++i) spec.beats.push_back(ReadBeat(script, i));
  spec.reconnect.first_delay = script.Time();
  spec.reconnect.max_delay = spec.reconnect.first_delay + script.Time();
  spec.reconnect.jitter = script.Byte() / 255.0;
  spec.reconnect.factor = 1 + script.Byte() / 28.0;
  spec.close.rules = {{.kind = holter::core::CloseRule::Kind::kCloseCode,
                       .first = 4000,
                       .last = 4010,
                       .then = static_cast<holter::core::RetryClass>(script.Byte() % 4)}};
  return spec;
}

// One machine, its checker and the time.
class Drive {
 public:
  explicit Drive(ScriptReader& script)
      : script_(script),
        spec_(std::make_shared<const SharedSpec>(ReadSpec(script))),
        machine_(spec_, tick_.now, &random_),
        checker_(machine_, *spec_) {}

  void Run() {
    machine_.Start(tick_, actions_);
    Check();
    while (!script_.done()) {
      Step();
      Check();
    }
    machine_.Stop(tick_, holter::core::StopCause::kShutdown, actions_);
    Check();
    if (machine_.NextDeadline() != holter::kNever) std::abort();
  }

 private:
  void Step() {
    switch (script_.Byte() % 16) {
      case 0:
        return PassTime();
      case 1:
      case 2:
        return FollowTimer();
      case 3:
        tick_.now += script_.Time();
        tick_.stalled_until = tick_.now;
        return Timer();
      case 4:
        return Open();
      case 5:
        return FailDial();
      case 6:
        return machine_.OnPong(tick_, script_.Text(kLongestText), actions_);
      case 7:
        return machine_.OnPong(tick_, fmt::format("{}", script_.Byte()), actions_);
      case 8:
        return machine_.OnMessage(tick_, holter::core::FrameKind::kText, fmt::format("a{}", script_.Byte()), actions_);
      case 9:
        return machine_.OnInbound(tick_, script_.Byte(), actions_);
      case 10:
        return Close();
      case 11:
        return Update();
      case 12:
        return machine_.Pause(tick_, actions_);
      case 13:
        return machine_.Resume(tick_, actions_);
      case 14:
        return Reconnect();
      default:
        (void)machine_.Snapshot();
        machine_.OnPing(tick_, "", actions_);
        return machine_.OnMessage(tick_, holter::core::FrameKind::kBinary, script_.Text(kLongestText), actions_);
    }
  }

  // Not beyond the next deadline: later than that only a stall comes.
  void PassTime() {
    const Duration wanted = script_.Time();
    if (machine_.NextDeadline() > tick_.now)
      tick_.now += std::min<Duration>(wanted, machine_.NextDeadline() - tick_.now);
  }

  // As a runner does: at the deadline, perhaps a little late.
  void FollowTimer() {
    if (machine_.NextDeadline() == holter::kNever) return;
    tick_.now = std::max(tick_.now, machine_.NextDeadline());
    Timer();
  }

  void Timer() {
    holter::core::LinkState link;
    const uint8_t flags = script_.Byte();
    link.write_blocked = (flags & 1) != 0;
    link.unacked_bytes = (flags & 2) != 0;
    machine_.OnTimer(tick_, link, actions_);
    if (machine_.NextDeadline() <= tick_.now) std::abort();
  }

  void Open() {
    if (machine_.state() == State::kConnecting) checker_.OnOpened(tick_);
    machine_.OnOpened(tick_, {.peer_address = "192.0.2.1:80", .subprotocol = script_.Text(kLongestText)}, actions_);
  }

  void FailDial() {
    if (machine_.state() == State::kConnecting) checker_.OnDialEnded();
    holter::core::DialFailure failure;
    failure.reason = static_cast<holter::core::Reason>(1 + script_.Byte() % (holter::core::kReasonCount - 1));
    failure.http_status = script_.Byte() * 3;
    if (script_.Byte() % 2 == 0) failure.retry_after = script_.Time() - milliseconds(100);
    machine_.OnDialFailed(tick_, std::move(failure), actions_);
  }

  void Close() {
    if (machine_.state() == State::kOpen) checker_.OnClosed();
    holter::core::CloseInfo info;
    const uint8_t code = script_.Byte();
    info.code = static_cast<uint16_t>(code == 0 ? 0 : code < 128 ? 1000 + code % 16 : 4000 + code % 16);
    info.reason = code == 0 ? holter::core::Reason::kPeerReset : holter::core::Reason::kPeerClosed;
    machine_.OnClosed(tick_, std::move(info), actions_);
  }

  // The same declaration, so that the checker's idea of it stays right.
  void Update() {
    const bool reconnect = script_.Byte() % 2 == 0;
    if (reconnect) checker_.OnReconnectWanted();
    machine_.Update(tick_, spec_, reconnect, actions_);
  }

  void Reconnect() {
    const Duration after = script_.Byte() % 2 == 0 ? Duration::zero() : script_.Time();
    if (after > Duration::zero()) checker_.OnReconnectPlanned();
    machine_.Reconnect(tick_, after, actions_);
  }

  void Check() {
    const std::string broken = checker_.Check(tick_, actions_);
    actions_.clear();
    if (broken.empty()) return;
    fmt::print(stderr, "broken law: {}\n", broken);
    std::abort();
  }

  ScriptReader& script_;
  holter::core::Tick tick_{.now = holter::TimePoint(std::chrono::hours(1)), .wall = holter::WallTime()};
  holter::Random random_{1};
  std::shared_ptr<const SharedSpec> spec_;
  holter::core::SessionMachine machine_;
  holter::sim::SessionChecker checker_;
  holter::core::ActionList actions_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ScriptReader script(data, size);
  Drive(script).Run();
  return 0;
}
