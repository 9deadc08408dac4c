#include "tests/crash/caller.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iterator>
#include <utility>

namespace holter::crash {
namespace {

constexpr size_t kFewSessions = 20;
constexpr size_t kManySessions = 1500;

std::string NameOf(const v1::CreateSessionRequest& request) {
  return fmt::format("{}/sessions/{}", request.parent(), request.session_id());
}

}  // namespace

void SetDeadline(grpc::ClientContext& context) { context.set_deadline(std::chrono::system_clock::now() + kCallTime); }

bool IsAnswered(const grpc::Status& status, const std::string& what) {
  if (status.ok()) return true;
  EXPECT_TRUE(status.error_code() == grpc::StatusCode::UNAVAILABLE ||
              status.error_code() == grpc::StatusCode::CANCELLED)
      << what << ": " << status.error_message();
  return false;
}

Declared DeclaredOf(const v1::Session& session) {
  const auto label = session.labels().find(kLabel);
  return {.uid = session.uid(),
          .etag = session.etag(),
          .url = session.spec().url(),
          .generation = label == session.labels().end() ? "" : label->second,
          .paused = session.paused()};
}

void Caller::CallUntilKilled(v1::SessionService::Stub& stub) {
  bool goes_on = !unanswered_ || CreateAgain(stub);
  while (goes_on) goes_on = CallAtRandom(stub);
}

bool Caller::CallAtRandom(v1::SessionService::Stub& stub) {
  const uint64_t dice = random_() % 24;
  if (dice >= 20) return set_.Call(stub);
  if (known_.size() < kFewSessions || dice < 5) return Create(stub);
  if (known_.size() > kManySessions) return BatchDelete(stub);
  if (dice < 7) return BatchCreate(stub);
  if (dice < 11) return Update(stub);
  if (dice < 13) return PauseOrResume(stub);
  if (dice < 17) return Delete(stub);
  return dice < 19 ? BatchDelete(stub) : List(stub);
}

std::string Caller::RandomName() {
  return std::next(known_.begin(), static_cast<std::ptrdiff_t>(random_() % known_.size()))->first;
}

v1::CreateSessionRequest Caller::NewCreate() {
  v1::CreateSessionRequest request;
  request.set_parent(kParent);
  request.set_session_id(fmt::format("{}-{}", prefix_, ++generation_));
  v1::Session& session = *request.mutable_session();
  (*session.mutable_labels())[kLabel] = std::to_string(generation_);
  session.set_paused(random_() % 2 == 0);
  session.mutable_spec()->set_url(fmt::format("ws://127.0.0.1:1/{}", generation_));
  session.mutable_spec()->mutable_reconnect()->set_first_delay("60s");
  return request;
}

bool Caller::Acknowledge(const v1::Session& session) {
  open_.clear();
  known_[session.name()] = DeclaredOf(session);
  ++acknowledged_;
  return true;
}

bool Caller::AcknowledgeGone() {
  for (const auto& [name, declared] : open_) known_.erase(name);
  open_.clear();
  ++acknowledged_;
  return true;
}

bool Caller::Create(v1::SessionService::Stub& stub) {
  unanswered_ = NewCreate();
  unanswered_->set_request_id(
      fmt::format("{:08x}-0000-4000-8000-{:012x}", static_cast<uint32_t>(random_()), random_() & 0xFFFF'FFFF'FFFFU));
  return CreateAgain(stub);
}

bool Caller::CreateAgain(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  const std::string name = NameOf(*unanswered_);
  const auto before = known_.find(name);
  if (before == known_.end()) open_ = {{name, DeclaredOf(unanswered_->session())}};
  v1::Session answer;
  if (!IsAnswered(stub.CreateSession(&context, *unanswered_, &answer), "create " + name)) return false;
  EXPECT_EQ(answer.name(), name);
  if (before != known_.end()) {
    EXPECT_EQ(DeclaredOf(answer), before->second) << name << " was created twice";
  }
  unanswered_.reset();
  return Acknowledge(answer);
}

bool Caller::BatchCreate(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::BatchCreateSessionsRequest request;
  request.set_parent(kParent);
  for (uint64_t i = 0, size = 2 + random_() % 20; i < size; ++i) {
    const v1::CreateSessionRequest& one = *request.add_requests() = NewCreate();
    open_[NameOf(one)] = DeclaredOf(one.session());
  }
  v1::BatchCreateSessionsResponse answer;
  if (!IsAnswered(stub.BatchCreateSessions(&context, request, &answer), "batch create")) return false;
  EXPECT_EQ(answer.sessions_size(), request.requests_size());
  for (const v1::Session& session : answer.sessions()) Acknowledge(session);
  return true;
}

bool Caller::Update(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  const std::string name = RandomName();
  v1::UpdateSessionRequest request;
  request.mutable_session()->set_name(name);
  (*request.mutable_session()->mutable_labels())[kLabel] = std::to_string(++generation_);
  request.mutable_update_mask()->add_paths("labels");
  Declared next = known_[name];
  next.etag.clear();
  next.generation = std::to_string(generation_);
  open_ = {{name, next}};
  v1::Session answer;
  return IsAnswered(stub.UpdateSession(&context, request, &answer), "update " + name) && Acknowledge(answer);
}

bool Caller::PauseOrResume(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  const std::string name = RandomName();
  Declared next = known_[name];
  next.etag.clear();
  next.paused = !next.paused;
  open_ = {{name, next}};
  v1::Session answer;
  v1::PauseSessionRequest pause;
  pause.set_name(name);
  v1::ResumeSessionRequest resume;
  resume.set_name(name);
  const grpc::Status status =
      next.paused ? stub.PauseSession(&context, pause, &answer) : stub.ResumeSession(&context, resume, &answer);
  return IsAnswered(status, "pause or resume " + name) && Acknowledge(answer);
}

bool Caller::Delete(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::DeleteSessionRequest request;
  request.set_name(RandomName());
  open_ = {{request.name(), std::nullopt}};
  google::protobuf::Empty answer;
  return IsAnswered(stub.DeleteSession(&context, request, &answer), "delete " + request.name()) && AcknowledgeGone();
}

bool Caller::BatchDelete(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::BatchDeleteSessionsRequest request;
  request.set_parent(kParent);
  for (uint64_t i = 0, size = 2 + random_() % 8; i < size; ++i) open_[RandomName()] = std::nullopt;
  for (const auto& [name, gone] : open_) request.add_names(name);
  google::protobuf::Empty answer;
  return IsAnswered(stub.BatchDeleteSessions(&context, request, &answer), "batch delete") && AcknowledgeGone();
}

bool Caller::List(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::ListSessionsRequest request;
  request.set_parent(kParent);
  request.set_page_size(50);
  v1::ListSessionsResponse answer;
  return IsAnswered(stub.ListSessions(&context, request, &answer), "list");
}

void Caller::SettleOpen(const Contents& found) {
  Outcome after = std::exchange(open_, {});
  for (auto& [name, expected] : after) {
    const auto there = found.find(name);
    if (expected.has_value() != (there != found.end())) return;  // nothing of it, or Check finds the half
    if (!expected) continue;
    if (expected->uid.empty()) expected->uid = there->second.uid;
    if (expected->etag.empty()) expected->etag = there->second.etag;
    if (*expected != there->second) return;
  }
  for (const auto& [name, now] : after) {
    known_.erase(name);
    if (now) known_[name] = *now;
  }
}

std::string Caller::Check(const std::vector<v1::Session>& stored, SystemTime started) {
  Contents found;
  std::vector<v1::Session> owned;
  for (const v1::Session& session : stored) {
    if (session.owner() == prefix_) {
      owned.push_back(session);
    } else {
      found[session.name()] = DeclaredOf(session);
    }
  }
  std::string wrong = set_.Check(owned, started);
  SettleOpen(found);
  for (const auto& [name, declared] : known_) {
    const auto there = found.find(name);
    if (there == found.end()) {
      wrong += fmt::format("{} was acknowledged and is missing\n", name);
    } else if (there->second != declared) {
      wrong += fmt::format("{} is at generation {} etag {} uid {}, acknowledged were {} {} {}\n", name,
                           there->second.generation, there->second.etag, there->second.uid, declared.generation,
                           declared.etag, declared.uid);
    }
  }
  for (const auto& [name, declared] : found) {
    if (!known_.contains(name)) wrong += fmt::format("{} is there and should not be\n", name);
  }
  known_ = std::move(found);
  return wrong;
}

}  // namespace holter::crash
