// One client's place in something that goes on: what the streams of the API are made of.
#pragma once

#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace holter::registry {

// Used by one thread at a time, but for IsDue. What a slow client costs is bounded by the reader.
template <class Response>
class StreamReader {
 public:
  virtual ~StreamReader() = default;

  // What is to be told next; nothing: not yet. An error ends the stream.
  virtual absl::StatusOr<std::optional<Response>> Next() = 0;
  // There is probably more to tell at once; otherwise who reads waits for its turn, and what comes meanwhile is told
  // together.
  virtual bool is_eager() const = 0;
  // Next has said nothing, and nothing will follow: the stream ends well.
  virtual bool finished() const = 0;
  // Next has something to say because of the time that it is, although nobody was woken. Thread-safe, but not while
  // Next runs.
  virtual bool IsDue(TimePoint now) const = 0;

  // `wake` is called once, from any thread, when Next has something to say again (at once if it has) or the reader has
  // finished; a new call replaces the old. After the reader is destroyed it is not called any more, and not running.
  virtual void OnReady(std::function<void()> wake) = 0;
};

}  // namespace holter::registry
