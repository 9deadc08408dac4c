// One ApplySessions with its repetitions.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "client/lib/repeated_call.h"
#include "holter/apply.h"
#include "holter/v1/session_service.pb.h"

namespace holter::client {

// Sends who declares the set, then the sessions in messages of moderate size, then `last` by itself, and each only when
// gRPC has taken the one before. So an attempt that ends before `last` was handed to gRPC has certainly changed nothing
// and may be repeated. After that nobody can say, and a repetition might undo what somebody else declared for the same
// owner meanwhile: it is left to the caller.
class ApplyCall final : public RepeatedCall {
 public:
  static constexpr int kMostInMessage = 1000;
  // Holds one session more than fit; the server takes 1 MiB.
  static constexpr size_t kEnoughInMessage = size_t{512} << 10;

  using Done = std::function<void(absl::StatusOr<v1::ApplySessionsResponse>)>;
  // Gives a source for every attempt that comes to ask for sessions.
  using SourceMaker = std::function<SessionSource()>;

  // As RepeatedCall. `header` has no sessions. `rewinds`: every source begins with the first session, else there is no
  // attempt after one that has asked.
  ApplyCall(const Connection& connection, CallSet& calls, Deadline deadline, const RetryOptions& retry,
            v1::ApplySessionsRequest header, SourceMaker make_source, bool rewinds, Done done);
  ~ApplyCall() override;

 private:
  class Stream;

  void Send(const Connection& connection, grpc::ClientContext& context) override;
  bool MayRepeat() const override;
  void Answer(const absl::Status& status) override;

  const v1::ApplySessionsRequest header_;
  const SourceMaker make_source_;
  const bool rewinds_;
  Done done_;
  std::unique_ptr<Stream> stream_;  // of the last attempt
};

}  // namespace holter::client
