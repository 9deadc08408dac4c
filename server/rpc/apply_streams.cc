#include "rpc/apply_streams.h"

#include "rpc/apply_reactor.h"

namespace holter::rpc {

absl::Status ApplyStreams::Add(const std::shared_ptr<ApplyReactor>& stream) {
  const std::lock_guard lock(mutex_);
  if (closed_.ok()) {
    streams_.insert(stream);
  }
  return closed_;
}

void ApplyStreams::Remove(const std::shared_ptr<ApplyReactor>& stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

void ApplyStreams::Close(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = status;
  }
  for (const std::shared_ptr<ApplyReactor>& stream : Streams()) {
    stream->EndReading(status);
  }
}

void ApplyStreams::EndAll(const absl::Status& status) {
  for (const std::shared_ptr<ApplyReactor>& stream : Streams()) {
    stream->End(status);
  }
}

void ApplyStreams::EndIdleSince(TimePoint time) {
  for (const std::shared_ptr<ApplyReactor>& stream : Streams()) {
    stream->EndIfIdleSince(time);
  }
}

std::vector<std::shared_ptr<ApplyReactor>> ApplyStreams::Streams() {
  const std::lock_guard lock(mutex_);
  return {streams_.begin(), streams_.end()};
}

}  // namespace holter::rpc
