// PresetService over the presets that come with the binary.
#pragma once

#include "base/clock.h"
#include "base/operation_observer.h"
#include "holter/v1/preset_service.grpc.pb.h"
#include "rpc/access_gate.h"
#include "rpc/unary_call.h"

namespace holter::rpc {

// Threads: gRPC's. Every call is answered before it returns, so a stop has nothing to wait for.
class PresetService final : public v1::PresetService::CallbackService {
 public:
  // All outlive the service.
  PresetService(OperationObserver& operations, const Clock& clock, const AccessOptions& access)
      : operations_(operations), clock_(clock), gate_(access) {}

  grpc::ServerUnaryReactor* ListPresets(grpc::CallbackServerContext* context, const v1::ListPresetsRequest* request,
                                        v1::ListPresetsResponse* response) override;
  grpc::ServerUnaryReactor* GetPreset(grpc::CallbackServerContext* context, const v1::GetPresetRequest* request,
                                      v1::Preset* response) override;

 private:
  OperationObserver& operations_;
  const Clock& clock_;
  const AccessGate gate_;
  UnaryCalls calls_;
};

}  // namespace holter::rpc
