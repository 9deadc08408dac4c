// The whole rule engine: sessions on presets, with peers that say what their transcripts show, that bent, or anything,
// at any time. Nothing crashes, nothing is sent without a connection, every timer has an end, and what a peer can make
// a session send, tell and keep is bounded.
#include <fmt/format.h>
#include <sanitizer/allocator_interface.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/session_machine.h"
#include "tests/fuzz/dialect_laws.h"
#include "tests/fuzz/dialect_script.h"
#include "tests/fuzz/script_reader.h"
#include "tests/fuzz/spoken_preset.h"

namespace {

using namespace holter::fuzz;
using holter::Duration;
using holter::core::InboundKind;
using holter::core::State;
using std::chrono::milliseconds;

// Of a session: captures, keys of watchdogs, what is unpacked and put together.
constexpr size_t kMostBytes = size_t{24} << 20;
constexpr size_t kMostSteps = 4096;

// One machine, its peer, its laws and the time.
class Drive {
 public:
  explicit Drive(ScriptReader& script) : script_(script), preset_(&SpokenPreset::At(script.Byte())), peer_(*preset_) {}

  void Run() {
    const size_t before = __sanitizer_get_current_allocated_bytes();
    machine_.Start(tick_, actions_);
    Act();
    for (size_t step = 0; step < kMostSteps && !script_.done(); ++step)
      Take(static_cast<Step>(script_.Byte() % kSteps));
    const size_t after = __sanitizer_get_current_allocated_bytes();
    Require(after < before + kMostBytes, "too much is remembered");
    (void)machine_.Vitals();
    machine_.Stop(tick_, holter::core::StopCause::kShutdown, actions_);
    Act();
    Require(machine_.NextDeadline() == holter::kNever, "a deadline after the end");
  }

 private:
  static void Require(bool held, std::string_view law) {
    if (held) return;
    fmt::print(stderr, "broken law: {}\n", law);
    std::abort();
  }

  void Take(Step step) {
    switch (step) {
      case Step::kPass:
        return PassTime(script_.Time());
      case Step::kFollow:
        return Follow(script_.Byte());
      case Step::kStall:
        return Stall(script_.Time());
      case Step::kText:
        return Hear({.kind = InboundKind::kText, .payload = script_.Text()});
      case Step::kBinary:
        return Hear({.kind = InboundKind::kBinary, .payload = script_.Text()});
      case Step::kPing:
        return Hear({.kind = InboundKind::kPing, .payload = script_.Text()});
      case Step::kPong:
        return Hear({.kind = InboundKind::kPong, .payload = script_.Byte() % 2 == 0 ? last_ping_ : "another"});
      case Step::kLine:
        return SayLine(false);
      case Step::kBentLine:
        return SayLine(true);
      case Step::kEcho:
        return Hear(last_said_);
      case Step::kAgain:
        return HearAgain(script_.Byte());
      default:
        return TakeRare(step);
    }
  }

  void TakeRare(Step step) {
    switch (step) {
      case Step::kOpen:
        return Open();
      case Step::kFailDial:
        return FailDial();
      case Step::kClose:
        return Close();
      case Step::kUpdate:
        return Update();
      default:
        return Wish(script_.Byte());
    }
  }

  void PassTime(Duration wanted) {
    if (machine_.NextDeadline() > tick_.now) Advance(std::min<Duration>(wanted, machine_.NextDeadline() - tick_.now));
  }

  void Advance(Duration by) {
    tick_.now += by;
    tick_.wall += by;
  }

  void Follow(int turns) {
    for (int turn = 0; turn <= turns && machine_.NextDeadline() != holter::kNever; ++turn) {
      if (machine_.NextDeadline() > tick_.now) Advance(machine_.NextDeadline() - tick_.now);
      Timer();
    }
  }

  void Stall(Duration time) {
    Advance(time);
    tick_.stalled_until = tick_.now;
    laws_.OnStalled(tick_);
    Timer();
  }

  void Timer() {
    machine_.OnTimer(tick_, {}, actions_);
    Act();
    Require(machine_.NextDeadline() > tick_.now, "a timer that comes at once again");
  }

  void SayLine(bool bent) {
    const uint8_t number = script_.Byte();
    if (preset_->peer_lines() == 0) return;
    Conversation::Message message = peer_.Say(number);
    if (bent && !message.payload.empty()) {
      const size_t place = script_.Byte() * 7 % message.payload.size();
      const std::string text = script_.Text();
      message.payload.replace(place, text.size(), text);
    }
    Hear(std::move(message));
  }

  void HearAgain(int times) {
    const Conversation::Message last = last_heard_;
    const Conversation::Message other = times % 2 == 0 ? last : heard_before_;
    for (int left = times; left >= 0; --left) Hear(left % 2 == 0 ? last : other);
  }

