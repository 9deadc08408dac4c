// The rules of one session: what to do next, and whether the peer is alive. No I/O, no timer, no thread.
//
//            Start                  granted, opened
//   (new) ──────────▶ CONNECTING ─────────────────────▶ OPEN
//                      ▲      │ failed                    │ heartbeat dead, closed, reset
//                delay │      ▼                           ▼
//                      └─── BACKOFF ◀─────────────────────┤
//                                                         │ class NEVER (also from CONNECTING)
//                                                         ▼
//                                                      STOPPED
//   Pause from everywhere: drop, PAUSED.    Resume from PAUSED: CONNECTING.
//   Reconnect from everywhere but PAUSED: drop, CONNECTING.
//   Stop from everywhere: drop, FinishedAction.
//
// OPEN begins with the open script, if one is declared: until it is done only the protocol's heartbeat beats, nothing
// is watched and health is not judged. What it waits for in vain ends the connection.
//
// Health is judged apart. Until every heartbeat that can be judged has answered once on this connection, health stays
// what it was (UNKNOWN, or DOWN). HEALTHY: each was answered when last judged. DEGRADED: one was missed, not more often
// than allowed, or a watchdog is late. DOWN: one was missed too often (the connection is dropped at once), or the
// connection is lost or refused. Watchdogs count as heartbeats that are answered by what they wait for. A spec without
// anything that is judged: UNKNOWN while open, DOWN while not connected after a failure. PAUSED is always UNKNOWN.
//
// Definition of dead: a beat is late from the moment it was due. It is missed when due + timeout has passed and no
// answer has been read; the runner reads what had arrived before it calls OnTimer. What was outstanding when the loop
// was stalled is excused: a fresh beat goes out at once and has its full time.
//
// Owned by a runner, called by one thread at a time. Snapshot and Vitals may be called by others under the runner's
// lock.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "core/dialect_machine.h"
#include "core/heartbeat_machine.h"
#include "core/inbound_message.h"
#include "core/session_action.h"
#include "core/session_event.h"
#include "core/session_spec.h"
#include "core/session_status.h"
#include "core/variable.h"

namespace holter::core {

class SessionMachine {
 public:
  // `random` outlives the machine and is used by the same thread. `paused`: begins in PAUSED. `parameters` may be null.
  SessionMachine(std::shared_ptr<const SharedSpec> spec, TimePoint now, Random* random, bool paused = false,
                 std::shared_ptr<const ParameterList> parameters = nullptr);
  ~SessionMachine();
  SessionMachine(const SessionMachine&) = delete;
  SessionMachine& operator=(const SessionMachine&) = delete;

  // Every event appends what is to be done to `out`.

  // Once, first. Wants a DialAction, unless it begins in PAUSED.
  void Start(const Tick& tick, ActionList& out);
  // From every state, DropAction if there is anything to drop and FinishedAction follow.
  void Stop(const Tick& tick, StopCause cause, ActionList& out);
  // Takes a changed spec. `reconnect`: what the connection depends on changed, so it is dropped (operator) and dialled
  // anew at once. Otherwise the connection stays; beats that changed begin anew with their first delay counted from
  // now. A session in PAUSED stays there. A change of scope, parameters, open script or decoder needs `reconnect`.
  void Update(const Tick& tick, std::shared_ptr<const SharedSpec> spec, bool reconnect, ActionList& out,
              std::shared_ptr<const ParameterList> parameters = nullptr);

  // Lets go of what there is, politely, and waits in PAUSED. Does nothing when it is there already.
  void Pause(const Tick& tick, ActionList& out);
  // Dials again, as if it had never failed. Does nothing outside of PAUSED.
  void Resume(const Tick& tick, ActionList& out);
  // Wants a connection that is begun from now on, or `after` from now, with all failures forgotten; does nothing in
  // PAUSED. With an `after`, whoever connects or waits before that by itself has what is wanted and is let be.
  void Reconnect(const Tick& tick, Duration after, ActionList& out);

  // The attempt of the last DialAction.
  void OnPhase(const Tick& tick, Phase phase, ActionList& out);
  void OnOpened(const Tick& tick, OpenInfo info, ActionList& out);
  void OnDialFailed(const Tick& tick, DialFailure failure, ActionList& out);

  // The open connection. OnInbound comes before the event that the bytes make, and also when they make none yet.
  void OnInbound(const Tick& tick, size_t bytes, ActionList& out);
  void OnPing(const Tick& tick, std::string_view payload, ActionList& out);
  void OnPong(const Tick& tick, std::string_view payload, ActionList& out);
  void OnMessage(const Tick& tick, FrameKind kind, std::string_view payload, ActionList& out);
  void OnClosed(const Tick& tick, CloseInfo info, ActionList& out);
  void OnBytesWritten(size_t bytes);

