#include "registry/session_tap.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "core/frame.h"
#include "core/session_spec.h"
#include "registry/refusals.h"

namespace holter::registry {
namespace {

constexpr size_t kMostWaiting = 2048;  // frames of up to 1 KiB
constexpr size_t kMostInResponse = 100;
constexpr int kDefaultRecent = 20;
constexpr int kMostRecent = 1000;

v1::TapSessionResponse::Frame ToFrameProto(const core::Frame& frame) {
  v1::TapSessionResponse::Frame told;
  *told.mutable_time() = ToTimestamp(frame.at);
  told.set_direction(static_cast<v1::TapSessionResponse::Frame::Direction>(frame.direction));
  told.set_kind(static_cast<v1::TapSessionResponse::Frame::Kind>(frame.type));
  told.set_size(static_cast<int64_t>(frame.size));
  told.set_payload(std::string(frame.payload));
  return told;
}

// The texts of a declaration that may refer to secrets: what it tells at the upgrade, and in its messages.
std::vector<std::string_view> TextsWithSecrets(const core::SessionSpec& spec) {
  std::vector<std::string_view> texts;
  for (const core::HeaderSpec& header : spec.shared->connect.headers) texts.push_back(header.value);
  for (const core::ParameterValue& value : spec.shared->dialect.secrets) texts.push_back(value.text);
  if (spec.parameters == nullptr) return texts;
  for (const core::ParameterValue& value : *spec.parameters) {
    if (value.secret) texts.push_back(value.text);
  }
  return texts;
}

// All that the session takes from secrets when it dials.
absl::StatusOr<core::PayloadRedactor> RedactorOf(const core::SessionSpec& spec, const SecretSource* secrets) {
  std::vector<Secret> known;
  for (const std::string_view text : TextsWithSecrets(spec)) {
    const absl::StatusOr<std::vector<std::string>> references = FindSecretReferences(text);
    if (!references.ok()) continue;  // no session runs with it
    for (const std::string& reference : *references) {
      absl::StatusOr<Secret> secret = secrets->Read(reference);
      if (!secret.ok()) {
        return MakeError(absl::StatusCode::kFailedPrecondition, "SECRET_UNREADABLE",
                         fmt::format("the secret {} cannot be read, so it cannot be left out of the frames", reference),
                         {{"secret", reference}});
      }
      known.push_back(*std::move(secret));
    }
  }
  return core::PayloadRedactor(std::move(known));
}

std::optional<size_t> ParseMaxRecent(int32_t asked) {
  if (asked < -1 || asked > kMostRecent) return std::nullopt;
  if (asked == 0) return kDefaultRecent;
  return static_cast<size_t>(std::max(asked, 0));
}

}  // namespace

class SessionTap::Observer final : public engine::FrameObserver {
 public:
  explicit Observer(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
  void OnFrame(const core::Frame& frame) override { queue_->Push(ToFrameProto(frame)); }
  void OnSessionGone() override { queue_->Finish(); }

 private:
  const std::shared_ptr<Queue> queue_;
};

SessionTap::SessionTap(std::string name, core::PayloadRedactor redactor, std::unique_ptr<TenantQuotas::WatchHold> hold)
    : name_(std::move(name)),
      redactor_(std::move(redactor)),
      hold_(std::move(hold)),
      queue_(std::make_shared<Queue>(kMostWaiting)),
      observer_(std::make_shared<Observer>(queue_)) {}

SessionTap::~SessionTap() { queue_->OnReady(nullptr); }

absl::StatusOr<std::unique_ptr<SessionTap>> SessionTap::Open(const WriteContext& context,
                                                             const v1::TapSessionRequest& request) {
  const absl::StatusOr<SessionName> name = ParseNameField("name", request.name());
  if (!name.ok()) return name.status();
  const std::optional<size_t> most_recent = ParseMaxRecent(request.max_recent());
  if (!most_recent.has_value()) {
    return MakeInvalid({{.field = "max_recent", .description = fmt::format("expected -1 to {}", kMostRecent)}});
  }
  const std::optional<LiveSession> session = context.table->Find(NameOf(*name));
  if (!session.has_value() || session->cell == nullptr) return SessionNotFound(request.name());
  absl::StatusOr<core::PayloadRedactor> redactor = RedactorOf(session->record->declaration.Spec(), context.secrets);
  if (!redactor.ok()) return redactor.status();
  std::unique_ptr<TenantQuotas::WatchHold> hold;
  if (context.quotas != nullptr) {
    absl::StatusOr<std::unique_ptr<TenantQuotas::WatchHold>> taken = context.quotas->TakeWatch(name->tenant);
    if (!taken.ok()) return taken.status();
    hold = *std::move(taken);
  }
  std::unique_ptr<SessionTap> tap(new SessionTap(request.name(), *std::move(redactor), std::move(hold)));
  context.engine->Watch(session->cell, *most_recent, tap->observer_);
  return tap;
}

absl::StatusOr<std::optional<v1::TapSessionResponse>> SessionTap::Next() {
  v1::TapSessionResponse response;
  for (v1::TapSessionResponse::Frame& frame : queue_->Take(kMostInResponse)) {
    frame.set_payload(redactor_.Redact(frame.payload()));
    *response.add_frames() = std::move(frame);
  }
  if (response.frames().empty()) {
    if (queue_->finished()) return SessionNotFound(name_);
    return std::nullopt;
  }
  response.set_dropped(queue_->TakeDropped());
  return response;
}

}  // namespace holter::registry
