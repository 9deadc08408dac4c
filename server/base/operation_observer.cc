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

OperationObserver& NullOperationObserver() {
  static NullObserver observer;
  return observer;
}

}  // namespace holter
