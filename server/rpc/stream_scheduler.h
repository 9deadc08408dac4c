// The thread that serves streams between their writes: it takes the wakes off the threads that make changes, and cuts
// off clients that do not read.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "rpc/served_stream.h"

namespace holter::rpc {

// Thread-safe. Reactors share it, so that the last of them may end after the server.
class StreamScheduler {
 public:
  // A write that is outstanding for longer than `write_timeout` is cut off. `sweep` is called twice a second or more
  // often by the thread, until Stop has returned.
  StreamScheduler(const Clock& clock, Duration write_timeout, std::function<void(TimePoint now)> sweep);
  ~StreamScheduler();
  StreamScheduler(const StreamScheduler&) = delete;
  StreamScheduler& operator=(const StreamScheduler&) = delete;

  // False after EndAll: no new stream is taken.
  bool Add(const std::shared_ptr<ServedStream>& stream);
  void Remove(const std::shared_ptr<ServedStream>& stream);

  // `stream` has something to read again; never blocks on it.
  void Wake(std::weak_ptr<ServedStream> stream);

  // Ends every stream, now and later.
  void EndAll(const absl::Status& status);
  // Waits until every stream has been removed, at most `deadline`.
  void WaitUntilEmpty(Duration deadline);
  // Ends the thread. Call once, not from a stream.
  void Stop();

  const Clock& clock() const { return clock_; }
  Duration write_timeout() const { return write_timeout_; }

 private:
  void Run();
  std::vector<std::shared_ptr<ServedStream>> Streams();

  const Clock& clock_;
  const Duration write_timeout_;
  const std::function<void(TimePoint)> sweep_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_set<std::shared_ptr<ServedStream>> streams_;
  std::vector<std::weak_ptr<ServedStream>> woken_;
  bool closed_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace holter::rpc
