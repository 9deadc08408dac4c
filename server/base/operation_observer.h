// How long Holter's own work takes. The rooms that do the work tell it to this interface; observe makes metrics of it.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/clock.h"

namespace holter {

// Calls come from any thread and must not block.
class OperationObserver {
 public:
  virtual ~OperationObserver() = default;

  // One commit of the store, `changes` declarations in it, synced when `ok`.
  virtual void OnStoreCommit(Duration took, size_t changes, bool ok) = 0;
  // One RPC ended; `code` is the canonical word ("OK", "NOT_FOUND").
  virtual void OnRpc(std::string_view method, std::string_view code, Duration took) = 0;
  // A loop ran its timer this late. Called some ten times a second and loop.
  virtual void OnLoopLag(int loop, Duration lag) = 0;
  // An exception was caught at the edge of `room` and ended one session or call.
  virtual void OnException(std::string_view room) = 0;
  // What may change while the daemon runs was read (`what` is a word such as "access"); when not `ok`, what was before
  // stands. Ignored unless overridden.
  virtual void OnReload(std::string_view what, bool ok);
  // Records of the audit log that could not be written. Ignored unless overridden.
  virtual void OnAuditLost(size_t records);
  // An address was judged before it was dialled: "allowed", "reported" or "denied", by a rule of a closed set of words.
  // Ignored unless overridden.
  virtual void OnEgress(std::string_view verdict, std::string_view rule);
};

// Ignores everything; for tests and for the command line. Lives for ever.
OperationObserver& NullOperationObserver();

}  // namespace holter
