// The examples against the real daemon and a real peer: the life of a session, and the details of the errors on its
// way.
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

// What an example has to say, in this order.
constexpr const char* kSteps[] = {
    "may be created\n",
    "created tenants/default/sessions/example-",
    " HEALTH_HEALTHY\n",
    "updated",
    " STATE_PAUSED ",
    "FAILED_PRECONDITION: ",
    "reason SESSION_PAUSED of holter.v1",
    " HEALTH_HEALTHY\n",
    "resumed\n",
    "INVALID_ARGUMENT: ",
    "reason INVALID_FIELD of holter.v1",
    "field session_id: ",
    "field session.spec.url: ",
    "field session.spec.protocol_heartbeat.interval: ",
    "NOT_FOUND: ",
    "reason SESSION_NOT_FOUND of holter.v1",
    "ABORTED: ",
    "reason ETAG_MISMATCH of holter.v1",
    "RESOURCE_EXHAUSTED: ",
    "reason QUOTA_EXCEEDED of holter.v1",
    "deleted\n",
};

class ForeignClientTest : public EndToEndTest {
 protected:
  void SetUp() override { peer = std::make_unique<Peer>(PeerKind::kNode, scratch, nullptr); }
  // One session is created at once, a second much later.
  void StartWithAQuota() {
    StartDaemon(nullptr, {"--policy-file=" + scratch.Write("policy.yaml", "quotas: {creates_per_second: 0.001}\n")});
  }
  void ExpectDetailsOfEveryKind() const {
    for (const char* const detail : {"precondition SESSION_PAUSED: ", "resource tenants/default/sessions/example-",
                                     "quota, asked for tenants/default/sessions/example-", "try again after 1 s"}) {
      EXPECT_NE(out.find(detail), std::string::npos) << detail << " is missing:\n" << out;
    }
  }

  void ExpectTheWholeLife(const std::vector<std::string>& argv, const std::vector<std::string>& environment = {}) {
    ChildProcess example(argv, scratch.path(), "", environment);
    const auto report = example.Wait(3 * kPatience);
    ASSERT_TRUE(report.has_value()) << example.Out() << example.Err();
    out = example.Out();
    EXPECT_EQ(report->code, 0) << out << example.Err();
    size_t from = 0;
    for (const char* const step : kSteps) {
      const size_t at = out.find(step, from);
      ASSERT_NE(at, std::string::npos) << step << " is missing, or not in its place:\n" << out;
      from = at + 1;
    }
    EXPECT_TRUE(client->List("tenants/-")->empty());
  }

  std::unique_ptr<Peer> peer;
  std::string out;
};

TEST_F(ForeignClientTest, Python) {
  StartWithAQuota();
  const std::string folder = HOLTER_SOURCE_DIR "/examples/python/";
  ChildProcess generate({folder + "generate.sh", scratch.path() + "/stubs"}, scratch.path());
  const auto generated = generate.Wait(kPatience);
  ASSERT_TRUE(generated.has_value());
  ASSERT_EQ(generated->code, 0) << generate.Err();
  // Debian's Python, whatever comes first in PATH: its grpcio is the one that is tested.
  ExpectTheWholeLife({"/usr/bin/python3", folder + "session_life.py", "--server", daemon->grpc(), "--url", peer->Url()},
                     {"PYTHONPATH=" + scratch.path() + "/stubs"});
  ExpectDetailsOfEveryKind();
}

TEST_F(ForeignClientTest, Node) {
  StartWithAQuota();
  ExpectTheWholeLife(
      {"node", HOLTER_SOURCE_DIR "/examples/node/session_life.js", "--server", daemon->grpc(), "--url", peer->Url()});
  ExpectDetailsOfEveryKind();
}

// Built against the library as it is installed.
TEST_F(ForeignClientTest, InstalledLibrary) {
  StartWithAQuota();
  ExpectTheWholeLife({HOLTER_EXAMPLES "/session_life", daemon->grpc(), peer->Url()});
  EXPECT_NE(out.find("the callback says HEALTH_HEALTHY\n"), std::string::npos) << out;
}

// The other example of the library, twice: a set that is gone may be declared again.
TEST_F(ForeignClientTest, InstalledLibraryDeclaresASet) {
  StartDaemon();
  for (int i = 0; i < 2; ++i) {
    ChildProcess example({HOLTER_EXAMPLES "/owned_set", daemon->grpc(), peer->Url()}, scratch.path());
    const auto report = example.Wait(kPatience);
    ASSERT_TRUE(report.has_value()) << example.Out() << example.Err();
    EXPECT_EQ(report->code, 0) << example.Err();
    EXPECT_EQ(example.Out(),
              "  ACTION_CREATED tenants/default/sessions/example-set-0\n"
              "  ACTION_CREATED tenants/default/sessions/example-set-1\n"
              "  ACTION_CREATED tenants/default/sessions/example-set-2\n"
              "3 created, 0 updated, 0 deleted, 0 unchanged\n"
              "the lease of 3 sessions is renewed\n"
              "  ACTION_UNCHANGED tenants/default/sessions/example-set-0\n"
              "  ACTION_UNCHANGED tenants/default/sessions/example-set-1\n"
              "  ACTION_DELETED tenants/default/sessions/example-set-2\n"
              "0 created, 0 updated, 1 deleted, 2 unchanged\n"
              "  ACTION_DELETED tenants/default/sessions/example-set-0\n"
              "  ACTION_DELETED tenants/default/sessions/example-set-1\n"
              "0 created, 0 updated, 2 deleted, 0 unchanged\n");
    EXPECT_TRUE(client->List("tenants/-")->empty());
  }
}

}  // namespace
}  // namespace holter::integration
