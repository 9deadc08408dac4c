// What the aggregates add to a heartbeat: one report that it was sent, one that it was answered, with its round trip.
//
// usage: heartbeat_metrics_cost
// Prints one JSON object: nanoseconds a heartbeat, from one thread and from two that feed the same group without pause.
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "observe/metrics.h"

namespace {

constexpr int kHeartbeats = 2'000'000;

double Measure(holter::core::SessionObserver& group, int threads) {
  using Kind = holter::core::BeatReport::Kind;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&group] {
      for (int n = 0; n < kHeartbeats; ++n) {
        group.OnBeat(1, {.kind = Kind::kSent});
        group.OnBeat(1, {.kind = Kind::kAcked, .rtt = std::chrono::nanoseconds(50'000 + n)});
      }
    });
  }
  running.clear();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / kHeartbeats;
}

}  // namespace

int main() {
  holter::observe::Metrics metrics({.clock = &holter::SystemClock(), .version = HOLTER_VERSION});
  holter::core::SessionObserver& group = *metrics.ObserverFor("default", "bench");
  const double one = Measure(group, 1);
  const double two = Measure(group, 2);
  printf("{\"one_thread_ns\":%.0f,\"two_threads_ns\":%.0f}\n", one, two);
  return 0;
}
