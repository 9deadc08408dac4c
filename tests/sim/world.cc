#include "tests/sim/world.h"

#include <fmt/format.h>

#include <utility>

namespace holter::sim {

size_t World::Add(std::shared_ptr<const core::SharedSpec> spec, PeerKind peer) {
  const size_t index = sessions_.size();
  auto session = std::make_unique<Session>();
  session->spec = spec;
  session->peer = peer;
  session->machine = std::make_unique<core::SessionMachine>(spec, tick_.now, &random_);
  session->checker = std::make_unique<SessionChecker>(*session->machine, *session->spec);
  sessions_.push_back(std::move(session));
  sessions_[index]->machine->Start(tick_, actions_);
  Finish(index);
  return index;
}

void World::PlanStall(Duration at, Duration by) { Push({.at = begin_ + at, .kind = Event::Kind::kStall, .stall = by}); }

void World::Plan(Duration at, std::function<void()> what) {
  Push({.at = begin_ + at, .kind = Event::Kind::kPlan, .plan = std::move(what)});
}

void World::Update(size_t index, std::shared_ptr<const core::SharedSpec> spec, bool reconnect) {
  sessions_[index]->spec = spec;
  if (reconnect) sessions_[index]->checker->OnReconnectWanted();
  sessions_[index]->machine->Update(tick_, std::move(spec), reconnect, actions_);
  Finish(index);
}

void World::Pause(size_t index) {
  sessions_[index]->machine->Pause(tick_, actions_);
  Finish(index);
}

void World::Resume(size_t index) {
  sessions_[index]->machine->Resume(tick_, actions_);
  Finish(index);
}

void World::Reconnect(size_t index, Duration after) {
  if (after > Duration::zero()) sessions_[index]->checker->OnReconnectPlanned();
  sessions_[index]->machine->Reconnect(tick_, after, actions_);
  Finish(index);
}

void World::Stop(size_t index) {
  sessions_[index]->machine->Stop(tick_, core::StopCause::kDeleted, actions_);
  Finish(index);
}

void World::RunUntil(Duration until) {
  while (failure_.empty() && !queue_.empty() && queue_.top()->at <= begin_ + until) {
    const std::shared_ptr<Event> event = queue_.top();
    queue_.pop();
    if (event->at > tick_.now) {
      tick_.wall += event->at - tick_.now;
      tick_.now = event->at;
    }
    ++events_;
    Handle(*event);
  }
}

void World::Push(Event event) {
  event.order = ++order_;
  queue_.push(std::make_shared<Event>(std::move(event)));
}

void World::Handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::kHappening:
      if (sessions_[event.session]->generation == event.generation) OnHappening(event.session, event.happening);
      return;
    case Event::Kind::kTimer:
      if (sessions_[event.session]->timer == event.at) OnTimer(event.session);
      return;
    case Event::Kind::kStall:
      Stall(event.stall);
      return;
    case Event::Kind::kPlan:
      event.plan();
      return;
  }
}

// As a loop that wakes: what has arrived meanwhile is read before any timer runs.
void World::Stall(Duration by) {
  tick_.now += by;
  tick_.wall += by;
  tick_.stalled_until = tick_.now;
  std::vector<std::shared_ptr<Event>> timers;
  while (failure_.empty() && !queue_.empty() && queue_.top()->at <= tick_.now) {
    const std::shared_ptr<Event> event = queue_.top();
    queue_.pop();
    if (event->kind == Event::Kind::kHappening) {
      Handle(*event);
    } else {
      timers.push_back(event);
    }
  }
  for (const std::shared_ptr<Event>& event : timers) {
    if (failure_.empty()) Handle(*event);
  }
}

void World::OnHappening(size_t index, const Happening& happening) {
  Session& session = *sessions_[index];
  core::SessionMachine& machine = *session.machine;
  switch (happening.kind) {
    case Happening::Kind::kOpened:
      session.checker->OnOpened(tick_);
      machine.OnOpened(tick_, {.peer_address = "192.0.2.1:443"}, actions_);
      break;
    case Happening::Kind::kDialFailed:
      session.checker->OnDialEnded();
      machine.OnDialFailed(tick_, happening.failure, actions_);
      break;
    case Happening::Kind::kPong:
      machine.OnInbound(tick_, happening.payload.size() + 2, actions_);
      machine.OnPong(tick_, happening.payload, actions_);
      break;
    case Happening::Kind::kMessage:
      machine.OnInbound(tick_, happening.payload.size() + 2, actions_);
      machine.OnMessage(tick_, core::FrameKind::kText, happening.payload, actions_);
      break;
    case Happening::Kind::kClosed:
      session.checker->OnClosed();
      machine.OnClosed(tick_, happening.close, actions_);
      break;
  }
  Finish(index);
}

void World::OnTimer(size_t index) {
  Session& session = *sessions_[index];
  session.timer = kNever;
  core::LinkState link;
  link.unacked_bytes = random_() % 2 == 0;
  session.machine->OnTimer(tick_, link, actions_);
  Finish(index);
  if (failure_.empty() && session.machine->NextDeadline() <= tick_.now) {
    failure_ = fmt::format("session {}: a timer that does not move on", index);
  }
}

void World::Finish(size_t index) {
  Session& session = *sessions_[index];
  const core::ActionList actions = std::exchange(actions_, {});
  const std::string broken = session.checker->Check(tick_, actions);
  if (!broken.empty()) {
    failure_ = fmt::format("session {} (peer kind {}) at {} s: {}", index, static_cast<int>(session.peer),
                           std::chrono::duration<double>(tick_.now - begin_).count(), broken);
    return;
  }
  for (const core::Action& action : actions) Perform(index, action);
  const TimePoint deadline = session.machine->NextDeadline();
  if (deadline == kNever || deadline == session.timer) return;
  session.timer = deadline;
  Push({.at = deadline, .kind = Event::Kind::kTimer, .session = index});
}

void World::Perform(size_t index, const core::Action& action) {
  Session& session = *sessions_[index];
  if (std::holds_alternative<core::DialAction>(action)) {
    ++session.generation;
    dials_.push_back(tick_.now - begin_);
    Schedule(index, OnDial(session.peer, random_));
  } else if (std::holds_alternative<core::DropAction>(action)) {
    ++session.generation;
  } else if (const auto* ping = std::get_if<core::PingAction>(&action)) {
    Schedule(index, OnPing(session.peer, ping->payload, random_));
  } else if (const auto* send = std::get_if<core::SendAction>(&action)) {
    Schedule(index, OnQuestion(session.peer, send->payload, random_));
  }
}

void World::Schedule(size_t index, const std::vector<Happening>& happenings) {
  for (const Happening& happening : happenings) {
    Push({.at = tick_.now + happening.after,
          .kind = Event::Kind::kHappening,
          .session = index,
          .generation = sessions_[index]->generation,
          .happening = happening});
  }
}

}  // namespace holter::sim
