// What the answers to calls have to say, by the model.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/registry/declared_model.h"
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {

// What came of all calls of a test. Thread-safe.
struct CallCounts {
  std::function<void()> on_answer = [] {};  // called by the thread that answers, when it has been counted
  std::atomic<int64_t> made = 0;
  std::atomic<int64_t> answered = 0;
  std::atomic<int64_t> refused = 0;
  std::atomic<int64_t> applied = 0;  // sets
  std::atomic<int64_t> renewed = 0;
  std::array<std::atomic<int64_t>, v1::State_ARRAYSIZE> deleted = {};  // by the state in which they were
};

// Thread-safe. Called while the names of the call are held, and tells the model.
class CallJudge {
 public:
  CallJudge(DeclaredModel* model, CallCounts* counts) : model_(model), counts_(counts) {}

  // What may be said of a call that was refused.
  static void ExpectKnownError(const absl::Status& status) {
    for (const char* reason :
         {"SESSION_NOT_FOUND", "SESSION_EXISTS", "ETAG_MISMATCH", "SESSION_PAUSED", "CONCURRENT_CHANGE",
          "OPEN_FILES_EXHAUSTED", "STORE_FAILED", "SHUTTING_DOWN", "OWNED_BY_OTHER", "OWNER_NOT_FOUND"}) {
      if (HasReason(status, reason)) return;
    }
    ADD_FAILURE() << status;
  }
  // `caller`: the owner that called, if any. What the reason claims has to be true.
  void Refused(const absl::Status& status, const std::string& caller = "") const {
    ++counts_->refused;
    ExpectKnownError(status);
    std::map<std::string, std::string> said;
    for (const auto& [key, value] : DetailsOf(status).metadata) said[key] = value;
    const std::string& name = said["name"];
    if (HasReason(status, "SESSION_NOT_FOUND")) model_->ExpectThere(name, false);
    if (HasReason(status, "SESSION_EXISTS")) model_->ExpectThere(name, true);
    const auto known = model_->Find(name);
    if (HasReason(status, "SESSION_PAUSED")) {
      EXPECT_TRUE(known.has_value() && known->paused) << name;
    }
    if (HasReason(status, "OWNED_BY_OTHER")) {
      ASSERT_TRUE(known.has_value()) << name;
      EXPECT_EQ(known->owner, said["owner"]);
      EXPECT_NE(known->owner, caller);
    }
    if (HasReason(status, "OWNER_NOT_FOUND")) {
      EXPECT_EQ(model_->OwnedBy(said["owner"]), 0) << said["owner"];
    }
  }
  static absl::StatusOr<v1::Session> Shown(const SessionRegistry& registry, const std::string& name) {
    v1::GetSessionRequest request;
    request.set_name(name);
    return registry.Get(request);
  }
  // What Get says while the name is held is what was answered.
  static void ExpectShown(const SessionRegistry& registry, const v1::Session& session) {
    const auto got = Shown(registry, session.name());
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(DeclaredModel::Of(*got), DeclaredModel::Of(session));
  }

  void Applied(const SessionRegistry& registry, const v1::ApplySessionsRequest& set,
               const v1::ApplySessionsResponse& answer, WallTime asked) const {
    ++counts_->applied;
    EXPECT_EQ(LinesOf(answer), model_->AnswerTo(set));
    EXPECT_EQ(answer.summary().has_expire_time(), set.has_lease_ttl() && !set.dry_run());
    if (set.dry_run()) return;
    TakeLease(set.owner(), set.has_lease_ttl(), set.lease_ttl(), answer.summary().expire_time(), asked);
    for (const v1::ApplyResult& result : answer.results()) {
      const auto shown = Shown(registry, result.name());
      EXPECT_EQ(shown.ok(), result.action() != v1::ApplyResult::ACTION_DELETED) << result.name();
      if (result.action() == v1::ApplyResult::ACTION_DELETED) model_->Deleted(result.name());
      if (!shown.ok()) continue;
      EXPECT_EQ(shown->owner(), set.owner());
      EXPECT_EQ(shown->expire_time().SerializeAsString(), answer.summary().expire_time().SerializeAsString());
      if (result.action() == v1::ApplyResult::ACTION_CREATED) {
        model_->Created(*shown);
      } else {
        const auto known = model_->Find(result.name());
        ASSERT_TRUE(known.has_value()) << result.name();
        EXPECT_EQ(known->etag == shown->etag(), result.action() == v1::ApplyResult::ACTION_UNCHANGED);
        model_->Changed(*shown);
      }
    }
  }
  void Renewed(const v1::RenewLeaseRequest& request, const v1::Lease& lease, WallTime asked) const {
    ++counts_->renewed;
    EXPECT_EQ(lease.owner(), request.owner());
    EXPECT_EQ(static_cast<size_t>(lease.sessions()), model_->OwnedBy(request.owner()));
    TakeLease(request.owner(), true, request.ttl(), lease.expire_time(), asked);
  }

 private:
  static std::vector<std::string> LinesOf(const v1::ApplySessionsResponse& answer) {
    std::vector<std::string> lines;
    for (const v1::ApplyResult& result : answer.results()) {
      std::string line = v1::ApplyResult::Action_Name(result.action()).substr(7) + " " + result.name();
      for (const std::string& field : result.changed_fields()) line += " " + field;
      lines.push_back(std::move(line));
    }
    return lines;
  }

  // The end is `ttl` from a moment between the question and the answer.
  void TakeLease(const std::string& owner, bool has_end, const google::protobuf::Duration& ttl,
                 const google::protobuf::Timestamp& told, WallTime asked) const {
    if (!has_end) return model_->Leased(owner, std::nullopt);
    const WallTime end{std::chrono::seconds(told.seconds()) + std::chrono::nanoseconds(told.nanos())};
    EXPECT_GE(end - std::chrono::seconds(ttl.seconds()), asked);
    EXPECT_LE(end - std::chrono::seconds(ttl.seconds()), model_->clock().WallNow());
    model_->Leased(owner, end);
  }

  DeclaredModel* const model_;
  CallCounts* const counts_;
};

}  // namespace holter::registry
