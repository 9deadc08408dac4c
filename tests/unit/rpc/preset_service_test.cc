#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "holter/v1/preset_service.grpc.pb.h"
#include "spec/preset_catalog.h"
#include "tests/unit/rpc/rpc_fixture.h"

namespace holter::rpc {
namespace {

using ::testing::HasSubstr;

class PresetServiceTest : public RpcFixture {
 protected:
  PresetServiceTest() {
    Serve();
    presets_ = v1::PresetService::NewStub(channel_);
  }
  grpc::Status Get(const std::string& name, v1::Preset& preset) const {
    v1::GetPresetRequest request;
    request.set_name(name);
    return presets_->GetPreset(NewContext().get(), request, &preset);
  }

  std::unique_ptr<v1::PresetService::Stub> presets_;
};

TEST_F(PresetServiceTest, ListHasAllByNameWithoutTranscripts) {
  v1::ListPresetsResponse response;
  ASSERT_TRUE(presets_->ListPresets(NewContext().get(), {}, &response).ok());
  const auto names = spec::PresetCatalog::Embedded().Names();
  ASSERT_EQ(static_cast<size_t>(response.presets_size()), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    const v1::Preset& preset = response.presets(static_cast<int>(i));
    EXPECT_EQ(preset.name(), names[i]);
    EXPECT_TRUE(preset.has_spec()) << preset.name();
    EXPECT_EQ(preset.transcript_size(), 0) << preset.name();
  }
  EXPECT_TRUE(operations_.Await("ListPresets OK"));
}

TEST_F(PresetServiceTest, GetHasTheTranscriptToo) {
  v1::Preset preset;
  ASSERT_TRUE(Get("discord", preset).ok());
  EXPECT_EQ(preset.name(), "discord");
  EXPECT_GT(preset.transcript_size(), 0);
}

TEST_F(PresetServiceTest, WhatIsNotThereIsNamed) {
  v1::Preset preset;
  const grpc::Status status = Get("discrod", preset);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status), "PRESET_NOT_FOUND");
  EXPECT_THAT(status.error_message(), HasSubstr("the nearest: discord"));
  const auto resource = DetailOf<google::rpc::ResourceInfo>(status);
  EXPECT_EQ(resource.resource_type(), "holter.v1.Preset");
  EXPECT_EQ(resource.resource_name(), "discrod");
  const grpc::Status none = Get("", preset);
  EXPECT_EQ(none.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(none).field_violations(0).field(), "name");
}

}  // namespace
}  // namespace holter::rpc
