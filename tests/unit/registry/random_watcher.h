// A client that watches at random: it reads now and then, comes back with its token or without, falls behind.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tests/unit/registry/declared_model.h"
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {

// What is watched, and which sessions that has to show.
struct WatchChoice {
  const char* filter;
  bool conflates;
  bool (*matches)(const v1::Session& session);
};

inline const std::vector<WatchChoice>& WatchChoices() {
  static const std::vector<WatchChoice> choices = {
      {"", false, [](const v1::Session&) { return true; }},
      {"", true, [](const v1::Session&) { return true; }},
      {"group = g1", false, [](const v1::Session& session) { return session.group() == "g1"; }},
      {"state = OPEN", true, [](const v1::Session& session) { return session.status().state() == v1::STATE_OPEN; }},
      {"health = DOWN OR labels.k = v1", false,
       [](const v1::Session& session) {
         const auto label = session.labels().find("k");
         return session.status().health() == v1::HEALTH_DOWN ||
                (label != session.labels().end() && label->second == "v1");
       }},
      {"NOT session = s1* AND NOT state = PAUSED", true,
       [](const v1::Session& session) {
         return session.name().find("/sessions/s1") == std::string::npos &&
                session.status().state() != v1::STATE_PAUSED;
       }},
  };
  return choices;
}

// One thread at a time.
class RandomWatcher {
 public:
  // What a client would keep of a session.
  struct Seen {
    DeclaredModel::Declared declared;
    v1::State state = v1::STATE_UNSPECIFIED;
    v1::Health health = v1::HEALTH_UNSPECIFIED;
    v1::Reason reason = v1::REASON_UNSPECIFIED;

    friend bool operator==(const Seen&, const Seen&) = default;
  };
  using SeenSessions = std::map<std::string, Seen>;

  static Seen SeenOf(const v1::Session& session) {
    return {.declared = DeclaredModel::Of(session),
            .state = session.status().state(),
            .health = session.status().health(),
            .reason = session.status().reason()};
  }

  RandomWatcher(const WatchChoice& choice, uint64_t seed) : choice_(choice), random_(seed) {}

  void Act(SessionRegistry& registry) {
    switch (random_() % 12) {
      case 0:
        reader_.reset();  // its connection broke
        break;
      case 1:
        if (random_() % 4 == 0) Forget();
        break;
      default:
        Read(registry, static_cast<int>(random_() % 7));
    }
  }
  void CatchUp(SessionRegistry& registry) {
    while (Read(registry, 100)) {
    }
  }
  // After CatchUp: `wake` is called once, from any thread, when there is more to read.
  void OnReady(std::function<void()> wake) {
    ASSERT_NE(reader_, nullptr);
    reader_->OnReady(std::move(wake));
  }
  // Before the registry goes.
  void Disconnect() { reader_.reset(); }

  // What it knows has to be what `listed` says.
  void ExpectAgreement(const std::vector<v1::Session>& listed) const {
    SCOPED_TRACE(choice_.filter);
    SeenSessions truth;
    for (const v1::Session& session : listed) {
      if (choice_.matches(session)) truth.emplace(session.name(), SeenOf(session));
    }
    EXPECT_TRUE(complete_);
    EXPECT_EQ(seen_, truth);
  }
  bool Agrees(const std::vector<v1::Session>& listed) const {
    SeenSessions truth;
    for (const v1::Session& session : listed) {
      if (choice_.matches(session)) truth.emplace(session.name(), SeenOf(session));
    }
    return complete_ && seen_ == truth;
  }

  // So often it fell behind what the registry keeps.
  int lags() const { return lags_; }
  int64_t changes() const { return changes_; }

 private:
  bool has_filter() const { return *choice_.filter != '\0'; }

  void Forget() {
    reader_.reset();
    token_.clear();
    complete_ = false;
    resumed_ = false;
    seen_.clear();
  }

  bool Open(SessionRegistry& registry) {
    if (!complete_ || token_.empty()) Forget();  // half a snapshot is no place to go on from
    v1::WatchSessionsRequest request;
    request.set_parent("tenants/-");
    request.set_filter(choice_.filter);
    request.set_conflate(choice_.conflates);
    request.set_resume_token(token_);
    auto opened = registry.Watch(request);
    if (HasReason(opened.status(), "WATCH_EXPIRED")) {
      EXPECT_NE(token_, "");
      ++lags_;
      Forget();
      request.clear_resume_token();
      opened = registry.Watch(request);
    }
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return false;
    resumed_ = !token_.empty();
    reader_ = *std::move(opened);
    return true;
  }

  // False when there was nothing.
  bool Read(SessionRegistry& registry, int most) {
    if (reader_ == nullptr && !Open(registry)) return false;
    const auto response = reader_->Next(most);
    if (!response.ok()) {
      EXPECT_TRUE(HasReason(response.status(), "WATCH_LAGGED")) << response.status();
      EXPECT_FALSE(choice_.conflates) << "it would rather have missed steps";
      ++lags_;
      Forget();
      return HasReason(response.status(), "WATCH_LAGGED");
    }
    for (const v1::SessionChange& change : response->changes()) Take(change);
    if (!response->resume_token().empty()) token_ = response->resume_token();
    return !response->changes().empty();
  }

  void Take(const v1::SessionChange& change) {
    ++changes_;
    const v1::Session& session = change.session();
    const auto known = seen_.find(session.name());
    if (known != seen_.end() && change.kind() != v1::SessionChange::KIND_DECLARED) {
      EXPECT_EQ(known->second.declared.uid, session.uid()) << change.ShortDebugString();
    }
    switch (change.kind()) {
      case v1::SessionChange::KIND_SNAPSHOT:
        EXPECT_FALSE(complete_) << "a snapshot after its end";
        EXPECT_EQ(known, seen_.end()) << session.name() << " stands twice in the snapshot";
        seen_[session.name()] = SeenOf(session);
        return;
      case v1::SessionChange::KIND_SNAPSHOT_END:
        EXPECT_FALSE(complete_);
        complete_ = true;
        return;
      case v1::SessionChange::KIND_DECLARED:
        EXPECT_TRUE(complete_);
        EXPECT_TRUE(choice_.matches(session)) << session.ShortDebugString();
        seen_[session.name()] = SeenOf(session);
        return;
      case v1::SessionChange::KIND_TRANSITION:
        EXPECT_TRUE(complete_);
        ASSERT_NE(known, seen_.end()) << "a transition of " << session.name() << ", which is not known";
        known->second.state = session.status().state();
        known->second.health = session.status().health();
        known->second.reason = session.status().reason();
        return;
      case v1::SessionChange::KIND_DELETED:
        EXPECT_TRUE(complete_);
        // Who conflates may not have heard of it; who resumed with a filter is told more rather than less.
        EXPECT_TRUE(known != seen_.end() || choice_.conflates || (has_filter() && resumed_)) << session.name();
        seen_.erase(session.name());
        return;
      case v1::SessionChange::KIND_LEFT:
        EXPECT_TRUE(complete_ && has_filter());
        EXPECT_TRUE(known != seen_.end() || resumed_) << session.name();
        seen_.erase(session.name());
        return;
      case v1::SessionChange::KIND_RESET:
        EXPECT_TRUE(choice_.conflates);
        ++lags_;
        complete_ = false;
        resumed_ = false;
        token_.clear();
        seen_.clear();
        return;
      default:
        FAIL() << change.ShortDebugString();
    }
  }

  const WatchChoice choice_;
  Random random_;
  std::unique_ptr<WatchReader> reader_;
  std::string token_;
  bool complete_ = false;
  bool resumed_ = false;
  SeenSessions seen_;
  int lags_ = 0;
  int64_t changes_ = 0;
};

inline void PrintTo(const RandomWatcher::Seen& seen, std::ostream* out) {
  PrintTo(seen.declared, out);
  *out << " " << v1::State_Name(seen.state) << " " << v1::Health_Name(seen.health) << " "
       << v1::Reason_Name(seen.reason);
}

}  // namespace holter::registry
