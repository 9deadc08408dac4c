// Create, Update and Delete of one session over the API.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/session_name.h"
#include "registry/declaration_compiler.h"
#include "registry/name_sequencer.h"
#include "registry/session_lifecycle.h"
#include "registry/session_registry.h"
#include "registry/session_table.h"

namespace holter::registry {

// What the ways of declaring share; all of it outlives them.
struct WriteContext {
  engine::Engine* engine = nullptr;
  store::Store* store = nullptr;
  const SecretSource* secrets = nullptr;
  SessionTable* table = nullptr;
  NameSequencer* names = nullptr;
  DeclarationCompiler* compiler = nullptr;
  SessionLifecycle* lifecycle = nullptr;
  const std::atomic<bool>* closed = nullptr;

  // UNAVAILABLE, SHUTTING_DOWN, when no more changes are taken.
  absl::Status CheckOpen() const;
};

// Any thread. Every reply comes exactly once: from the caller on an error that needs no disk, else from the store's
// thread. While a write is under way it holds its name, so nobody sees it and no other write of that name runs before
// it is known how it ended.
class DeclarationWriter {
 public:
  explicit DeclarationWriter(const WriteContext& context) : context_(context) {}

  void Create(const v1::CreateSessionRequest& request, const SessionRegistry::Reply& reply);
  void Update(const v1::UpdateSessionRequest& request, const SessionRegistry::Reply& reply);
  void Delete(const v1::DeleteSessionRequest& request, const SessionRegistry::EmptyReply& reply);

 private:
  using Refuse = std::function<void(absl::Status)>;

  // Runs `write`, which holds `name` and ends with a call of Finish; or refuses.
  void InTurn(const SessionName& name, std::function<void()> write, const Refuse& refuse);
  template <class Reply, class Result>
  void Finish(const SessionName& name, const Reply& reply, Result result);

  void CreateInTurn(const SessionName& name, Declaration declaration, const SessionRegistry::Reply& reply);
  void UpdateInTurn(const SessionName& name, const v1::UpdateSessionRequest& request,
                    const SessionRegistry::Reply& reply);
  void DeleteInTurn(const SessionName& name, const SessionRegistry::EmptyReply& reply);
  // The session under `name`, if the API may change it.
  absl::StatusOr<LiveSession> FindChangeable(const SessionName& name) const;
  absl::StatusOr<Declaration> Merge(const SessionName& name, const SessionRecord& current,
                                    const v1::UpdateSessionRequest& request) const;
  v1::Session Answer(const SessionName& name) const;

  const WriteContext context_;
};

// NOT_FOUND, SESSION_NOT_FOUND.
absl::Status SessionNotFound(const std::string& name);

}  // namespace holter::registry
