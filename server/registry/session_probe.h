// One session that nobody declared: opened, beaten for a while, told of, forgotten.
//
//   RUNNING ──time is up, or STOPPED──▶ ENDED (its room and quota are on their way back) ──summary told──▶ finished
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/session_cell.h"
#include "holter/v1/session_service.pb.h"
#include "registry/rtt_samples.h"
#include "registry/stream_reader.h"
#include "registry/write_context.h"

namespace holter::registry {

// A client that goes away ends the session with it.
class SessionProbe final : public StreamReader<v1::ProbeSessionResponse> {
 public:
  // INVALID_ARGUMENT; RESOURCE_EXHAUSTED (quotas, room); PERMISSION_DENIED as for a session that is declared.
  static absl::StatusOr<std::unique_ptr<SessionProbe>> Open(const WriteContext& context,
                                                            const v1::ProbeSessionRequest& request);
  ~SessionProbe() override;

  absl::StatusOr<std::optional<v1::ProbeSessionResponse>> Next() override;
  bool is_eager() const override { return true; }
  bool finished() const override { return told_; }
  bool IsDue(TimePoint now) const override { return !ended_ && now >= until_; }
  void OnReady(std::function<void()> wake) override;

 private:
  // What lives until the session is gone, which may be after the reader.
  class Course;
  class Hold;

  SessionProbe(const WriteContext& context, std::shared_ptr<Course> course, Duration duration);

  // Ends the session, once.
  void End();
  void OnTransition(const v1::SessionEvent& transition);
  v1::ProbeSessionResponse Summary();

  const WriteContext context_;
  const std::shared_ptr<Course> course_;
  const TimePoint until_;
  engine::SessionHandle session_;
  std::map<std::string, RttSamples> rtts_;           // by name of the heartbeat
  std::optional<v1::ProbeSessionResponse> opening_;  // to be told next
  v1::SessionStatus last_status_;                    // from End on
  bool ended_ = false;
  bool told_ = false;
};

}  // namespace holter::registry