  void Hear(Conversation::Message message) {
    heard_before_ = std::exchange(last_heard_, message);
    if (machine_.state() != State::kOpen) return;
    laws_.OnHeard(tick_);
    machine_.OnInbound(tick_, message.payload.size() + 2, actions_);
    const bool decoded = !machine_.spec().dialect.decoder.empty();
    switch (message.kind) {
      case InboundKind::kPing:
        machine_.OnPing(tick_, message.payload, actions_);
        break;
      case InboundKind::kPong:
        machine_.OnPong(tick_, message.payload, actions_);
        break;
      default:
        machine_.OnMessage(
            tick_,
            message.kind == InboundKind::kText ? holter::core::FrameKind::kText : holter::core::FrameKind::kBinary,
            message.payload, actions_);
    }
    Act(decoded ? holter::core::DecoderSpec::kMostMessages : 1);
  }

  void Open() {
    if (machine_.state() != State::kConnecting) return;
    holter::core::OpenInfo info{.peer_address = "192.0.2.1:443"};
    const auto reveal = [&info](const holter::core::ParameterList& list) {
      for (const holter::core::ParameterValue& value : list) {
        if (value.secret) info.secrets.emplace_back(value.slot, holter::Secret("secret"));
      }
    };
    reveal(machine_.spec().dialect.secrets);
    if (preset_->session().parameters != nullptr) reveal(*preset_->session().parameters);
    laws_.OnOpened(tick_);
    peer_ = Conversation(*preset_);
    machine_.OnOpened(tick_, std::move(info), actions_);
    Act();
  }

  void FailDial() {
    const auto reason = static_cast<holter::core::Reason>(1 + script_.Byte() % (holter::core::kReasonCount - 1));
    if (machine_.state() != State::kConnecting) return;
    laws_.OnEnded();
    machine_.OnDialFailed(tick_, {.reason = reason, .detail = "because"}, actions_);
    Act();
  }

  void Close() {
    const uint8_t code = script_.Byte();
    if (machine_.state() != State::kOpen) return;
    laws_.OnEnded();
    holter::core::CloseInfo info;
    info.code = static_cast<uint16_t>(code == 0 ? 0 : code < 128 ? 1000 + code % 16 : 4000 + code % 16);
    info.reason = code == 0 ? holter::core::Reason::kPeerReset : holter::core::Reason::kPeerClosed;
    machine_.OnClosed(tick_, std::move(info), actions_);
    Act();
  }

  void Update() {
    const bool other = script_.Byte() % 2 != 0;
    if (other) preset_ = &SpokenPreset::At(script_.Byte());
    laws_.OnUpdated();
    machine_.Update(tick_, preset_->session().shared, other, actions_, preset_->session().parameters);
    if (other) peer_ = Conversation(*preset_);
    Act();
  }

  void Wish(uint8_t which) {
    if (which % 3 == 0) machine_.Pause(tick_, actions_);
    if (which % 3 == 1) machine_.Resume(tick_, actions_);
    if (which % 3 == 2) machine_.Reconnect(tick_, milliseconds(which), actions_);
    Act();
  }

  // Lets the peer hear what was said, and judges it.
  void Act(size_t messages = 0) {
    const std::string broken = laws_.Check(tick_, actions_, messages);
    Require(broken.empty(), broken);
    for (holter::core::Action& action : actions_) {
      if (auto* const ping = std::get_if<holter::core::PingAction>(&action)) {
        peer_.Hear(InboundKind::kPing, ping->payload);
        last_ping_ = std::move(ping->payload);
      } else if (auto* const send = std::get_if<holter::core::SendAction>(&action)) {
        const bool binary = send->kind == holter::core::FrameKind::kBinary;
        last_said_ = {.kind = binary ? InboundKind::kBinary : InboundKind::kText, .payload = std::move(send->payload)};
        peer_.Hear(last_said_.kind, last_said_.payload);
      }
    }
    actions_.clear();
    (void)machine_.Snapshot();
  }

  ScriptReader& script_;
  holter::core::Tick tick_{.now = holter::TimePoint(std::chrono::hours(1)),
                           .wall = holter::WallTime(std::chrono::seconds(1700000000))};
  holter::Random random_{1};
  const SpokenPreset* preset_;
  Conversation peer_;
  holter::core::SessionMachine machine_{preset_->session().shared, tick_.now, &random_, false,
                                        preset_->session().parameters};
  DialectLaws laws_{machine_};
  holter::core::ActionList actions_;
  std::string last_ping_;
  Conversation::Message last_said_;
  Conversation::Message last_heard_;
  Conversation::Message heard_before_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ScriptReader script(data, size);
  Drive(script).Run();
  return 0;
}
