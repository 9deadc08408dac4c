// Whole sets of sessions over the wire: what is equal keeps its connection, leases end and outlive a kill.
#include <signal.h>

#include <optional>
#include <string>

#include "holter/status.h"
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

constexpr char kParent[] = "tenants/default";

class ApplySetTest : public EndToEndTest {
 protected:
  static std::vector<v1::Session> SetOf(const std::vector<std::string>& ids, const std::string& url) {
    std::vector<v1::Session> set;
    for (const std::string& id : ids) {
      v1::Session& session = set.emplace_back();
      session.set_name(NameOf(id));
      session.mutable_spec()->set_url(url);
      session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("200ms");
    }
    return set;
  }
  v1::ApplySummary Apply(const std::vector<v1::Session>& set, const client::ApplyOptions& options = {}) {
    const auto applied = client->Apply(kParent, "deployer", set, options);
    EXPECT_TRUE(applied.ok()) << applied.status();
    return applied.ok() ? applied->summary() : v1::ApplySummary();
  }
  bool IsGone(const std::string& id) { return absl::IsNotFound(client->Get(NameOf(id)).status()); }
};

TEST_F(ApplySetTest, WhatIsEqualOrBeatsOtherwiseKeepsItsConnection) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon();
  std::vector<v1::Session> set = SetOf({"a", "b"}, peer.Url());
  ASSERT_EQ(Apply(set).created(), 2);
  for (const char* id : {"a", "b"}) {
    ASSERT_TRUE(Await([&] { return StatusOf(id).health() == v1::HEALTH_HEALTHY; }));
  }
  const auto opened = StatusOf("a").state_time();
  EXPECT_EQ(Apply(set).unchanged(), 2);
  (*set[0].mutable_labels())["team"] = "x";
  set[0].mutable_spec()->mutable_protocol_heartbeat()->set_interval("300ms");
  EXPECT_EQ(Apply(set).updated(), 1);
  const int64_t acked = StatusOf("a").beats(0).acked();
  EXPECT_TRUE(Await([&] { return StatusOf("a").beats(0).acked() > acked + 2; }));
  EXPECT_EQ(StatusOf("a").state_time().seconds(), opened.seconds());
  EXPECT_EQ(StatusOf("a").state_time().nanos(), opened.nanos());
  EXPECT_EQ(StatusOf("a").reconnects(), 0);
  EXPECT_EQ(Apply(SetOf({"b"}, peer.Url()), {.prune = true}).deleted(), 1);
  EXPECT_TRUE(IsGone("a"));
}

TEST_F(ApplySetTest, ALeaseOutlivesAKillAndEnds) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon();
  EXPECT_TRUE(Apply(SetOf({"a"}, peer.Url()), {.lease_ttl = std::chrono::seconds(5)}).has_expire_time());
  daemon->process().Signal(SIGKILL);
  ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
  daemon->Start();
  ASSERT_TRUE(Await([&] { return client->Get(NameOf("a")).ok(); }));
  EXPECT_TRUE(client->Get(NameOf("a"))->has_expire_time());
  const auto lease = client->RenewLease(kParent, "deployer", std::chrono::seconds(5));
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(lease->owner(), "deployer");
  EXPECT_EQ(lease->sessions(), 1);
  EXPECT_TRUE(Await([&] { return IsGone("a"); }));
  EXPECT_EQ(client::ReasonOf(client->RenewLease(kParent, "deployer", std::chrono::seconds(5)).status()),
            "OWNER_NOT_FOUND");
}

// More than fits in one message and in one response.
TEST_F(ApplySetTest, ManyAreToldOneByOne) {
  constexpr int many = 2500;
  StartDaemon();
  std::vector<v1::Session> set(many);
  for (int i = 0; i < many; ++i) {
    v1::Session& session = set[static_cast<size_t>(i)];
    session.set_name(NameOf("s" + std::to_string(i)));
    session.mutable_spec()->set_url("ws://127.0.0.1:1/");
    session.set_paused(true);
  }
  const auto tried = client->Apply(kParent, "deployer", set, {.dry_run = true});
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(tried->summary().created(), many);
  EXPECT_TRUE(client->List(kParent)->empty()) << "a dry run changes nothing";
  const auto created = client->ApplyFrom(kParent, "deployer", [&set, next = size_t{0}]() mutable {
    return next < set.size() ? std::optional(set[next++]) : std::nullopt;
  });
  ASSERT_TRUE(created.ok()) << created.status();
  ASSERT_EQ(created->results_size(), many);
  EXPECT_EQ(created->results(many - 1).name(), set.back().name());
  EXPECT_EQ(created->results(many - 1).action(), v1::ApplyResult::ACTION_CREATED);
  set[7].mutable_spec()->set_url("ws://127.0.0.1:2/");
  set.pop_back();
  const auto changed = client->Apply(kParent, "deployer", set, {.prune = true});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->summary().unchanged(), many - 2);
  EXPECT_EQ(changed->results(7).action(), v1::ApplyResult::ACTION_UPDATED);
  ASSERT_EQ(changed->results(7).changed_fields_size(), 1);
  EXPECT_EQ(changed->results(7).changed_fields(0), "spec.url");
  EXPECT_EQ(changed->results(many - 1).action(), v1::ApplyResult::ACTION_DELETED);
}

TEST_F(ApplySetTest, ABadSessionAmongThousandsIsNamedAndNothingChanges) {
  StartDaemon();
  std::vector<std::string> ids(1500);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = "s" + std::to_string(i);
  std::vector<v1::Session> set = SetOf(ids, "ws://127.0.0.1:1/");
  set[1234].mutable_spec()->set_url("http://127.0.0.1:1/");
  const absl::Status status = client->Apply(kParent, "deployer", set).status();
  ASSERT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(client::BadFieldsOf(status).at(0).field, "sessions[1234].spec.url");
  EXPECT_TRUE(client->List(kParent)->empty());
}

}  // namespace
}  // namespace holter::integration
