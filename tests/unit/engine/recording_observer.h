// Observers that remember what they heard.
#pragma once

#include <atomic>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "base/operation_observer.h"
#include "core/session_observer.h"

namespace holter::engine {

// For one loop's thread.
class RecordingObserver final : public core::SessionObserver {
 public:
  void OnTransition(core::SessionId, const core::Transition& transition) override {
    if (throw_on_transition) throw std::runtime_error("the observer was told to throw");
    transitions.push_back(transition);
  }
  void OnBeat(core::SessionId, const core::BeatReport& report) override { beats.push_back(report); }
  void OnAttempt(core::SessionId, const core::AttemptReport& report) override { attempts.push_back(report); }
  void OnPhase(core::SessionId, core::Phase phase, Duration took) override { phases.emplace_back(phase, took); }
  void OnTcpRtt(core::SessionId, const core::TcpRtt& rtt) override { tcp_rtts.push_back(rtt); }
  void OnTraffic(core::SessionId, const core::Traffic& delta) override {
    ++traffic_calls;
    traffic.messages_in += delta.messages_in;
    traffic.messages_out += delta.messages_out;
    traffic.bytes_in += delta.bytes_in;
    traffic.bytes_out += delta.bytes_out;
  }
  void OnBegin(core::SessionId, core::State state, core::Health health) override { begins.emplace_back(state, health); }
  void OnEnd(core::SessionId, core::State state, core::Health health) override { ends.emplace_back(state, health); }

  int Beats(core::BeatReport::Kind kind) const {
    int count = 0;
    for (const core::BeatReport& report : beats) count += report.kind == kind ? 1 : 0;
    return count;
  }

  bool throw_on_transition = false;
  std::vector<core::Transition> transitions;
  std::vector<core::BeatReport> beats;
  std::vector<core::AttemptReport> attempts;
  std::vector<std::pair<core::Phase, Duration>> phases;
  std::vector<core::TcpRtt> tcp_rtts;
  core::Traffic traffic;
  int traffic_calls = 0;
  std::vector<std::pair<core::State, core::Health>> begins;
  std::vector<std::pair<core::State, core::Health>> ends;
};

// Any thread.
class RecordingOperations final : public OperationObserver {
 public:
  void OnStoreCommit(Duration, size_t, bool) override {}
  void OnRpc(std::string_view, std::string_view, Duration) override {}
  void OnLoopLag(int, Duration lag) override {
    ++ticks;
    if (lag.count() > worst_lag) worst_lag = lag.count();
  }
  void OnException(std::string_view) override { ++exceptions; }

  std::atomic<int> ticks = 0;
  std::atomic<int> exceptions = 0;
  std::atomic<Duration::rep> worst_lag = 0;
};

}  // namespace holter::engine
