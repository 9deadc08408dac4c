// A stream of the API as the scheduler sees it, whatever it tells.
#pragma once

#include "absl/status/status.h"
#include "base/clock.h"

namespace holter::rpc {

// Every method from any thread; none blocks.
class ServedStream {
 public:
  virtual ~ServedStream() = default;

  // Ends the stream: at once when it is idle, else behind the outstanding write. Later calls change nothing.
  virtual void End(const absl::Status& status) = 0;
  // There is something to read.
  virtual void OnWake() = 0;
  // Now and then: cuts off a client that does not read, ends the stream of one who may not see it any more, and says
  // what is due.
  virtual void Check(TimePoint now) = 0;
};

}  // namespace holter::rpc
