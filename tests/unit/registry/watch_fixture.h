// Watchers for tests: what they are told, and what they make of it.
#pragma once

#include <map>

#include "absl/synchronization/notification.h"
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {

// What a client would keep: declarations, and the state as it was told.
class WatchedSessions {
 public:
  struct Entry {
    std::string uid;
    std::string etag;  // empty when only transitions were heard since
    v1::State state = v1::STATE_UNSPECIFIED;
    v1::Health health = v1::HEALTH_UNSPECIFIED;
    v1::Reason reason = v1::REASON_UNSPECIFIED;

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  static Entry EntryOf(const v1::Session& session) {
    return {.uid = session.uid(),
            .etag = session.etag(),
            .state = session.status().state(),
            .health = session.status().health(),
            .reason = session.status().reason()};
  }

  void Take(const v1::SessionChange& change) {
    const std::string& name = change.session().name();
    history[name] += v1::SessionChange::Kind_Name(change.kind()).substr(5) + " " + change.session().uid() + "\n";
    SCOPED_TRACE(history[name]);
    switch (change.kind()) {
      case v1::SessionChange::KIND_SNAPSHOT:
        EXPECT_FALSE(complete) << "a snapshot after its end";
        EXPECT_TRUE(sessions.emplace(name, EntryOf(change.session())).second)
            << name << " stands twice in the snapshot";
        return;
      case v1::SessionChange::KIND_SNAPSHOT_END:
        EXPECT_FALSE(complete);
        complete = true;
        return;
      case v1::SessionChange::KIND_DECLARED:
        EXPECT_TRUE(complete);
        sessions[name] = EntryOf(change.session());
        return;
      case v1::SessionChange::KIND_TRANSITION: {
        EXPECT_TRUE(complete);
        const auto found = sessions.find(name);
        ASSERT_TRUE(found != sessions.end()) << "a transition of " << name << ", which is not declared";
        EXPECT_EQ(found->second.uid, change.session().uid());
        const std::string etag = found->second.etag;
        found->second = EntryOf(change.session());
        found->second.etag = etag;
        return;
      }
      case v1::SessionChange::KIND_DELETED:
        EXPECT_TRUE(complete);
        EXPECT_EQ(sessions.erase(name), 1) << name << " was deleted, but it is not declared";
        return;
      default:
        FAIL() << change.ShortDebugString();
    }
  }

  bool complete = false;
  std::map<std::string, Entry> sessions;
  std::map<std::string, std::string> history;  // for messages of failures
};

class WatchTest : public RegistryTest {
 protected:
  absl::StatusOr<std::unique_ptr<WatchReader>> TryWatch(const std::string& token = "",
                                                        const std::string& parent = "tenants/-") {
    v1::WatchSessionsRequest request;
    request.set_parent(parent);
    request.set_resume_token(token);
    return registry_->Watch(request);
  }
  std::unique_ptr<WatchReader> Watch(const std::string& token = "", const std::string& parent = "tenants/-") {
    auto reader = TryWatch(token, parent);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return reader.ok() ? *std::move(reader) : nullptr;
  }
  // Everything that there is to read; `token` is set to the last one.
  static std::vector<v1::SessionChange> Drain(WatchReader& reader, std::string* token = nullptr, int most = 100) {
    std::vector<v1::SessionChange> changes;
    while (true) {
      const auto response = reader.Next(most);
      EXPECT_TRUE(response.ok()) << response.status();
      if (!response.ok() || response->changes().empty()) return changes;
      EXPECT_LE(response->changes_size(), most + 1);  // the end of the snapshot may stand behind a full one
      changes.insert(changes.end(), response->changes().begin(), response->changes().end());
      if (token != nullptr && !response->resume_token().empty()) *token = response->resume_token();
    }
  }
  // "declared a", "transition a open", …
  static std::vector<std::string> Words(const std::vector<v1::SessionChange>& changes) {
    std::vector<std::string> words;
    for (const v1::SessionChange& change : changes) {
      std::string word = v1::SessionChange::Kind_Name(change.kind()).substr(5);
      const std::string& name = change.session().name();
      if (!name.empty()) word += " " + name.substr(name.rfind('/') + 1);
      if (change.kind() == v1::SessionChange::KIND_TRANSITION) {
        word += " " + v1::State_Name(change.session().status().state()).substr(6) + "/" +
                v1::Health_Name(change.session().status().health()).substr(7);
      }
      words.push_back(std::move(word));
    }
    return words;
  }
  core::SessionId IdOf(const std::string& id) {
    const std::string url = Get(id)->spec().url();
    return engine_.IdOf(url);
  }
  void CreateWithUrl(const std::string& id) {
    ASSERT_TRUE(Create(CreateRequest(id, SessionWithUrl("ws://" + id + "/"))).ok());
  }
  void Step(const std::string& id) { engine_.Step(engine_.IdOf("ws://" + id + "/")); }

  // What the registry says now, as a client that watched would know it.
  std::map<std::string, WatchedSessions::Entry> Truth() {
    std::map<std::string, WatchedSessions::Entry> truth;
    v1::ListSessionsRequest request;
    request.set_parent("tenants/-");
    request.set_page_size(1000);
    const auto response = registry_->List(request);
    EXPECT_TRUE(response.ok());
    for (const v1::Session& session : response->sessions()) {
      truth[session.name()] = WatchedSessions::EntryOf(session);
    }
    return truth;
  }
};

inline void PrintTo(const WatchedSessions::Entry& entry, std::ostream* out) {
  *out << entry.uid << " " << entry.etag << " " << v1::State_Name(entry.state) << " " << v1::Health_Name(entry.health)
       << " " << v1::Reason_Name(entry.reason);
}

}  // namespace holter::registry
