#include "observe/beat_tape.h"

#include <algorithm>

namespace holter::observe {

BeatTape::Recording BeatTape::Look(core::SessionId id, TimePoint now) {
  absl::MutexLock lock(&mutex_);
  Place& place = Take(id, now);
  place.looked_at = now;
  return {.since = place.since, .beats = {place.beats.begin(), place.beats.end()}};
}

BeatTape::Place& BeatTape::Take(core::SessionId id, TimePoint now) {
  const auto found = std::find_if(places_.begin(), places_.end(), [id](const Place& place) { return place.id == id; });
  if (found != places_.end()) return *found;
  const size_t taken = places_taken_.load(std::memory_order_relaxed);
  size_t index = taken;
  if (taken == kMostSessions) {
    const auto oldest = std::min_element(places_.begin(), places_.end(), [](const Place& one, const Place& other) {
      return one.looked_at < other.looked_at;
    });
    index = static_cast<size_t>(oldest - places_.begin());
  }
  places_[index] = Place{.id = id, .since = now, .looked_at = now, .beats = {}};
  ids_[index].store(id, std::memory_order_relaxed);
  places_taken_.store(std::max(taken, index + 1), std::memory_order_relaxed);
  return places_[index];
}

bool BeatTape::IsRecorded(core::SessionId id) const {
  return std::any_of(ids_.begin(), ids_.end(),
                     [id](const auto& recorded) { return recorded.load(std::memory_order_relaxed) == id; });
}

void BeatTape::Record(core::SessionId id, const core::BeatReport& report, TimePoint now) {
  using Kind = core::BeatReport::Kind;
  const bool missed = report.kind == Kind::kMissed;
  const bool answered = report.kind == Kind::kAcked || report.kind == Kind::kLate || report.kind == Kind::kSample;
  if (!missed && !(answered && report.rtt)) return;
  absl::MutexLock lock(&mutex_);
  const auto place = std::find_if(places_.begin(), places_.end(), [id](const Place& other) { return other.id == id; });
  if (place == places_.end()) return;  // it has lost its place meanwhile
  if (place->beats.size() == kMostBeats) place->beats.pop_front();
  place->beats.push_back({.at = now, .kind = report.kind, .app = report.app, .beat = report.beat, .rtt = report.rtt});
}

}  // namespace holter::observe
