#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>

#include "holter/client.h"
#include "holter/status.h"
#include "holter/v1/preset_service.grpc.pb.h"
#include "tests/unit/client/fake_service.h"

namespace holter::client {
namespace {

class TwoPresets final : public v1::PresetService::Service {
  grpc::Status ListPresets(grpc::ServerContext* /*context*/, const v1::ListPresetsRequest* /*request*/,
                           v1::ListPresetsResponse* response) override {
    response->add_presets()->set_name("a");
    response->add_presets()->set_name("b");
    return grpc::Status::OK;
  }
  grpc::Status GetPreset(grpc::ServerContext* /*context*/, const v1::GetPresetRequest* request,
                         v1::Preset* response) override {
    if (request->name() != "a") return DetailedStatus(grpc::StatusCode::NOT_FOUND, "none", "PRESET_NOT_FOUND");
    response->set_name(request->name());
    response->set_title("A");
    return grpc::Status::OK;
  }
};

class PresetsTest : public ::testing::Test {
 protected:
  PresetsTest() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    client_ = std::make_unique<Client>(ClientOptions{.server = "127.0.0.1:" + std::to_string(port)});
  }

  TwoPresets service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(PresetsTest, AllAreListed) {
  const auto presets = client_->ListPresets();
  ASSERT_TRUE(presets.ok()) << presets.status();
  ASSERT_EQ(presets->size(), 2u);
  EXPECT_EQ(presets->back().name(), "b");
}

TEST_F(PresetsTest, OneIsFoundOrRefusedWithItsReason) {
  const auto found = client_->GetPreset("a");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->title(), "A");
  const auto missing = client_->GetPreset("c");
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_EQ(ReasonOf(missing.status()), "PRESET_NOT_FOUND");
}

}  // namespace
}  // namespace holter::client
