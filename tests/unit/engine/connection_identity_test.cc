#include "engine/connection_identity.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace holter::engine {
namespace {

core::SharedSpec Declared() {
  core::SharedSpec spec;
  spec.connect.headers = {{"X-Feed", "a"}};
  spec.connect.subprotocols = {"chat"};
  spec.connect.tls.server_name = "peer.example";
  return spec;
}

bool SameAfter(const std::function<void(core::SharedSpec&)>& change) {
  core::SharedSpec changed = Declared();
  change(changed);
  return SameConnection({"wss://peer.example/", std::make_shared<core::SharedSpec>(Declared())},
                        {"wss://peer.example/", std::make_shared<core::SharedSpec>(std::move(changed))});
}

TEST(SameConnection, LooksAtTheUrl) {
  const auto shared = std::make_shared<core::SharedSpec>();
  EXPECT_TRUE(SameConnection({"ws://a/", shared}, {"ws://a/", shared}));
  EXPECT_FALSE(SameConnection({"ws://a/", shared}, {"ws://b/", shared}));
}

TEST(SameConnection, LooksAtWhatThePeerSees) {
  EXPECT_TRUE(SameAfter([](core::SharedSpec&) {}));
  EXPECT_FALSE(SameAfter([](core::SharedSpec& spec) { spec.connect.headers[0].value = "b"; }));
  EXPECT_FALSE(SameAfter([](core::SharedSpec& spec) { spec.connect.headers[0].name = "Y"; }));
  EXPECT_FALSE(SameAfter([](core::SharedSpec& spec) { spec.connect.headers.push_back({"Y", "b"}); }));
  EXPECT_FALSE(SameAfter([](core::SharedSpec& spec) { spec.connect.subprotocols.clear(); }));
  EXPECT_FALSE(SameAfter([](core::SharedSpec& spec) { spec.connect.tls.insecure_skip_verify = true; }));
  EXPECT_FALSE(SameAfter([](core::SharedSpec& spec) { spec.connect.tls.ca_secret = "ca/pem"; }));
  EXPECT_FALSE(SameAfter([](core::SharedSpec& spec) { spec.connect.max_message_bytes = 1; }));
}

TEST(SameConnection, OverlooksWhatHoldsFromTheNextAttemptOn) {
  EXPECT_TRUE(SameAfter([](core::SharedSpec& spec) { spec.connect.timeouts.close = Duration(1); }));
  EXPECT_TRUE(SameAfter([](core::SharedSpec& spec) { spec.reconnect.factor = 3; }));
  EXPECT_TRUE(SameAfter([](core::SharedSpec& spec) { spec.protocol.cadence.interval = Duration(1); }));
  EXPECT_TRUE(SameAfter([](core::SharedSpec& spec) { spec.close.on_dead_code = 4001; }));
}

}  // namespace
}  // namespace holter::engine
