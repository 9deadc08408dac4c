#include "base/operation_observer.h"

namespace holter {
namespace {

class NullObserver final : public OperationObserver {
 public:
  void OnStoreCommit(Duration /*took*/, size_t /*changes*/, bool /*ok*/) override {}
  void OnRpc(std::string_view /*method*/, std::string_view /*code*/, Duration /*took*/) override {}
  void OnLoopLag(int /*loop*/, Duration /*lag*/) override {}
  void OnException(std::string_view /*room*/) override {}
};

}  // namespace

void OperationObserver::OnReload(std::string_view /*what*/, bool /*ok*/) {}
void OperationObserver::OnAuditLost(size_t /*records*/) {}
void OperationObserver::OnEgress(std::string_view /*verdict*/, std::string_view /*rule*/) {}

OperationObserver& NullOperationObserver() {
  static NullObserver observer;
  return observer;
}

}  // namespace holter
