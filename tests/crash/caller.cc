#include "tests/crash/caller.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iterator>

namespace holter::crash {
namespace {

constexpr const char* kLabel = "generation";

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
}

// True when the call has an answer. Else the server is gone; anything else is a failure of the test.
bool IsAnswered(const grpc::Status& status, const std::string& what) {
  if (status.ok()) return true;
  EXPECT_TRUE(status.error_code() == grpc::StatusCode::UNAVAILABLE ||
              status.error_code() == grpc::StatusCode::CANCELLED)
      << what << ": " << status.error_message();
  return false;
}

}  // namespace

Declared DeclaredOf(const v1::Session& session) {
  const auto label = session.labels().find(kLabel);
  return {.uid = session.uid(),
          .etag = session.etag(),
          .url = session.spec().url(),
          .generation = label == session.labels().end() ? "" : label->second};
}

void Caller::CallUntilKilled(v1::SessionService::Stub& stub) {
  bool goes_on = true;
  while (goes_on) {
    const uint64_t dice = random_() % 10;
    if (known_.empty() || dice < 4) {
      goes_on = Create(stub);
    } else if (dice < 7) {
      goes_on = Update(stub);
    } else if (dice < 9) {
      goes_on = Delete(stub);
    } else {
      goes_on = List(stub);
    }
  }
}

std::string Caller::RandomName() {
  return std::next(known_.begin(), static_cast<std::ptrdiff_t>(random_() % known_.size()))->first;
}

bool Caller::Create(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::CreateSessionRequest request;
  request.set_parent("tenants/default");
  request.set_session_id(fmt::format("{}-{}", prefix_, ++generation_));
  v1::Session& session = *request.mutable_session();
  (*session.mutable_labels())[kLabel] = std::to_string(generation_);
  session.mutable_spec()->set_url(fmt::format("ws://127.0.0.1:1/{}", generation_));
  session.mutable_spec()->mutable_reconnect()->set_first_delay("60s");
  const std::string name = "tenants/default/sessions/" + request.session_id();
  open_ = {name, DeclaredOf(session)};
  v1::Session answer;
  if (!IsAnswered(stub.CreateSession(&context, request, &answer), "create " + name)) return false;
  open_.reset();
  known_[name] = DeclaredOf(answer);
  ++acknowledged_;
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
  open_ = {name, next};
  v1::Session answer;
  if (!IsAnswered(stub.UpdateSession(&context, request, &answer), "update " + name)) return false;
  open_.reset();
  known_[name] = DeclaredOf(answer);
  ++acknowledged_;
  return true;
}

bool Caller::Delete(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  const std::string name = RandomName();
  v1::DeleteSessionRequest request;
  request.set_name(name);
  open_ = {name, std::nullopt};
  google::protobuf::Empty answer;
  if (!IsAnswered(stub.DeleteSession(&context, request, &answer), "delete " + name)) return false;
  open_.reset();
  known_.erase(name);
  ++acknowledged_;
  return true;
}

bool Caller::List(v1::SessionService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::ListSessionsRequest request;
  request.set_parent("tenants/default");
  request.set_page_size(50);
  v1::ListSessionsResponse answer;
  return IsAnswered(stub.ListSessions(&context, request, &answer), "list");
}

std::string Caller::Check(const std::vector<v1::Session>& stored) {
  std::string wrong;
  Contents found;
  for (const v1::Session& session : stored) found[session.name()] = DeclaredOf(session);
  if (open_) {
    // Whichever way it ended, it ended whole.
    const auto& [name, after] = *open_;
    const auto there = found.find(name);
    std::optional<Declared> now = there == found.end() ? std::nullopt : std::optional(there->second);
    std::optional<Declared> expected = after;
    if (expected && now) {
      if (expected->uid.empty()) expected->uid = now->uid;
      if (expected->etag.empty()) expected->etag = now->etag;
    }
    if (now == expected) {
      known_.erase(name);
      if (now) known_[name] = *now;
    }
    open_.reset();
  }
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
