#include "rpc/preset_service.h"

#include <vector>

#include "absl/status/statusor.h"
#include "base/error.h"
#include "rpc/serve_unary.h"
#include "spec/preset_catalog.h"

namespace holter::rpc {
namespace {

constexpr const char* kPresetType = "holter.v1.Preset";

absl::StatusOr<v1::ListPresetsResponse> AllPresets() {
  const absl::StatusOr<std::vector<const v1::Preset*>> presets = spec::PresetCatalog::Embedded().All();
  if (!presets.ok()) return presets.status();
  v1::ListPresetsResponse response;
  for (const v1::Preset* const preset : *presets) {
    v1::Preset& listed = *response.add_presets();
    listed = *preset;
    listed.clear_transcript();
  }
  return response;
}

absl::StatusOr<v1::Preset> OnePreset(const v1::GetPresetRequest& request) {
  if (request.name().empty()) return MakeInvalid({{.field = "name", .description = "required"}});
  const absl::StatusOr<const v1::Preset*> preset = spec::PresetCatalog::Embedded().Find(request.name());
  if (!preset.ok()) return preset.status();
  return **preset;
}

}  // namespace

grpc::ServerUnaryReactor* PresetService::ListPresets(grpc::CallbackServerContext* context,
                                                     const v1::ListPresetsRequest* request,
                                                     v1::ListPresetsResponse* response) {
  return ServeUnary({gate_, clock_, operations_, calls_}, context, "ListPresets", *request,
                    {.type = kPresetType, .name = ""},
                    [&](const std::shared_ptr<UnaryCall>& call) { ReplyTo(call, response)(AllPresets()); });
}

grpc::ServerUnaryReactor* PresetService::GetPreset(grpc::CallbackServerContext* context,
                                                   const v1::GetPresetRequest* request, v1::Preset* response) {
  return ServeUnary({gate_, clock_, operations_, calls_}, context, "GetPreset", *request,
                    {.type = kPresetType, .name = request->name()},
                    [&](const std::shared_ptr<UnaryCall>& call) { ReplyTo(call, response)(OnePreset(*request)); });
}

}  // namespace holter::rpc
