// A client that declares at random, and remembers what it was told.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "tests/crash/owned_set.h"

namespace holter::crash {

inline constexpr const char* kParent = "tenants/default";
inline constexpr const char* kLabel = "generation";
// A call is given up after this.
inline constexpr std::chrono::seconds kCallTime{20};

void SetDeadline(grpc::ClientContext& context);
// True when the call has an answer. Else the server is gone; anything else is a failure of the test.
bool IsAnswered(const grpc::Status& status, const std::string& what);

// What is declared of a session, as far as it must outlive a crash.
struct Declared {
  std::string uid;
  std::string etag;
  std::string url;
  std::string generation;  // a label
  bool paused = false;

  friend bool operator==(const Declared&, const Declared&) = default;
};
Declared DeclaredOf(const v1::Session& session);

// Names are its own (`prefix`), so that its calls, one after the other, tell what must be there. Used by one thread at
// a time.
class Caller {
 public:
  Caller(std::string prefix, uint64_t seed) : prefix_(std::move(prefix)), random_(seed), set_(prefix_, random_()) {}

  // Calls until a call fails because the server is gone. A create that was under way at the end before is sent again
  // first, with the same request_id: it has to be answered as if nothing had happened.
  void CallUntilKilled(v1::SessionService::Stub& stub);
  // Compares all that is stored to all that was acknowledged; what it finds is the truth from then on. `started`: just
  // before the server was started again. Returns what is wrong, a line each.
  std::string Check(const std::vector<v1::Session>& stored, SystemTime started);

  const std::string& prefix() const { return prefix_; }
  size_t acknowledged() const { return acknowledged_; }
  size_t declared() const { return known_.size(); }
  const OwnedSet& set() const { return set_; }

 private:
  using Contents = std::map<std::string, Declared>;  // by name

  using Outcome = std::map<std::string, std::optional<Declared>>;  // none: gone

  // Each makes one call; false: the server is gone.
  bool Create(v1::SessionService::Stub& stub);
  bool CreateAgain(v1::SessionService::Stub& stub);
  bool BatchCreate(v1::SessionService::Stub& stub);
  bool Update(v1::SessionService::Stub& stub);
  bool PauseOrResume(v1::SessionService::Stub& stub);
  bool Delete(v1::SessionService::Stub& stub);
  bool BatchDelete(v1::SessionService::Stub& stub);
  bool List(v1::SessionService::Stub& stub);
  bool CallAtRandom(v1::SessionService::Stub& stub);

  v1::CreateSessionRequest NewCreate();
  // Keeps what an answered change says.
  bool Acknowledge(const v1::Session& session);
  bool AcknowledgeGone();
  // Takes the call under way for done, if that is what is stored.
  void SettleOpen(const Contents& found);
  std::string RandomName();

  const std::string prefix_;
  Random random_;
  Contents known_;
  // What the call would make that was under way when the server went: nobody knows how it ended, but it is all or
  // nothing. uid and etag are empty when only the server knows them.
  Outcome open_;
  std::optional<v1::CreateSessionRequest> unanswered_;  // a single create that was under way
  uint64_t generation_ = 0;
  size_t acknowledged_ = 0;
  OwnedSet set_;  // sessions that are not among those above
};

}  // namespace holter::crash
