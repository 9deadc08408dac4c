#include "engine/frame_log.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <type_traits>
#include <utility>

namespace holter::engine {
namespace {

// Stands before the payload.
struct RecordHead {
  core::SessionId session = 0;
  int64_t at = 0;  // nanoseconds of the calendar
  uint32_t size = 0;
  uint16_t kept = 0;
  core::FrameDirection direction{};
  core::FrameType type{};
};
static_assert(sizeof(RecordHead) == 24 && std::is_trivially_copyable_v<RecordHead>);

template <typename Visit>
void ForEachRecord(std::string_view records, const Visit& visit) {
  RecordHead head;
  while (!records.empty()) {
    std::memcpy(&head, records.data(), sizeof head);
    visit(head, records.substr(sizeof head, head.kept));
    records.remove_prefix(sizeof head + head.kept);
  }
}

core::Frame FrameOf(const RecordHead& head, std::string_view payload) {
  return {.at = WallTime(Duration(head.at)),
          .direction = head.direction,
          .type = head.type,
          .size = head.size,
          .payload = payload};
}

}  // namespace

void FrameLog::Add(core::SessionId session, const core::Frame& frame) {
  const std::string_view kept = frame.payload.substr(0, kMostPayload);
  const RecordHead head{.session = session,
                        .at = frame.at.time_since_epoch().count(),
                        .size = static_cast<uint32_t>(frame.size),
                        .kept = static_cast<uint16_t>(kept.size()),
                        .direction = frame.direction,
                        .type = frame.type};
  if (newer_.size() + sizeof head + kept.size() > kBytes / 2) {
    older_.swap(newer_);
    newer_.clear();
  }
  if (newer_.capacity() == 0) newer_.reserve(kBytes / 2);
  newer_.append(reinterpret_cast<const char*>(&head), sizeof head);
  newer_.append(kept);
  if (!observers_.empty()) Tell(session, FrameOf(head, kept));
}

void FrameLog::Tell(core::SessionId session, const core::Frame& frame) {
  const auto found = observers_.find(session);
  if (found == observers_.end()) return;
  std::erase_if(found->second, [&](const std::weak_ptr<FrameObserver>& weak) {
    const std::shared_ptr<FrameObserver> observer = weak.lock();
    if (observer != nullptr) observer->OnFrame(frame);
    return observer == nullptr;
  });
  if (found->second.empty()) observers_.erase(found);
}

void FrameLog::Watch(core::SessionId session, size_t most_recent, const std::weak_ptr<FrameObserver>& observer) {
  const std::shared_ptr<FrameObserver> watching = observer.lock();
  if (watching == nullptr) return;
  std::deque<core::Frame> recent;
  const auto keep = [&](const RecordHead& head, std::string_view payload) {
    if (head.session != session || most_recent == 0) return;
    if (recent.size() == most_recent) recent.pop_front();
    recent.push_back(FrameOf(head, payload));
  };
  ForEachRecord(older_, keep);
  ForEachRecord(newer_, keep);
  for (const core::Frame& frame : recent) watching->OnFrame(frame);
  std::vector<std::weak_ptr<FrameObserver>>& observers = observers_[session];
  std::erase_if(observers, [](const auto& weak) { return weak.expired(); });
  observers.push_back(observer);
}

void FrameLog::Forget(core::SessionId session) {
  const auto found = observers_.find(session);
  if (found == observers_.end()) return;
  const std::vector<std::weak_ptr<FrameObserver>> observers = std::move(found->second);
  observers_.erase(found);
  for (const std::weak_ptr<FrameObserver>& weak : observers) {
    if (const std::shared_ptr<FrameObserver> observer = weak.lock()) observer->OnSessionGone();
  }
}

}  // namespace holter::engine
