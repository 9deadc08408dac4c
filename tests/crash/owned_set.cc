#include "tests/crash/owned_set.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "tests/crash/caller.h"

namespace holter::crash {
namespace {

constexpr size_t kMostMembers = 60;
// One is shorter than the grace of a restart.
constexpr std::chrono::seconds kTerms[] = {std::chrono::seconds(20), std::chrono::hours(1), std::chrono::hours(24)};

SystemTime Now() { return std::chrono::system_clock::now(); }

// From now, or from any moment until the call is given up.
OwnedSet::Term TermFromNow(std::chrono::seconds term) {
  return {.first = Now() + term, .last = Now() + term + kCallTime};
}

SystemTime ToSystemTime(const google::protobuf::Timestamp& time) {
  return SystemTime(std::chrono::seconds(time.seconds()) + std::chrono::nanoseconds(time.nanos()));
}

}  // namespace

bool OwnedSet::Call(v1::SessionService::Stub& stub) {
  const uint64_t dice = random_() % 8;
  if (dice == 0) return Abandon(stub);
  return dice < 3 && !known_.empty() ? Renew(stub) : Apply(stub);
}

v1::Session OwnedSet::NewVersion(const std::string& name) {
  v1::Session session;
  session.set_name(name);
  (*session.mutable_labels())[kLabel] = std::to_string(++generation_);
  session.set_paused(true);
  session.mutable_spec()->set_url(fmt::format("ws://127.0.0.1:1/{}", name));
  return session;
}

std::vector<v1::Session> OwnedSet::NewSet() {
  std::vector<v1::Session> set;
  for (const auto& [name, member] : known_) {
    const uint64_t dice = random_() % 8;
    if (dice == 0) continue;
    set.push_back(NewVersion(name));
    if (dice > 2) (*set.back().mutable_labels())[kLabel] = member.generation;
  }
  const uint64_t added = set.size() > kMostMembers ? 0 : 1 + random_() % 12;
  for (uint64_t i = 0; i < added; ++i) {
    set.push_back(NewVersion(fmt::format("{}/sessions/{}-set-{}", kParent, owner_, generation_ + 1)));
  }
  return set;
}

bool OwnedSet::Apply(v1::SessionService::Stub& stub) {
  const std::vector<v1::Session> set = NewSet();
  const bool prunes = random_() % 2 == 0;
  Contents after = prunes ? Contents() : known_;
  for (const v1::Session& session : set) after[session.name()].generation = session.labels().at(kLabel);
  for (auto& [name, member] : after) {
    const auto before = known_.find(name);
    if (before != known_.end()) member.uid = before->second.uid;
  }
  const std::chrono::seconds term = random_() % 4 == 0 ? std::chrono::seconds::zero() : kTerms[random_() % 3];
  const bool leases = term > std::chrono::seconds::zero();
  open_ = after;
  open_lease_ = leases ? Lease(TermFromNow(term)) : Lease();

  grpc::ClientContext context;
  SetDeadline(context);
  const auto stream = stub.ApplySessions(&context);
  v1::ApplySessionsRequest message;
  message.set_parent(kParent);
  message.set_owner(owner_);
  message.set_prune(prunes);
  message.mutable_lease_ttl()->set_seconds(term.count());
  for (size_t i = 0; i < set.size(); ++i) {
    *message.add_sessions() = set[i];
    message.set_last(i + 1 == set.size());
    if (!message.last() && random_() % 8 != 0) continue;
    stream->Write(message);  // what became of it is told by the answer
    message.clear_sessions();
  }
  v1::ApplySessionsResponse response;
  v1::ApplySessionsResponse last;
  while (stream->Read(&response)) last = response;
  const grpc::Status status = stream->Finish();
  if (!last.has_summary()) return IsAnswered(status, "apply of " + owner_);
  known_ = *std::exchange(open_, std::nullopt);
  open_lease_.reset();
  EXPECT_EQ(last.summary().has_expire_time(), leases);
  const SystemTime end = ToSystemTime(last.summary().expire_time());
  lease_ = leases ? Lease(Term{.first = end, .last = end}) : Lease();
  ++applied_;
  return status.ok();
}

bool OwnedSet::Abandon(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  const auto stream = stub.ApplySessions(&context);
  v1::ApplySessionsRequest message;
  message.set_parent(kParent);
  message.set_owner(owner_);
  message.set_prune(true);
  *message.add_sessions() = NewVersion(fmt::format("{}/sessions/{}-set-never", kParent, owner_));
  stream->Write(message);
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  EXPECT_FALSE(status.ok()) << "half a set was taken";
  return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT || IsAnswered(status, "half a set of " + owner_);
}

bool OwnedSet::Renew(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  const std::chrono::seconds term = kTerms[random_() % 3];
  v1::RenewLeaseRequest request;
  request.set_parent(kParent);
  request.set_owner(owner_);
  request.mutable_ttl()->set_seconds(term.count());
  open_lease_ = Lease(TermFromNow(term));
  v1::Lease answer;
  if (!IsAnswered(stub.RenewLease(&context, request, &answer), "renewal of " + owner_)) return false;
  EXPECT_EQ(static_cast<size_t>(answer.sessions()), known_.size());
  open_lease_.reset();
  const SystemTime end = ToSystemTime(answer.expire_time());
  lease_ = Term{.first = end, .last = end};
  ++renewed_;
  return true;
}

bool OwnedSet::Fits(const Lease& lease, const std::optional<SystemTime>& shown, SystemTime started) {
  if (!lease || !shown) return !lease && !shown;
  // What is shown is what is stored, or what the start has made of it.
  return *shown >= started + kGrace && *shown >= lease->first && (*shown <= lease->last || *shown <= Now() + kGrace);
}

std::string OwnedSet::Describe(const Contents& contents) {
  std::string text;
  for (const auto& [name, member] : contents)
    text += fmt::format(" {}:{}", name.substr(name.rfind('-')), member.generation);
  return text;
}

std::string OwnedSet::CheckLease(const std::optional<SystemTime>& shown, bool may_be_old, bool may_be_new,
                                 SystemTime started) {
  const bool fits_old = may_be_old && Fits(lease_, shown, started);
  const bool fits_new = may_be_new && open_lease_ && Fits(*open_lease_, shown, started);
  std::string wrong;
  if (!fits_old && !fits_new) {
    const auto after_start = [&](const std::optional<SystemTime>& time) {
      return time ? fmt::format("{} ms", (*time - started) / std::chrono::milliseconds(1)) : "never";
    };
    wrong = fmt::format("the lease of {} ends {} after the start, acknowledged was {}, {} was under way\n", owner_,
                        after_start(shown), after_start(lease_ ? std::optional(lease_->first) : std::nullopt),
                        open_lease_ ? "another" : "none");
  }
  if (fits_new && lease_ && fits_old) {  // nobody can tell which
    lease_ = Term{.first = std::min(lease_->first, (*open_lease_)->first), .last = *shown};
  } else if (fits_new) {
    lease_ = *open_lease_;
  }
  return wrong;
}

std::string OwnedSet::Check(const std::vector<v1::Session>& stored, SystemTime started) {
  std::string wrong;
  Contents found;
  std::set<std::optional<SystemTime>> ends;
  for (const v1::Session& session : stored) {
    found[session.name()] = {.generation = session.labels().at(kLabel), .uid = session.uid()};
    ends.insert(session.has_expire_time() ? std::optional(ToSystemTime(session.expire_time())) : std::nullopt);
  }
  const bool is_old = found == known_;
  const bool is_new = open_.has_value() && found == *open_;
  if (!is_old && !is_new) {
    wrong += fmt::format("the set of {} is{}, acknowledged was{}, under way was{}\n", owner_, Describe(found),
                         Describe(known_), open_ ? Describe(*open_) : " nothing");
  }
  if (ends.size() > 1) wrong += fmt::format("the sessions of {} end at different times\n", owner_);
  // A set and its lease are one change; without a set under way the lease may have been renewed.
  if (ends.size() == 1) wrong += CheckLease(*ends.begin(), is_old || !open_, is_new || !open_, started);
  known_ = std::move(found);
  open_.reset();
  open_lease_.reset();
  return wrong;
}

}  // namespace holter::crash
