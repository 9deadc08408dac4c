// Calls that are swept, ended and let go of, in every order.
#include "rpc/unary_call.h"

#include <grpcpp/server_context.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/manual_clock.h"
#include "tests/unit/rpc/rpc_fixture.h"

namespace holter::rpc {
namespace {

class UnaryCallTest : public ::testing::Test {
 protected:
  std::shared_ptr<UnaryCall> Begin() {
    // Of no call of gRPC's: what is finished is kept and goes nowhere.
    reactors_.push_back(std::make_unique<Reactor>());
    return calls_.Begin(reactors_.back().get(), RpcTimer("GetSession", clock_, operations_, Admit()), {});
  }

  testing::ManualClock clock_;
  RecordingOperations operations_;
  UnaryCalls calls_;

 private:
  class Reactor final : public grpc::ServerUnaryReactor {
    void OnDone() override {}
  };
  static std::shared_ptr<const Admission> Admit() {
    return AccessGate({}).Admit(grpc::CallbackServerContext(), "GetSession", v1::GetSessionRequest());
  }

  std::vector<std::unique_ptr<Reactor>> reactors_;
};

TEST_F(UnaryCallTest, OnlyThoseThatTakeTooLongAreEnded) {
  const std::shared_ptr<UnaryCall> old = Begin();
  clock_.Advance(std::chrono::seconds(1));
  const std::shared_ptr<UnaryCall> young = Begin();
  calls_.FinishBegunBefore(clock_.Now(), absl::DeadlineExceededError("late"));
  EXPECT_FALSE(old->Claim());
  EXPECT_TRUE(young->Claim());
  EXPECT_EQ(operations_.lines(), std::vector<std::string>{"GetSession DEADLINE_EXCEEDED"});
}

// The sweep then ends the call itself, and must not hold what the end of a call takes.
TEST_F(UnaryCallTest, TheOwnerMayLetGoWhileTheSweepLooks) {
  std::shared_ptr<UnaryCall> call = Begin();
  calls_.FinishThose(
      [&call](const UnaryCall& /*call*/) {
        call.reset();
        return false;
      },
      absl::DeadlineExceededError("late"));
  EXPECT_EQ(operations_.lines(), std::vector<std::string>{"GetSession INTERNAL"});
  calls_.FinishAll(absl::UnavailableError("over"));
  EXPECT_EQ(operations_.lines().size(), 1);
}

}  // namespace
}  // namespace holter::rpc
