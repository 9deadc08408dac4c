// The frames of one session, for one client that looks at them.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/payload_redactor.h"
#include "holter/v1/session_service.pb.h"
#include "registry/session_table.h"
#include "registry/stream_queue.h"
#include "registry/stream_reader.h"
#include "registry/write_context.h"

namespace holter::registry {

// Finished never: the client has seen enough, or the session is gone (NOT_FOUND).
class SessionTap final : public StreamReader<v1::TapSessionResponse> {
 public:
  // RESOURCE_EXHAUSTED as TenantQuotas::TakeWatch; FAILED_PRECONDITION, SECRET_UNREADABLE: what has to be left out is
  // not known.
  static absl::StatusOr<std::unique_ptr<SessionTap>> Open(const WriteContext& context,
                                                          const v1::TapSessionRequest& request);
  ~SessionTap() override;

  absl::StatusOr<std::optional<v1::TapSessionResponse>> Next() override;
  bool is_eager() const override { return false; }
  bool finished() const override { return false; }
  bool IsDue(TimePoint /*now*/) const override { return false; }
  void OnReady(std::function<void()> wake) override { queue_->OnReady(std::move(wake)); }

 private:
  using Queue = StreamQueue<v1::TapSessionResponse::Frame>;
  class Observer;

  SessionTap(std::string name, core::PayloadRedactor redactor, std::unique_ptr<TenantQuotas::WatchHold> hold);

  const std::string name_;
  const core::PayloadRedactor redactor_;
  const std::unique_ptr<TenantQuotas::WatchHold> hold_;  // null: nothing is counted
  const std::shared_ptr<Queue> queue_;
  const std::shared_ptr<Observer> observer_;  // the loop tells it as long as it lives
};

}  // namespace holter::registry
