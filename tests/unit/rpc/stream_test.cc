// Streams that end by themselves, and those that are cut off: probes and taps.
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "registry/stream_queue.h"
#include "tests/unit/rpc/rpc_fixture.h"

namespace holter::rpc {
namespace {

// What a test has to tell, in a queue that it keeps.
class FakeProbe final : public registry::StreamReader<v1::ProbeSessionResponse> {
 public:
  using Queue = registry::StreamQueue<v1::ProbeSessionResponse>;
  explicit FakeProbe(std::shared_ptr<Queue> queue, std::atomic<int>* readers)
      : queue_(std::move(queue)), readers_(readers) {
    ++*readers_;
  }
  ~FakeProbe() override {
    queue_->OnReady(nullptr);
    --*readers_;
  }

  absl::StatusOr<std::optional<v1::ProbeSessionResponse>> Next() override {
    auto taken = queue_->Take(1);
    if (taken.empty()) return std::nullopt;
    return std::move(taken.front());
  }
  bool is_eager() const override { return false; }
  bool finished() const override { return queue_->finished(); }
  bool IsDue(TimePoint /*now*/) const override { return false; }
  void OnReady(std::function<void()> wake) override { queue_->OnReady(std::move(wake)); }

 private:
  const std::shared_ptr<Queue> queue_;
  std::atomic<int>* const readers_;
};

class StreamTest : public RpcFixture {
 protected:
  StreamTest() {
    registry_.probe = [this](const v1::ProbeSessionRequest& /*request*/) -> absl::StatusOr<FakeRegistry::ProbeReader> {
      return std::make_unique<FakeProbe>(queue_, &probes_);
    };
  }
  ~StreamTest() override { EXPECT_EQ(probes_, 0) << "a reader is left over"; }
  using FakeRegistry = testing::FakeRegistry;

  void Push(const std::string& name) {
    v1::ProbeSessionResponse event;
    event.mutable_beat()->set_name(name);
    queue_->Push(std::move(event));
  }
  void Open() {
    context_ = NewContext();
    reader_ = stub_->ProbeSession(context_.get(), {});
  }
  std::string Read() {
    v1::ProbeSessionResponse event;
    return reader_->Read(&event) ? event.beat().name() : "the end";
  }
  void TearDown() override {
    if (server_ != nullptr) server_->Shutdown(Duration::zero());
  }

  const std::shared_ptr<FakeProbe::Queue> queue_ = std::make_shared<FakeProbe::Queue>(100);
  std::atomic<int> probes_{0};
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReader<v1::ProbeSessionResponse>> reader_;
};

TEST_F(StreamTest, TellsWhatIsThereWhatComesAndEndsWell) {
  Push("before");
  Serve();
  Open();
  EXPECT_EQ(Read(), "before");
  Push("later");
  EXPECT_EQ(Read(), "later");
  Push("last");
  queue_->Finish();
  EXPECT_EQ(Read(), "last");
  EXPECT_EQ(Read(), "the end");
  EXPECT_TRUE(reader_->Finish().ok());
  EXPECT_TRUE(operations_.Await("ProbeSession OK"));
}

TEST_F(StreamTest, EndsWithAnEmptyProbeToo) {
  queue_->Finish();
  Serve();
  Open();
  EXPECT_EQ(Read(), "the end");
  EXPECT_TRUE(reader_->Finish().ok());
}

TEST_F(StreamTest, AClientThatGoesAwayEndsIt) {
  Serve();
  Open();
  reader_->WaitForInitialMetadata();
  context_->TryCancel();
  EXPECT_EQ(reader_->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(operations_.Await("ProbeSession CANCELLED"));
}

TEST_F(StreamTest, TheStopOfTheServerEndsIt) {
  Serve();
  Open();
  reader_->WaitForInitialMetadata();
  server_->Shutdown(std::chrono::seconds(5));
  const grpc::Status status = reader_->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
}

TEST_F(StreamTest, ARefusalIsToldWithItsDetails) {
  registry_.tap = [](const v1::TapSessionRequest& request) -> absl::StatusOr<FakeRegistry::TapReader> {
    return MakeError(absl::StatusCode::kNotFound, "SESSION_NOT_FOUND", "there is no session " + request.name());
  };
  Serve();
  const auto context = NewContext();
  v1::TapSessionRequest request;
  request.set_name("tenants/default/sessions/a");
  const auto tap = stub_->TapSession(context.get(), request);
  v1::TapSessionResponse response;
  EXPECT_FALSE(tap->Read(&response));
  const grpc::Status status = tap->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status), "SESSION_NOT_FOUND");
  EXPECT_EQ(DetailOf<google::rpc::ResourceInfo>(status).resource_name(), request.name());
}

TEST_F(StreamTest, AnExceptionEndsThatStreamOnly) {
  registry_.probe = [](const v1::ProbeSessionRequest& /*request*/) -> absl::StatusOr<FakeRegistry::ProbeReader> {
    throw std::runtime_error("oops");
  };
  Serve();
  Open();
  EXPECT_EQ(Read(), "the end");
  EXPECT_EQ(reader_->Finish().error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_TRUE(operations_.Await("exception in rpc"));
}

}  // namespace
}  // namespace holter::rpc
