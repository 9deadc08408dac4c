#include "client/lib/apply_call.h"

#include <grpcpp/support/client_callback.h>

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "holter/status.h"

namespace holter::client {

// One attempt. What is written and what is read are apart from each other, so gRPC's threads need no lock; OnDone comes
// after all else.
class ApplyCall::Stream final : public grpc::ClientBidiReactor<v1::ApplySessionsRequest, v1::ApplySessionsResponse> {
 public:
  Stream(std::shared_ptr<RepeatedCall> keep_alive, ApplyCall& call)
      : keep_alive_(std::move(keep_alive)), call_(call), message_(call.header_) {}

  void Begin(v1::SessionService::StubInterface::async_interface& stub, grpc::ClientContext& context) {
    stub.ApplySessions(&context, this);
    StartRead(&response_);
    StartWrite(&message_);
    StartCall();
  }

  void OnWriteDone(bool ok) override {
    if (!ok || sent_last_) return;
    message_.Clear();
    if (!source_) source_ = call_.make_source_();
    Fill();
    if (message_.sessions_size() > 0) return StartWrite(&message_);
    message_.set_last(true);
    sent_last_ = true;
    StartWriteLast(&message_, {});
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    auto& results = *response_.mutable_results();
    answer_.mutable_results()->Add(std::make_move_iterator(results.begin()), std::make_move_iterator(results.end()));
    if (response_.has_summary()) *answer_.mutable_summary() = response_.summary();
    StartRead(&response_);
  }

  // The call may go with `keep_alive`, and this with it.
  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<RepeatedCall> keep_alive = std::move(keep_alive_);
    call_.OnEnd(FromGrpc(status));
  }

  bool has_asked() const { return source_ != nullptr; }
  bool sent_last() const { return sent_last_; }
  v1::ApplySessionsResponse TakeAnswer() { return std::move(answer_); }

 private:
  void Fill() {
    size_t bytes = 0;
    while (!whole_ && message_.sessions_size() < kMostInMessage && bytes < kEnoughInMessage) {
      std::optional<v1::Session> session = source_();
      whole_ = !session.has_value();
      if (whole_) return;
      bytes += session->ByteSizeLong();
      *message_.add_sessions() = *std::move(session);
    }
  }

  std::shared_ptr<RepeatedCall> keep_alive_;
  ApplyCall& call_;

  v1::ApplySessionsRequest message_;
  SessionSource source_;
  bool whole_ = false;
  bool sent_last_ = false;

  v1::ApplySessionsResponse response_;
  v1::ApplySessionsResponse answer_;
};

namespace {

// An error that the server did not give a reason for came after it may have done its work.
absl::Status OfUnknownOutcome(const absl::Status& status) {
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status) && !absl::IsCancelled(status)) return status;
  if (!ReasonOf(status).empty()) return status;
  return {status.code(), absl::StrCat(status.message(), "; the whole set had been sent and may have been applied")};
}

}  // namespace

ApplyCall::ApplyCall(const Connection& connection, CallSet& calls, Deadline deadline, const RetryOptions& retry,
                     v1::ApplySessionsRequest header, SourceMaker make_source, bool rewinds, Done done)
    : RepeatedCall(connection, calls, deadline, retry),
      header_(std::move(header)),
      make_source_(std::move(make_source)),
      rewinds_(rewinds),
      done_(std::move(done)) {}

ApplyCall::~ApplyCall() = default;

void ApplyCall::Send(const Connection& connection, grpc::ClientContext& context) {
  stream_ = std::make_unique<Stream>(shared_from_this(), *this);
  stream_->Begin(*connection.stub().async(), context);
}

bool ApplyCall::MayRepeat() const { return !stream_->sent_last() && (rewinds_ || !stream_->has_asked()); }

void ApplyCall::Answer(const absl::Status& status) {
  const Done done = std::exchange(done_, nullptr);
  if (status.ok()) {
    done(stream_->TakeAnswer());
  } else {
    done(stream_ && stream_->sent_last() ? OfUnknownOutcome(status) : status);
  }
}

}  // namespace holter::client