  // Call when NextDeadline has come; early calls do nothing.
  void OnTimer(const Tick& tick, const LinkState& link, ActionList& out);
  // kNever if the machine waits for nothing. May be earlier than needed, never later.
  TimePoint NextDeadline() const;
  // True when OnTimer at `now` could declare a beat missed: then the runner reads the socket empty and asks the kernel
  // first.
  bool VerdictDue(TimePoint now) const;

  State state() const { return state_; }
  Health health() const { return health_; }
  SessionStatus Snapshot() const;
  SessionVitals Vitals() const;
  void SetTcpRtt(const TcpRtt& rtt);
  const SharedSpec& spec() const { return *spec_; }

 private:
  // Texts that most sessions do not have most of the time.
  struct RareTexts {
    std::string detail;
    std::string subprotocol;
    std::string migrate_url;  // for the next dial

    bool empty() const { return detail.empty() && subprotocol.empty() && migrate_url.empty(); }
  };

  // Everything about a move that is not in the fields yet.
  struct Move {
    State state = State::kConnecting;
    Health health = Health::kUnknown;
    Reason reason = Reason::kNone;
    Path path = Path::kUnknown;
    std::string detail;
  };

  // A message on its way out.
  struct Outgoing {
    BeatVariables variables;
    FrameKind kind = FrameKind::kText;
    std::string payload;
  };

  // Where the next attempt is decided.
  struct Loss {
    RetryClass then = RetryClass::kBackOff;
    Reason reason = Reason::kNone;
    Path path = Path::kUnknown;
    std::string detail;
    std::optional<Duration> retry_after;
  };

  // session_machine.cc: states; session_wishes.cc: what callers want.
  bool running() const { return started_ && !finished_; }
  bool IsOpen() const { return running() && state_ == State::kOpen; }
  Transition& Enter(const Tick& tick, Move move, ActionList& out);
  void Dial(ActionList& out);
  // The attempt or connection has ended.
  void Lose(const Tick& tick, Loss loss, ActionList& out);
  Duration DelayFor(const Loss& loss, bool stable);
  void ResetIfStable(TimePoint now);
  // Drops what there is and forgets its failures. Gives how long it was open, if it was.
  std::optional<Duration> LetGo(const Tick& tick, std::string_view farewell, ActionList& out);
  void BeginAnew(const Tick& tick, std::string_view farewell, std::string_view detail, ActionList& out);

  // session_heartbeats.cc: heartbeats and the health that follows from them; session_answers.cc: what the peer answers.
  // `connected`: the connection stays, and what it has said.
  void AdoptSpec(const Tick& tick, std::shared_ptr<const SharedSpec> spec,
                 std::shared_ptr<const ParameterList> parameters, bool connected);
  void AdoptHeartbeats(const Tick& tick, const SharedSpec* old_spec);
  size_t HeartbeatCount() const { return heartbeat_count_; }
  bool IsApp(size_t i) const { return i > 0 || !spec_->protocol.active; }
  size_t BeatIndex(size_t i) const { return spec_->protocol.active ? i - 1 : i; }
  const Cadence& CadenceOf(size_t i) const;
  bool AnyJudged() const;
  // Something is declared that may come to be judged.
  bool MayJudge() const;
  void StartHeartbeat(const Tick& tick, size_t i);
  void SendDue(const Tick& tick, ActionList& out);
  // False: the budget has no more for heartbeat i. Else it has less now.
  bool MaySend(const Tick& tick, size_t i);
  // Or skips its turn. Here and in the next two the connection may be given up.
  void SendHeartbeat(const Tick& tick, size_t i, ActionList& out);
  // Once more, with so long to the answer.
  void SendAgain(const Tick& tick, size_t i, Duration timeout, ActionList& out);
  // `again`: it is sent once more, as above.
  void WriteHeartbeat(const Tick& tick, size_t i, std::optional<Duration> again, ActionList& out);
  // False when the session died of heartbeat i.
  bool Judge(const Tick& tick, size_t i, const LinkState& link, ActionList& out);
  void Die(const Tick& tick, size_t i, bool starved, const LinkState& link, ActionList& out);
  // The connection is given up for what the peer did or did not do.
  void GiveUp(const Tick& tick, Loss loss, std::string_view farewell, ActionList& out);
  void Report(size_t i, BeatReport::Kind kind, std::optional<Duration> rtt, ActionList& out) const;
  void TakeAnswer(const Tick& tick, size_t i, const HeartbeatMachine::Answer& answer, ActionList& out);
  // What heartbeat i makes of a message; none if it is no answer to it.
  std::optional<BeatReport::Kind> Peek(size_t i, const InboundMessage& message, uint64_t& key) const;
  // The message as an answer to beats. True: it is one, so it asks nothing.
  bool AnswerBeats(const Tick& tick, const InboundMessage& message, ActionList& out);
  // A beat is answered with a no; then the session is dead.
  bool Refused(const Tick& tick, const InboundMessage& message, ActionList& out);
  void PutOffIdle(TimePoint now, bool sent);
  // `declared`: what has to be answered was declared anew.
  void JudgeHealth(const Tick& tick, ActionList& out, bool declared = false);
  void LoseHeartbeats();

