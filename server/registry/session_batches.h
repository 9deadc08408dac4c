// Many sessions at once, all or none.
#pragma once

#include "registry/session_registry.h"
#include "registry/write_calls.h"

namespace holter::registry {

// Any thread; replies as WriteCalls gives them.
class SessionBatches {
 public:
  static constexpr int kMostWritten = 100;
  static constexpr int kMostRead = 1000;

  explicit SessionBatches(const WriteContext& context) : context_(context), calls_(context) {}

  void Create(const v1::BatchCreateSessionsRequest& request, SessionRegistry::BatchCreateReply reply) const;
  void Delete(const v1::BatchDeleteSessionsRequest& request, SessionRegistry::EmptyReply reply) const;
  absl::StatusOr<v1::BatchGetSessionsResponse> Get(const v1::BatchGetSessionsRequest& request) const;

 private:
  const WriteContext context_;
  const WriteCalls calls_;
};

}  // namespace holter::registry
