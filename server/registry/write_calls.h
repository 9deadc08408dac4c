// The course that every call takes that changes something: in turn with others of the same names, at most once for a
// request_id, planned, committed, answered.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "registry/change_set.h"
#include "registry/request_log.h"
#include "registry/write_context.h"

namespace holter::registry {

// What a call is about.
struct WriteCall {
  std::vector<std::string> names;  // of the sessions that it may change, in any order
  RequestIdentity identity;
  bool validate_only = false;
};

// Any thread. Every reply comes exactly once: from the store's thread, or, on an error that needs no disk, from where
// the call began: the caller, or the TurnRunner when it had to wait. While a call is under way it holds its names, so
// nobody sees a change of them, and no other call of one of the names runs, before it is known how it ended.
class WriteCalls {
 public:
  explicit WriteCalls(const WriteContext& context) : context_(context) {}

  template <class Answer>
  using Reply = std::function<void(absl::StatusOr<Answer>)>;
  // Looks at how things are, fills the changes and the answer; an error refuses the call. Must not block.
  template <class Answer>
  using Plan = std::function<absl::Status(ChangeSet& changes, Answer& answer)>;

  template <class Answer>
  void Run(const WriteCall& call, Reply<Answer> reply, Plan<Answer> plan) const {
    auto answer = std::make_shared<Answer>();
    RunErased({.call = call,
               .answer = answer,
               .plan = [answer, plan = std::move(plan)](ChangeSet& changes) { return plan(changes, *answer); },
               .reply =
                   [answer, reply = std::move(reply)](absl::Status status) {
                     if (status.ok()) {
                       reply(std::move(*answer));
                     } else {
                       reply(std::move(status));
                     }
                   }});
  }

 private:
  struct Course {
    WriteCall call;
    std::shared_ptr<google::protobuf::Message> answer;
    std::function<absl::Status(ChangeSet&)> plan;
    std::function<void(absl::Status)> reply;
  };

  void RunErased(Course course) const;
  // `reply` also gives back what the call holds.
  void RunInTurn(const Course& course, const std::function<void(absl::Status)>& reply) const;

  const WriteContext context_;
};

}  // namespace holter::registry
