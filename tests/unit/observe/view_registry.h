// Registries that only show: sessions without an engine, as observe sees them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/fake_registry.h"
#include "tests/unit/observe/observe_fixture.h"

namespace holter::observe {

// Knows its views; what else a test asks for it has to set.
class ViewRegistry final : public holter::testing::FakeRegistry {
 public:
  void ForEach(const std::function<void(const registry::SessionView&)>& visit) const override {
    if (before_) {
      before_();
    }
    for (const registry::SessionView& view : views_) {
      visit(view);
    }
  }
  bool Look(const SessionName& name, const std::function<void(const registry::SessionView&)>& visit) const override {
    for (const registry::SessionView& view : views_) {
      if (view.tenant != name.tenant || view.session != name.session) continue;
      visit(view);
      return true;
    }
    return false;
  }
  size_t size() const override { return views_.size(); }

  std::vector<registry::SessionView> views_;
  std::function<void()> before_;
};

// Sessions of the tenant `default` with a URL that holds a secret, which nothing may show. A test steps their machines.
class ViewedSessions {
 public:
  explicit ViewedSessions(const Clock& clock) : clock_(clock) { random_.seed(1); }

  engine::SessionCell& Add(ViewRegistry& registry, const char* session, bool paused = false) {
    auto shared = std::make_shared<core::SharedSpec>();
    const core::SessionSpec spec{.url = "wss://peer.example.com/", .shared = shared, .paused = paused};
    cells_.push_back(std::make_unique<engine::SessionCell>(cells_.size() + 1, nullptr, spec, clock_.Now(), &random_));
    registry.views_.push_back({.tenant = "default",
                               .session = session,
                               .group = "feeds",
                               .url = "wss://peer.example.com/canary-path?token=canary",
                               .labels = &labels_,
                               .cell = cells_.back().get()});
    return *cells_.back();
  }
  // Lets a session open its connection; the payload of its first ping, if it sends one.
  std::string Open(engine::SessionCell& cell, core::OpenInfo info) const {
    core::ActionList actions;
    absl::MutexLock lock(&cell.mutex);
    cell.machine.Start(Now(), actions);
    cell.machine.OnOpened(Now(), std::move(info), actions);
    for (const core::Action& action : actions) {
      if (const auto* ping = std::get_if<core::PingAction>(&action)) return ping->payload;
    }
    return "";
  }
  void Pong(engine::SessionCell& cell, const std::string& payload) const {
    core::ActionList actions;
    absl::MutexLock lock(&cell.mutex);
    cell.machine.OnPong(Now(), payload, actions);
  }
  void Refuse(engine::SessionCell& cell, core::DialFailure failure) const {
    core::ActionList actions;
    absl::MutexLock lock(&cell.mutex);
    cell.machine.Start(Now(), actions);
    cell.machine.OnDialFailed(Now(), std::move(failure), actions);
  }

  std::vector<std::pair<std::string, std::string>> labels_ = {{"team", "<script>alert(1)</script>"}};

 private:
  core::Tick Now() const { return {.now = clock_.Now(), .wall = clock_.WallNow()}; }

  const Clock& clock_;
  Random random_;
  std::vector<std::unique_ptr<engine::SessionCell>> cells_;
};

}  // namespace holter::observe
