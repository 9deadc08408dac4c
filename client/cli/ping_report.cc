#include "client/cli/ping_report.h"

#include <fmt/format.h>

#include <utility>

#include "base/printable_text.h"

namespace holter::cli {
namespace {

std::string Ms(Duration duration) {
  return fmt::format("{:.3f} ms", std::chrono::duration<double, std::milli>(duration).count());
}

const char* NameOf(const core::BeatReport& report) { return report.app ? "app" : "protocol"; }

}  // namespace

PingReport::Layer& PingReport::LayerOf(const core::BeatReport& report) { return report.app ? app_ : protocol_; }

bool PingReport::Judges(const Layer& layer) const { return &layer == &app_ ? options_.app : options_.protocol; }

void PingReport::Say(const std::string& line) {
  if (options_.quiet) return;
  *options_.out << line << "\n" << std::flush;
  if (!*options_.out) Finish();
}

void PingReport::OnPhase(core::SessionId /*id*/, core::Phase phase, Duration took) {
  absl::MutexLock lock(&mutex_);
  phases_ += fmt::format(" {}={}", core::Word(phase), Ms(took));
}

void PingReport::OnTcpRtt(core::SessionId /*id*/, const core::TcpRtt& rtt) {
  absl::MutexLock lock(&mutex_);
  tcp_ = rtt;
  tcp_smoothed_.Add(rtt.smoothed);
}

void PingReport::OnTransition(core::SessionId /*id*/, const core::Transition& transition) {
  absl::MutexLock lock(&mutex_);
  if (done_ || transition.state == transition.from_state) return;
  if (transition.state == core::State::kOpen) {
    connected_once_ = true;
    lost_ = false;
    Say(fmt::format("open{}", std::exchange(phases_, {})));
    return;
  }
  if (transition.state != core::State::kBackoff && transition.state != core::State::kStopped) return;
  phases_.clear();
  LoseOutstanding();
  lost_ = true;
  const char* const what = transition.from_state == core::State::kOpen ? "connection lost" : "no connection";
  Say(fmt::format("{}: {}{}{}", what, core::Word(transition.reason), transition.detail.empty() ? "" : ": ",
                  PrintableText(transition.detail)));
  if (!connected_once_ || transition.state == core::State::kStopped) Finish();
  FinishIfJudged();
}

void PingReport::OnBeat(core::SessionId /*id*/, const core::BeatReport& report) {
  absl::MutexLock lock(&mutex_);
  Layer& layer = LayerOf(report);
  const bool is_keepalive = report.app && (options_.keepalives >> report.beat & 1U) != 0;
  if (done_ || is_keepalive || !Judges(layer)) return;
  switch (report.kind) {
    case core::BeatReport::Kind::kSent:
      OnSent(layer);
      break;
    case core::BeatReport::Kind::kAcked:
      OnAcked(layer, report);
      break;
    case core::BeatReport::Kind::kMissed:
      OnMissed(layer, report);
      break;
    case core::BeatReport::Kind::kExcused:
      if (!layer.outstanding.empty()) layer.outstanding.pop_front();
      --layer.sent;
      break;
    case core::BeatReport::Kind::kLate:
      Say(fmt::format("late {} answer{}", NameOf(report), report.rtt ? ", rtt=" + Ms(*report.rtt) : ""));
      break;
    case core::BeatReport::Kind::kSample:
    case core::BeatReport::Kind::kForeign:
    case core::BeatReport::Kind::kDuplicate:
    case core::BeatReport::Kind::kUnsolicited:
      break;
  }
  FinishIfJudged();
}

// Beats beyond the count go out while the last ones are awaited; they are nobody's business.
void PingReport::OnSent(Layer& layer) {
  if (options_.count > 0 && layer.sent >= options_.count) return;
  layer.outstanding.push_back(++layer.sent);
}

void PingReport::OnAcked(Layer& layer, const core::BeatReport& report) {
  if (layer.outstanding.empty()) return;
  const uint64_t seq = layer.outstanding.front();
  layer.outstanding.pop_front();
  ++layer.acked;
  std::string line = fmt::format("seq={} {}", seq, NameOf(report));
  if (report.rtt) {
    layer.rtts.Add(*report.rtt);
    line += " rtt=" + Ms(*report.rtt);
  }
  if (tcp_) line += " tcp=" + Ms(tcp_->min);
  Say(line);
}

void PingReport::OnMissed(Layer& layer, const core::BeatReport& report) {
  if (layer.outstanding.empty()) return;
  Say(fmt::format("seq={} {} no answer in time", layer.outstanding.front(), NameOf(report)));
  layer.outstanding.pop_front();
  ++layer.lost;
}

// What was asked over a connection that is gone will not be answered.
void PingReport::LoseOutstanding() {
  for (Layer* layer : {&protocol_, &app_}) {
    layer->lost += layer->outstanding.size();
    layer->outstanding.clear();
  }
}

void PingReport::FinishIfJudged() {
  if (options_.count == 0 || !JudgesAny()) return;
  for (const Layer* layer : {&protocol_, &app_}) {
    if (Judges(*layer) && layer->acked + layer->lost < options_.count) return;
  }
  Finish();
}

void PingReport::Finish() {
  if (!std::exchange(done_, true)) options_.on_done();
}

void PingReport::PrintLayer(const char* name, const Layer& layer) const {
  const uint64_t judged = layer.acked + layer.lost;
  std::string line =
      fmt::format("{}: {} sent, {} acked, {:.3g}% loss", name, layer.sent, layer.acked,
                  judged == 0 ? 0.0 : 100.0 * static_cast<double>(layer.lost) / static_cast<double>(judged));
  if (!layer.outstanding.empty()) line += fmt::format(", {} in flight", layer.outstanding.size());
  if (!layer.rtts.empty()) line += ", rtt " + layer.rtts.Summary();
  *options_.out << line << "\n";
}

void PingReport::PrintSummary() {
  absl::MutexLock lock(&mutex_);
  done_ = true;
  *options_.out << fmt::format("--- {} ---\n", options_.target);
  if (options_.protocol) PrintLayer("protocol", protocol_);
  if (options_.app) PrintLayer("app", app_);
  if (tcp_) {
    // The kernel's smoothed figure contains the peer's thinking time when its ACK rides on the answer.
    *options_.out << fmt::format("tcp: least rtt {}, smoothed {}\n", Ms(tcp_->min), tcp_smoothed_.Summary());
  }
  options_.out->flush();
}

bool PingReport::AllWell() const {
  absl::MutexLock lock(&mutex_);
  if (!connected_once_ || (!JudgesAny() && lost_)) return false;
  for (const Layer* layer : {&protocol_, &app_}) {
    if (Judges(*layer) && (layer->lost > 0 || layer->acked == 0)) return false;
  }
  return true;
}

}  // namespace holter::cli
