// `holter health` against a server that has gRPC's own health service.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "tests/unit/cli/cli_fixture.h"

namespace holter::cli {
namespace {

using ::testing::HasSubstr;

class HealthTest : public ::testing::Test {
 protected:
  HealthTest() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);  // a server of no service of ours polls nothing
    server_ = builder.BuildAndStart();
    grpc::EnableDefaultHealthCheckService(false);
  }
  ~HealthTest() override { Stop(); }

  void Stop() { server_->Shutdown(std::chrono::system_clock::now()); }
  CliResult Health() const {
    return RunCli({"health", "--deadline=5s", "--server=127.0.0.1:" + std::to_string(port_)});
  }

  client::FakeService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(HealthTest, SaysWhatTheServerSays) {
  EXPECT_EQ(Health().code, ExitCode::kOk);
  EXPECT_EQ(Health().out, "SERVING\n");
  server_->GetHealthCheckService()->SetServingStatus(false);
  EXPECT_EQ(Health().code, ExitCode::kFailure);
  EXPECT_EQ(Health().out, "NOT_SERVING\n");
  server_->GetHealthCheckService()->SetServingStatus(true);
  EXPECT_EQ(Health().code, ExitCode::kOk);
}

TEST_F(HealthTest, AServerThatIsGoneIsUnreachable) {
  Stop();
  const CliResult result = Health();
  EXPECT_EQ(result.code, ExitCode::kUnreachable);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("cannot reach holterd"));
}

TEST_F(HealthTest, BadFilesAreWrongUsage) {
  const CliResult result = RunCli({"health", "--ca=/no/such.pem"});
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("/no/such.pem"));
}

class HealthlessTest : public CliTest {};

TEST_F(HealthlessTest, AServerWithoutHealthSaysNo) { EXPECT_EQ(Cli({"health"}).code, ExitCode::kRefused); }

}  // namespace
}  // namespace holter::cli