  // session_dialect.cc: the open script, captures, answers, watchdogs and ends.
  bool opening() const { return dialect_ != nullptr && dialect_->opening(); }
  bool HoldsSecret(const MessageTemplate& message) const {
    return dialect_ != nullptr && (message.slots() & dialect_->secret_slots()) != 0;
  }
  // What a template makes of the present values; nothing when it would be a text that is no UTF-8.
  std::optional<Outgoing> Write(const Tick& tick, const MessageTemplate& message, uint64_t seq,
                                const InboundMessage* question);
  // The connection is given up because `what` could not be written.
  void FailToWrite(const Tick& tick, std::string_view what, ActionList& out);
  // False: it could not be written.
  bool SendMessage(const Tick& tick, const MessageTemplate& message, const InboundMessage* question, ActionList& out);
  void RunScript(const Tick& tick, ActionList& out);
  void FailScript(const Tick& tick, std::string_view what, const LinkState& link, ActionList& out);
  // True: the script waited for it.
  bool ScriptTakes(const Tick& tick, const InboundMessage& message, ActionList& out);
  void BeginBeats(const Tick& tick, ActionList& out);
  void OnDecoded(const Tick& tick, const InboundMessage& message, ActionList& out);
  void OnControl(const Tick& tick, const InboundMessage& message, ActionList& out);
  // Whether it is what watchdogs wait for.
  void WatchFor(const Tick& tick, const InboundMessage& message, ActionList& out);
  void AnswerQuestion(const Tick& tick, const InboundMessage& message, ActionList& out);
  // False: the peer asks more often than it may be answered, and the connection is given up.
  bool MayAnswer(const Tick& tick, ActionList& out);
  // The beat that the rule wants at once.
  void HurryBeat(const Tick& tick, const AnswerSpec& rule, ActionList& out);
  void EndIfTold(const Tick& tick, const InboundMessage& message, ActionList& out);
  void Recompute(const Tick& tick, ActionList& out);
  // False when the session died of the script or of a watchdog.
  bool JudgeDialect(const Tick& tick, const LinkState& link, ActionList& out);
  void DieOfWatchdog(const Tick& tick, const LinkState& link, ActionList& out);
  std::string MissDetail(size_t i) const;
  BeatStatus StatusOf(size_t i) const;

  void SetRare(std::string RareTexts::*which, std::string text);
  void SetDetail(std::string detail) { SetRare(&RareTexts::detail, std::move(detail)); }
  void SetSubprotocol(std::string subprotocol) { SetRare(&RareTexts::subprotocol, std::move(subprotocol)); }

  std::shared_ptr<const SharedSpec> spec_;
  Random* random_;
  std::unique_ptr<HeartbeatMachine[]> heartbeats_;  // the protocol's first if it is active, then by SharedSpec::beats
  std::unique_ptr<DialectMachine> dialect_;         // null: the spec has none
  std::unique_ptr<RareTexts> rare_;
  TimePoint state_since_;
  TimePoint health_since_;
  TimePoint down_since_ = TimePoint::min();                 // min: was not down since it was healthy last
  TimePoint last_alive_ = TimePoint::min();                 // min: never
  TimePoint next_dial_ = kNever;                            // in BACKOFF; elsewhere only if a reconnect is planned
  WallTime tls_expiry_ = WallTime::min();                   // min: not wss, or not open
  TcpRtt tcp_rtt_{.min = Duration::min(), .smoothed = {}};  // min: not known
  Traffic traffic_;
  std::string peer_address_;
  uint32_t attempts_ = 0;  // since the last stable connection
  uint32_t reconnects_ = 0;
  uint16_t backoff_step_ = 0;
  uint16_t last_close_code_ = 0;
  uint16_t last_http_status_ = 0;
  State state_ = State::kConnecting;
  Health health_ = Health::kUnknown;
  Reason reason_ = Reason::kNone;
  Path path_ = Path::kUnknown;
  uint8_t heartbeat_count_ = 0;
  bool started_ : 1 = false;
  bool finished_ : 1 = false;
  bool dialled_ : 1 = false;    // an attempt was begun before the present one
  bool redialled_ : 1 = false;  // the present attempt is not the first
  bool was_open_ : 1 = false;
  bool migrated_ : 1 = false;  // the present attempt goes where the peer has sent us
};

}  // namespace holter::core
