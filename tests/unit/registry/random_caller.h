// A client that makes calls at random and tells the model what came of them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "registry/session_uid.h"
#include "tests/unit/registry/call_judge.h"
#include "tests/unit/registry/declared_model.h"
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {

// One for each thread.
class RandomCaller {
 public:
  RandomCaller(SessionRegistry* registry, DeclaredModel* model, CallCounts* counts, uint64_t seed, uint64_t names)
      : registry_(registry), model_(model), counts_(counts), judge_(model, counts), random_(seed), names_(names) {}

  // After a restart.
  void set_registry(SessionRegistry* registry) { registry_ = registry; }

  void Act() {
    switch (random_() % 16) {
      case 0:
      case 1:
        return Create();
      case 2:
        return Update();
      case 3:
      case 4:
        return Delete();
      case 5:
        return Command<v1::PauseSessionRequest>(&SessionRegistry::Pause, true);
      case 6:
        return Command<v1::ResumeSessionRequest>(&SessionRegistry::Resume, false);
      case 7:
        return Command<v1::ReconnectSessionRequest>(&SessionRegistry::Reconnect, std::nullopt);
      case 8:
        return BatchCreate();
      case 9:
        return BatchDelete();
      case 10:
        return SendAgain();
      case 11:
        return ReconnectMany();
      case 12:
        return Renew();
      default:
        return Apply();
    }
  }

 private:
  // Answers are remembered for an hour.
  static constexpr Duration kAgainFor = std::chrono::minutes(30);

  bool OneOf(uint64_t n) { return random_() % n == 0; }
  std::string AnyId() { return "s" + std::to_string(random_() % names_); }
  std::string AnyGroup() { return "g" + std::to_string(random_() % 3); }
  std::string AnyLabel() { return "v" + std::to_string(random_() % 3); }
  std::string AnyOwner() { return "owner-" + std::to_string(random_() % 3); }
  std::string MaybeRequestId() { return OneOf(3) ? FormatUid(NewUid()) : std::string(); }
  std::string MaybeEtag(const std::string& name) {
    if (!OneOf(4)) return {};
    const auto known = model_->Find(name);
    return known.has_value() && !OneOf(4) ? known->etag : "0";
  }
  std::set<std::string> SomeIds() {
    std::set<std::string> ids;
    for (uint64_t i = 1 + random_() % 4; i > 0; --i) ids.insert(AnyId());
    return ids;
  }
  v1::Session AnySession() {
    v1::Session session = SessionWithUrl(model_->NewUrl());
    session.mutable_spec()->mutable_reconnect()->set_first_delay("50ms");
    session.mutable_spec()->mutable_reconnect()->set_max_delay("100ms");
    session.set_group(AnyGroup());
    (*session.mutable_labels())["k"] = AnyLabel();
    return session;
  }

  // Counts the call, and hands its answer on.
  template <class Answer>
  std::function<void(Answer)> Told(std::function<void(const Answer&)> then) {
    ++counts_->made;
    return [counts = counts_, then = std::move(then)](Answer answer) {
      then(answer);
      ++counts->answered;
      counts->on_answer();
    };
  }

  // Remembers a request with an id that was answered, to be sent again.
  template <class Request, class Answer>
  void Remember(void (SessionRegistry::*method)(const Request&, std::function<void(absl::StatusOr<Answer>)>),
                const Request& request, const Answer& answer) {
    if (request.request_id().empty()) return;
    absl::MutexLock lock(&sent_->mutex);
    sent_->again.push_back(
        {.at = model_->clock().WallNow(),
         .call = [this, method, request, bytes = answer.SerializeAsString()](SessionRegistry& registry) {
           (registry.*method)(request, Told<absl::StatusOr<Answer>>([bytes](const absl::StatusOr<Answer>& second) {
                                if (!second.ok()) return CallJudge::ExpectKnownError(second.status());
                                EXPECT_EQ(second->SerializeAsString(), bytes) << "another answer to the same request";
                              }));
         }});
  }

  void Create() {
    v1::CreateSessionRequest request = CreateRequest(AnyId(), AnySession());
    request.mutable_session()->set_paused(OneOf(3));
    request.set_request_id(MaybeRequestId());
    registry_->Create(request, Told<absl::StatusOr<v1::Session>>(
                                   [this, request, registry = registry_](const absl::StatusOr<v1::Session>& created) {
                                     if (!created.ok()) return judge_.Refused(created.status());
                                     model_->Created(*created);
                                     CallJudge::ExpectShown(*registry, *created);
                                     Remember(&SessionRegistry::Create, request, *created);
                                   }));
  }

  void Update() {
    v1::UpdateSessionRequest request;
    const std::string name = FullName(AnyId());
    request.mutable_session()->set_name(name);
    request.mutable_session()->set_group(AnyGroup());
    request.mutable_session()->set_etag(MaybeEtag(name));
    if (OneOf(3)) request.mutable_session()->set_paused(OneOf(2));
    for (const char* path : {"group", "paused"}) request.mutable_update_mask()->add_paths(path);
    if (OneOf(4)) {
      request.set_allow_missing(true);
      const v1::Session created = AnySession();
      *request.mutable_session()->mutable_spec() = created.spec();
      *request.mutable_session()->mutable_labels() = created.labels();
    }
    request.set_request_id(MaybeRequestId());
    registry_->Update(request, Told<absl::StatusOr<v1::Session>>(
                                   [this, request, registry = registry_](const absl::StatusOr<v1::Session>& updated) {
                                     if (!updated.ok()) return judge_.Refused(updated.status());
                                     if (request.allow_missing() && !model_->Find(updated->name()).has_value()) {
                                       model_->Created(*updated);
                                     } else {
                                       model_->Changed(*updated);
                                     }
                                     EXPECT_EQ(updated->group(), request.session().group());
                                     EXPECT_EQ(updated->paused(), request.session().paused());
                                     CallJudge::ExpectShown(*registry, *updated);
                                     Remember(&SessionRegistry::Update, request, *updated);
                                   }));
  }

  void Delete() {
    v1::DeleteSessionRequest request;
    request.set_name(FullName(AnyId()));
    request.set_etag(MaybeEtag(request.name()));
    request.set_allow_missing(OneOf(3));
    const auto before = CallJudge::Shown(*registry_, request.name());
    const v1::State state = before.ok() ? before->status().state() : v1::STATE_UNSPECIFIED;
    registry_->Delete(request,
                      Told<absl::Status>([this, request, state, registry = registry_](const absl::Status& status) {
                        if (!status.ok()) return judge_.Refused(status);
                        EXPECT_TRUE(absl::IsNotFound(CallJudge::Shown(*registry, request.name()).status()));
                        if (request.allow_missing() && !model_->Find(request.name()).has_value()) return;
                        model_->Deleted(request.name());
                        ++counts_->deleted[static_cast<size_t>(state)];
                      }));
  }

  template <class Request>
  void Command(void (SessionRegistry::*method)(const Request&, SessionRegistry::Reply), std::optional<bool> paused) {
    Request request;
    request.set_name(FullName(AnyId()));
    request.set_etag(MaybeEtag(request.name()));
    request.set_request_id(MaybeRequestId());
    (registry_->*method)(
        request, Told<absl::StatusOr<v1::Session>>(
                     [this, method, request, paused, registry = registry_](const absl::StatusOr<v1::Session>& answer) {
                       if (!answer.ok()) return judge_.Refused(answer.status());
                       model_->Changed(*answer);
                       EXPECT_EQ(answer->paused(), paused.value_or(false));
                       CallJudge::ExpectShown(*registry, *answer);
                       Remember(method, request, *answer);
                     }));
  }

  void BatchCreate() {
    v1::BatchCreateSessionsRequest request;
    request.set_parent("tenants/default");
    for (const std::string& id : SomeIds()) *request.add_requests() = CreateRequest(id, AnySession());
    request.set_request_id(MaybeRequestId());
    using Answer = absl::StatusOr<v1::BatchCreateSessionsResponse>;
    registry_->BatchCreate(request, Told<Answer>([this, request](const Answer& answer) {
                             if (!answer.ok()) return judge_.Refused(answer.status());
                             EXPECT_EQ(answer->sessions_size(), request.requests_size());
                             for (const v1::Session& session : answer->sessions()) model_->Created(session);
                             Remember(&SessionRegistry::BatchCreate, request, *answer);
                           }));
  }

  void BatchDelete() {
    v1::BatchDeleteSessionsRequest request;
    request.set_parent("tenants/default");
    for (const std::string& id : SomeIds()) request.add_names(FullName(id));
    registry_->BatchDelete(request, Told<absl::Status>([this, request](const absl::Status& status) {
                             if (!status.ok()) return judge_.Refused(status);
                             for (const std::string& name : request.names()) model_->Deleted(name);
                           }));
  }

  void SendAgain() {
    std::function<void(SessionRegistry&)> again;
    {
      absl::MutexLock lock(&sent_->mutex);
      std::erase_if(sent_->again,
                    [now = model_->clock().WallNow()](const Sent& sent) { return now - sent.at > kAgainFor; });
      if (sent_->again.empty()) return;
      again = sent_->again[random_() % sent_->again.size()].call;
    }
    again(*registry_);
  }

  void ReconnectMany() {
    v1::ReconnectSessionsRequest request;
    request.set_parent("tenants/default");
    EXPECT_TRUE(registry_->ReconnectMany(request).ok());
  }

  // Some of it as it is declared, some of it otherwise, some of it new.
  v1::ApplySessionsRequest AnySet() {
    v1::ApplySessionsRequest set;
    set.set_parent("tenants/default");
    set.set_owner(AnyOwner());
    set.set_dry_run(OneOf(5));
    set.set_prune(OneOf(2));
    for (const std::string& id : OneOf(10) ? std::set<std::string>() : SomeIds()) {
      v1::Session& session = *set.add_sessions() = AnySession();
      session.set_name(FullName(id));
      const auto known = model_->Find(session.name());
      if (known.has_value() && !OneOf(4)) {
        session.mutable_spec()->set_url(known->url);
        session.set_group(known->group);
        if (!OneOf(3)) (*session.mutable_labels())["k"] = known->label;
      }
      if (OneOf(3)) session.set_paused(OneOf(2));
    }
    // An empty set without one looks like the end of a lease.
    if (set.sessions().empty() || OneOf(2)) {
      set.mutable_lease_ttl()->set_seconds(5 + static_cast<int64_t>(random_() % 60));
    }
    return set;
  }

  void Apply() {
    const v1::ApplySessionsRequest set = AnySet();
    const bool is_bad = !set.sessions().empty() && OneOf(12);
    v1::ApplySessionsRequest sent = set;
    if (is_bad) sent.mutable_sessions(set.sessions_size() - 1)->mutable_spec()->set_url("gopher://peer/");
    using Answer = absl::StatusOr<v1::ApplySessionsResponse>;
    registry_->Apply(sent, Told<Answer>([this, set, is_bad, asked = model_->clock().WallNow(),
                                         registry = registry_](const Answer& answer) {
                       if (is_bad && HasReason(answer.status(), "INVALID_FIELD")) return;
                       if (!answer.ok()) return judge_.Refused(answer.status(), set.owner());
                       EXPECT_FALSE(is_bad) << "a bad session was taken";
                       judge_.Applied(*registry, set, *answer, asked);
                     }));
  }

  void Renew() {
    v1::RenewLeaseRequest request;
    request.set_parent("tenants/default");
    request.set_owner(AnyOwner());
    request.mutable_ttl()->set_seconds(5 + static_cast<int64_t>(random_() % 60));
    registry_->RenewLease(request, Told<absl::StatusOr<v1::Lease>>([this, request, asked = model_->clock().WallNow()](
                                                                       const absl::StatusOr<v1::Lease>& lease) {
                            if (!lease.ok()) return judge_.Refused(lease.status(), request.owner());
                            judge_.Renewed(request, *lease, asked);
                          }));
  }

  struct Sent {
    WallTime at;
    std::function<void(SessionRegistry&)> call;
  };
  struct SentRequests {
    absl::Mutex mutex;
    std::vector<Sent> again ABSL_GUARDED_BY(mutex);
  };

  SessionRegistry* registry_;
  DeclaredModel* const model_;
  CallCounts* const counts_;
  const CallJudge judge_;
  Random random_;
  const uint64_t names_;
  const std::unique_ptr<SentRequests> sent_ = std::make_unique<SentRequests>();
};

}  // namespace holter::registry
