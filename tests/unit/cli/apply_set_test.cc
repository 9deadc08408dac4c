// holter apply --owner and renew-lease: what is asked, how the difference reads, what it exits with.
#include <gmock/gmock.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/cli_fixture.h"

namespace holter::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kParent[] = "tenants/default";

std::string NameOf(const std::string& id) { return std::string(kParent) + "/sessions/" + id; }

class ApplySetTest : public CliTest {
 protected:
  void SetUp() override {
    folder.Write("feeds.yaml",
                 "sessions:\n"
                 "- {name: same, spec: {url: \"ws://h/\"}}\n"
                 "- {name: fresh, spec: {url: \"ws://h/\"}}\n");
    folder.Write("orders.yaml",
                 "sessions:\n"
                 "- {name: changed, labels: {team: a}, spec: {url: \"ws://new/\"}}\n");
  }

  // Answers one apply: two files' sessions, and one that goes.
  void Serve() {
    server.service.apply.Add([this](client::FakeService::ApplyStream* stream) {
      asked.Clear();
      for (v1::ApplySessionsRequest message; stream->Read(&message) && !message.last();) asked.MergeFrom(message);
      v1::ApplySessionsResponse response;
      const auto add = [&](const std::string& id, v1::ApplyResult::Action action) {
        auto& result = *response.add_results();
        result.set_name(NameOf(id));
        result.set_action(action);
        return &result;
      };
      add("same", v1::ApplyResult::ACTION_UNCHANGED);
      add("fresh", v1::ApplyResult::ACTION_CREATED);
      auto* const changed = add("changed", v1::ApplyResult::ACTION_UPDATED);
      for (const char* field : {"labels", "owner", "spec.url"}) changed->add_changed_fields(field);
      add("gone", v1::ApplyResult::ACTION_DELETED);
      auto& summary = *response.mutable_summary();
      summary.set_created(1);
      summary.set_updated(1);
      summary.set_deleted(1);
      summary.set_unchanged(1);
      if (asked.has_lease_ttl() && !asked.dry_run()) summary.mutable_expire_time()->set_seconds(1'800'000'000);
      stream->Write(response);
      return grpc::Status::OK;
    });
  }
  CliResult Apply(std::vector<std::string> more) {
    more.insert(more.begin(), {"apply", "-f", folder / "feeds.yaml", folder / "orders.yaml", "--owner", "deployer"});
    return Cli(more);
  }
  void RefuseFields(const std::vector<std::pair<std::string, std::string>>& fields) {
    server.service.apply.Add([fields](client::FakeService::ApplyStream* stream) {
      for (v1::ApplySessionsRequest message; stream->Read(&message) && !message.last();) {
      }
      return client::DetailedStatus(grpc::StatusCode::INVALID_ARGUMENT, "bad", "INVALID_FIELD", fields);
    });
  }

  testing::TemporaryDirectory folder;
  v1::ApplySessionsRequest asked;
};

TEST_F(ApplySetTest, TellsWhatBecameOfEach) {
  Serve();
  const CliResult result = Apply({"--prune", "--lease-ttl", "30s"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, ::testing::StartsWith("+ fresh\n"
                                                "~ changed  labels, owner, spec.url\n"
                                                "- gone\n"
                                                "1 created, 1 updated, 1 deleted, 1 unchanged; the lease ends 2027-"));
  EXPECT_EQ(asked.parent(), kParent);
  EXPECT_EQ(asked.owner(), "deployer");
  EXPECT_TRUE(asked.prune());
  EXPECT_FALSE(asked.dry_run());
  EXPECT_EQ(asked.lease_ttl().seconds(), 30);
  ASSERT_EQ(asked.sessions_size(), 3);
  EXPECT_EQ(asked.sessions(2).name(), NameOf("changed"));
  EXPECT_EQ(server.service.batch_get.calls(), 0);
}

TEST_F(ApplySetTest, ADryRunShowsTheValues) {
  Serve();
  server.service.batch_get.Add([](const v1::BatchGetSessionsRequest& request, v1::BatchGetSessionsResponse* response) {
    EXPECT_EQ(request.parent(), kParent);
    EXPECT_EQ(request.names_size(), 1) << "only what differs";
    v1::Session& session = *response->add_sessions();
    session.set_name(NameOf("changed"));
    session.set_group("old");
    session.mutable_spec()->set_url("ws://old/");
    return grpc::Status::OK;
  });
  const CliResult result = Apply({"--dry-run"});
  EXPECT_EQ(result.code, ExitCode::kOk) << "a difference is no failure";
  EXPECT_EQ(result.out,
            "+ fresh\n"
            "~ changed\n"
            "  - group: old\n"
            "  ~ spec.url: ws://old/ → ws://new/\n"
            "  + labels.team: a\n"
            "  + owner: deployer\n"
            "- gone\n"
            "1 to create, 1 to update, 1 to delete, 1 unchanged; nothing was changed\n");
  EXPECT_TRUE(asked.dry_run());
  EXPECT_FALSE(asked.has_lease_ttl());
}

TEST_F(ApplySetTest, WhatIsGoneMeanwhileCostsOnlyTheValues) {
  Serve();
  server.service.batch_get.Add([](const auto&, auto*) {
    return client::DetailedStatus(grpc::StatusCode::NOT_FOUND, "gone", "SESSION_NOT_FOUND");
  });
  const CliResult result = Apply({"--dry-run"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("~ changed  labels, owner, spec.url\n"));
}

TEST_F(ApplySetTest, JsonIsTheAnswer) {
  Serve();
  const CliResult result = Apply({"-o", "json"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  for (const char* word : {"ACTION_UNCHANGED", "ACTION_DELETED", "\"spec.url\"", "\"unchanged\": 1"}) {
    EXPECT_THAT(result.out, HasSubstr(word));
  }
  EXPECT_THAT(result.out, Not(HasSubstr("+ fresh")));
}

TEST_F(ApplySetTest, ExitsWith5WhenAskedWhetherSomethingWouldChange) {
  Serve();
  EXPECT_EQ(Apply({"--dry-run", "--exit-code"}).code, ExitCode::kDiffers);
  server.service.apply.Add([](client::FakeService::ApplyStream* stream) {
    for (v1::ApplySessionsRequest message; stream->Read(&message) && !message.last();) {
    }
    v1::ApplySessionsResponse response;
    response.mutable_summary()->set_unchanged(3);
    stream->Write(response);
    return grpc::Status::OK;
  });
  const CliResult same = Apply({"--dry-run", "--exit-code"});
  EXPECT_EQ(same.code, ExitCode::kOk);
  EXPECT_EQ(same.out, "0 to create, 0 to update, 0 to delete, 3 unchanged; nothing was changed\n");
}

TEST_F(ApplySetTest, BadFieldsNameFileAndSession) {
  RefuseFields({{"sessions[1].spec.url", "expected ws or wss"},
                {"sessions[2].labels", "too many"},
                {"sessions[2]", "not of this tenant"},
                {"owner", "expected a name"},
                {"sessions[7].name", "of no file"},
                {"", "and 12 more"}});
  const CliResult result = Apply({});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "holter: apply the sessions of deployer: more than 5 fields are not valid\n  " +
                            (folder / "feeds.yaml") + ": sessions[1] (fresh): spec.url: expected ws or wss\n  " +
                            (folder / "orders.yaml") + ": sessions[0] (changed): labels: too many\n  " +
                            (folder / "orders.yaml") + ": sessions[0] (changed): not of this tenant\n" +
                            "  owner: expected a name\n"
                            "  sessions[7].name: of no file\n"
                            "  and 12 more\n");
  RefuseFields({{"sessions[0].name", "expected lower-case letters"}});
  EXPECT_EQ(Apply({}).err, "holter: apply the sessions of deployer: 1 field is not valid\n  " +
                               (folder / "feeds.yaml") + ": sessions[0] (same): name: expected lower-case letters\n");
}

TEST_F(ApplySetTest, ASessionInTwoFilesIsSaidWithBothPlaces) {
  folder.Write("more.yaml", "sessions:\n- {name: other, spec: {url: \"ws://h/\"}}\n- {name: same, spec: {}}\n");
  const CliResult result = Cli({"apply", "-f", folder / "feeds.yaml", "-f", folder / "more.yaml"});
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("more.yaml: sessions[1].name: " + NameOf("same")));
  EXPECT_THAT(result.err, HasSubstr("feeds.yaml: sessions[0]"));
  EXPECT_EQ(server.service.get.calls(), 0);
}

TEST_F(ApplySetTest, WithoutAnOwnerADryRunAsksForEach) {
  server.service.get.Add(
      [](const v1::GetSessionRequest& request, v1::Session* response) {
        if (request.name() == NameOf("fresh")) {
          return client::DetailedStatus(grpc::StatusCode::NOT_FOUND, "no", "SESSION_NOT_FOUND");
        }
        response->set_name(request.name());
        response->mutable_spec()->set_url("ws://h/");
        return grpc::Status::OK;
      },
      3);
  server.service.create.Add([](const v1::CreateSessionRequest& request, v1::Session*) {
    EXPECT_TRUE(request.validate_only());
    return grpc::Status::OK;
  });
  server.service.update.Add([](const v1::UpdateSessionRequest& request, v1::Session*) {
    EXPECT_TRUE(request.validate_only());
    return grpc::Status::OK;
  });
  const CliResult result =
      Cli({"apply", "-f", folder / "feeds.yaml", folder / "orders.yaml", "--dry-run", "--exit-code"});
  EXPECT_EQ(result.code, ExitCode::kDiffers) << result.err;
  EXPECT_EQ(result.out, NameOf("same") + " unchanged\n" + NameOf("fresh") + " would be created\n" + NameOf("changed") +
                            " would be updated\n");
}

TEST(ApplySetFlagsTest, WhatOnlyAnOwnerCanHaveNeedsOne) {
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {"--prune"},
           {"--lease-ttl", "30s"},
           {"--exit-code"},
           {"--owner", ""},
           {"--owner", "", "--prune"},
           {"--owner", "d", "--lease-ttl", "30"},
       }) {
    std::vector<std::string> arguments = {"apply", "-f", "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CliResult result = RunCli(arguments, "sessions: []\n");
    EXPECT_EQ(result.code, ExitCode::kUsage) << ::testing::PrintToString(more);
    EXPECT_NE(result.err, "");
  }
}

TEST_F(CliTest, RenewLeaseTellsUntilWhen) {
  server.service.renew.Add([](const v1::RenewLeaseRequest& request, v1::Lease* lease) {
    EXPECT_EQ(request.parent(), "tenants/own");
    EXPECT_EQ(request.owner(), "deployer");
    EXPECT_EQ(request.ttl().seconds(), 90);
    lease->set_owner("deployer");
    lease->set_sessions(17);
    lease->mutable_expire_time()->set_seconds(1'800'000'000);
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"renew-lease", "deployer", "--ttl", "1m30s", "--tenant", "own"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, ::testing::StartsWith("deployer: 17 sessions until 2027-"));
  server.service.renew.Add([](const auto&, auto*) {
    return client::DetailedStatus(grpc::StatusCode::NOT_FOUND, "deployer has no sessions", "OWNER_NOT_FOUND");
  });
  const CliResult none = Cli({"renew-lease", "deployer", "--ttl", "1m"});
  EXPECT_EQ(none.code, ExitCode::kRefused);
  EXPECT_THAT(none.err, HasSubstr("OWNER_NOT_FOUND"));
  EXPECT_EQ(RunCli({"renew-lease", "deployer"}).code, ExitCode::kUsage);
}

}  // namespace
}  // namespace holter::cli
