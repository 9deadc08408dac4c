#include "rpc/reflection_gate.h"

#include <string_view>

namespace holter::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;

class ReflectionInterceptor final : public grpc::experimental::Interceptor {
 public:
  ReflectionInterceptor(const AccessGate& gate, grpc::ServerContextBase& context) : gate_(gate), context_(context) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA) &&
        !gate_.HasAnyRole(context_)) {
      context_.TryCancel();
    }
    methods->Proceed();
  }

 private:
  const AccessGate& gate_;
  grpc::ServerContextBase& context_;
};

class ReflectionGate final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit ReflectionGate(const AccessOptions& options) : gate_(options) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) override {
    const bool is_reflection = std::string_view(info->method()).starts_with("/grpc.reflection.");
    return is_reflection ? new ReflectionInterceptor(gate_, *info->server_context()) : nullptr;  // gRPC deletes it
  }

 private:
  const AccessGate gate_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeReflectionGate(
    const AccessOptions& options) {
  return std::make_unique<ReflectionGate>(options);
}

}  // namespace holter::rpc
