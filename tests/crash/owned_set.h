// The set of one owner that a client applies at random, with its lease, and what was acknowledged of both.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "holter/v1/session_service.grpc.pb.h"

namespace holter::crash {

using SystemTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

// Its calls come one after the other. Used by one thread at a time.
class OwnedSet {
 public:
  // What a daemon that was down gives the owners of leases at least.
  static constexpr std::chrono::seconds kGrace{30};

  // The end of a lease lies between these, which are the same when the call was answered.
  struct Term {
    SystemTime first;
    SystemTime last;
  };

  // Names of its sessions begin with `owner` and "-set-".
  OwnedSet(std::string owner, uint64_t seed) : owner_(std::move(owner)), random_(seed) {}

  // Makes one call; false: the server is gone. A set that was sent to `last`, a renewal, or a set that was not sent
  // whole.
  bool Call(v1::SessionService::Stub& stub);

  // Compares what is stored, all sessions of the owner, to what was acknowledged before the server was killed; what it
  // finds is the truth from then on. `started`: just before the server was started again. Returns what is wrong, a line
  // each.
  std::string Check(const std::vector<v1::Session>& stored, SystemTime started);

  size_t applied() const { return applied_; }
  size_t renewed() const { return renewed_; }

 private:
  struct Member {
    std::string generation;  // a label
    std::string uid;         // empty: not known yet

    // Also equal when one does not know the uid.
    friend bool operator==(const Member& a, const Member& b) {
      return a.generation == b.generation && (a.uid.empty() || b.uid.empty() || a.uid == b.uid);
    }
  };
  using Contents = std::map<std::string, Member>;  // by name
  using Lease = std::optional<Term>;               // none: the sessions do not end

  bool Apply(v1::SessionService::Stub& stub);
  bool Abandon(v1::SessionService::Stub& stub);
  bool Renew(v1::SessionService::Stub& stub);

  v1::Session NewVersion(const std::string& name);
  // The whole set as it is to be, with changes at random; never empty.
  std::vector<v1::Session> NewSet();
  // `shown`: when the sessions end, if they do.
  std::string CheckLease(const std::optional<SystemTime>& shown, bool may_be_old, bool may_be_new, SystemTime started);
  static bool Fits(const Lease& lease, const std::optional<SystemTime>& shown, SystemTime started);
  static std::string Describe(const Contents& contents);

  const std::string owner_;
  Random random_;
  Contents known_;
  Lease lease_;
  // What a call would make that was under way when the server went: all of it or nothing.
  std::optional<Contents> open_;
  std::optional<Lease> open_lease_;
  uint64_t generation_ = 0;
  size_t applied_ = 0;
  size_t renewed_ = 0;
};

}  // namespace holter::crash
