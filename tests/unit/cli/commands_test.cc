// Every command against a scripted server: what it asks, what it prints, what it exits with.
#include <gmock/gmock.h>

#include "tests/unit/cli/cli_fixture.h"

namespace holter::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

v1::Session Feed(const std::string& id, v1::Health health) {
  v1::Session session;
  session.set_name("tenants/default/sessions/" + id);
  session.mutable_spec()->set_url("ws://127.0.0.1:9001/");
  session.mutable_status()->set_state(v1::STATE_OPEN);
  session.mutable_status()->set_health(health);
  auto* const beat = session.mutable_status()->add_beats();
  beat->set_name("protocol");
  beat->mutable_last_rtt()->set_nanos(412'000);
  session.mutable_status()->mutable_tcp_rtt()->mutable_min()->set_nanos(50'000);
  session.mutable_status()->set_reconnects(3);
  return session;
}

grpc::Status NotFound() {
  return client::DetailedStatus(grpc::StatusCode::NOT_FOUND, "there is no session feed-1", "SESSION_NOT_FOUND");
}

TEST_F(CliTest, GetExpandsAShortNameAndPrintsATable) {
  server.service.get.Add([](const v1::GetSessionRequest& request, v1::Session* response) {
    EXPECT_EQ(request.name(), "tenants/default/sessions/feed-1");
    *response = Feed("feed-1", v1::HEALTH_HEALTHY);
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"get", "feed-1"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out,
            "NAME    STATE  HEALTH   REASON  RTT ms (tcp / proto / app)  LAST-ALIVE  RECONNECTS\n"
            "feed-1  OPEN   HEALTHY  -       0.050 / 0.412 / -           never       3\n");
}

TEST_F(CliTest, GetTakesAWholeNameAndAnotherTenant) {
  const auto expect = [](const std::string& name) {
    return [name](const v1::GetSessionRequest& request, v1::Session*) {
      EXPECT_EQ(request.name(), name);
      return grpc::Status::OK;
    };
  };
  server.service.get.Add(expect("tenants/t/sessions/s"));
  EXPECT_EQ(Cli({"get", "tenants/t/sessions/s"}).code, ExitCode::kOk);
  server.service.get.Add(expect("tenants/other/sessions/s"));
  EXPECT_EQ(Cli({"get", "s", "--tenant", "other"}).code, ExitCode::kOk);
}

TEST_F(CliTest, GetPrintsJsonAndYaml) {
  server.service.get.Add(
      [](const auto&, v1::Session* response) {
        *response = Feed("feed-1", v1::HEALTH_DOWN);
        return grpc::Status::OK;
      },
      2);
  EXPECT_THAT(Cli({"get", "feed-1", "-o", "json"}).out, HasSubstr("\"url\": \"ws://127.0.0.1:9001/\""));
  EXPECT_THAT(Cli({"get", "feed-1", "-o", "yaml"}).out, HasSubstr("url: ws://127.0.0.1:9001/"));
}

TEST_F(CliTest, ARefusalExitsWith3AndTellsWhy) {
  server.service.get.Add([](const auto&, auto*) { return NotFound(); });
  const CliResult result = Cli({"get", "feed-1"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "holter: get tenants/default/sessions/feed-1: there is no session feed-1 (SESSION_NOT_FOUND)\n");
}

TEST_F(CliTest, EveryBadFieldIsNamed) {
  server.service.create.Add([](const auto&, auto*) {
    return client::DetailedStatus(grpc::StatusCode::INVALID_ARGUMENT, "bad", "INVALID_FIELD",
                                  {{"session.spec.url", "expected ws"}, {"session.group", "too long"}});
  });
  const CliResult result = Cli({"create", "feed-1", "ftp://a/"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_EQ(result.err,
            "holter: create tenants/default/sessions/feed-1: 2 fields are not valid\n"
            "  session.spec.url: expected ws\n"
            "  session.group: too long\n");
}

TEST(CliWithoutServerTest, AnUnreachableServerExitsWith4) {
  std::string address;
  { address = client::FakeServer().address; }
  const CliResult result = RunCli({"list", "--server", address});
  EXPECT_EQ(result.code, ExitCode::kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("cannot reach holterd"));
  const CliResult watch = RunCli({"watch", "--server", address});
  EXPECT_EQ(watch.code, ExitCode::kUnreachable);
  EXPECT_THAT(watch.err, Not(HasSubstr("broke"))) << "it has not begun";
}

TEST(CliWithoutServerTest, BadFlagsExitWith2) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"frobnicate"},
           {"get"},
           {"list", "--nonsense"},
           {"list", "-o", "xml"},
           {"list", "--deadline", "10"},
           {"watch", "--count", "-1"},
           {"create", "feed-1"},
           {"create", "feed-1", "ws://a/", "-f", "x"},
           {"create", "feed-1", "ws://a/", "--label", "no-equals"},
           {"create", "feed-1", "ws://a/", "--expect", "pong"},
           {"ping"},
           {"watch", "--fields", "labels"},
           {"update", "feed-1"},
           {"update", "feed-1", "--set", "group"},
           {"update", "feed-1", "--set", "spec.urll=x"},
           {"update", "feed-1", "--set", "group={a: b}"},
           {"pause"},
           {"pause", "a", "b", "--etag", "e"},
           {"delete", "a", "b", "--request-id", "i"},
           {"reconnect"},
           {"reconnect", "a", "--all"},
           {"reconnect", "a", "--over", "1m"},
           {"reconnect", "--all", "--etag", "e"},
           {"list", "--context", "nowhere"},
           {"ping", "http://a/"},
           {"ping", "--preset", "no-such-dialect", "ws://a/"},
           {"ping", "--preset", "discord", "--param", "no-equals"},
           {"ping", "--preset", "discord", "--param", "no=parameter"},
           {"ping", "--preset", "discord", "--without", "no.part"},
           {"create", "feed-1", "--param", "a=b"},
           {"ping", "ws://a/", "--interval", "0s"},
           {"apply", "-f", "/nonexistent/file.yaml"},
       }) {
    const CliResult result = RunCli(arguments);
    EXPECT_EQ(result.code, ExitCode::kUsage) << testing::PrintToString(arguments);
    EXPECT_NE(result.err, "") << testing::PrintToString(arguments);
  }
}

TEST(CliWithoutServerTest, HelpAndVersionAreNoErrors) {
  const CliResult help = RunCli({"--help"});
  EXPECT_EQ(help.code, ExitCode::kOk);
  for (const char* word : {"apply",  "import",    "events",  "probe",  "tap",         "renew-lease",  "export",
                           "create", "get",       "list",    "delete", "watch",       "ping",         "pause",
                           "resume", "reconnect", "summary", "update", "Exit codes:", "HOLTER_SERVER"}) {
    EXPECT_THAT(help.out, HasSubstr(word));
  }
  EXPECT_EQ(RunCli({"--version"}).out, "holter " HOLTER_VERSION "\n");
  EXPECT_EQ(RunCli({"ping", "--help"}).code, ExitCode::kOk);
}

TEST_F(CliTest, CreateBuildsTheSessionFromFlags) {
  server.service.create.Add([](const v1::CreateSessionRequest& request, v1::Session* response) {
    EXPECT_EQ(request.session_id(), "feed-1");
    const v1::Session& session = request.session();
    EXPECT_EQ(session.group(), "feeds");
    EXPECT_EQ(session.labels().at("team"), "a");
    EXPECT_EQ(session.labels().at("stage"), "b=c");
    EXPECT_EQ(session.spec().protocol_heartbeat().interval(), "5s");
    EXPECT_EQ(session.spec().beats(0).send().text(), "hi");
    *response = session;
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"create", "feed-1", "ws://a/", "--group", "feeds", "--label", "team=a", "--label",
                                "stage=b=c", "--interval", "5s", "--beat", "hi", "--expect", "ho"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out, "tenants/default/sessions/feed-1 created\n");
}

TEST_F(CliTest, AFileIsCreatedInBatchesOfOneTenant) {
  std::string file = "sessions:\n";
  for (int i = 0; i < 101; ++i) file += "- {name: s" + std::to_string(i) + ", spec: {url: 'ws://a/'}}\n";
  file += "- {name: tenants/other/sessions/s, spec: {url: 'ws://a/'}}\n";
  std::vector<std::pair<std::string, int>> batches;
  server.service.batch_create.Add(
      [&](const v1::BatchCreateSessionsRequest& request, v1::BatchCreateSessionsResponse* response) {
        batches.emplace_back(request.parent(), request.requests_size());
        for (const auto& each : request.requests()) *response->add_sessions() = each.session();
        return grpc::Status::OK;
      },
      3);
  const CliResult result = Cli({"create", "-f", "-"}, file);
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(batches,
              ::testing::ElementsAre(::testing::Pair("tenants/default", 100), ::testing::Pair("tenants/default", 1),
                                     ::testing::Pair("tenants/other", 1)));
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 102);
}

// Flags that a file would make mean nothing are not passed over in silence.
TEST_F(CliTest, WhatStandsInAFileIsNotSaidByFlags) {
  const std::string file = "sessions: [{name: a, spec: {url: 'ws://a/'}}]";
  for (const char* flag :
       {"--paused", "--group=x", "--label=a=b", "--preset=okx", "--header=A: b", "--ca-secret=a/b"}) {
    EXPECT_EQ(Cli({"create", "-f", "-", flag}, file).code, ExitCode::kUsage) << flag;
  }
  const CliResult result = Cli({"probe", "-", "--interval=5s"}, file);
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("--interval: only with a URL"));
}

TEST_F(CliTest, PingCountsNothingWhereNothingIsAnswered) {
  const CliResult result = Cli({"ping", "ws://127.0.0.1:1/", "--no-ping", "--count=3"});
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("--count: nothing"));
}

TEST_F(CliTest, ADryRunAsksForACheckAndSaysSo) {
  server.service.create.Add([](const v1::CreateSessionRequest& request, v1::Session* response) {
    EXPECT_TRUE(request.validate_only());
    *response = request.session();
    return grpc::Status::OK;
  });
  EXPECT_EQ(Cli({"create", "a", "ws://a/", "--dry-run"}).out, "tenants/default/sessions/a would be created\n");
  server.service.remove.Add([](const v1::DeleteSessionRequest& request) {
    EXPECT_TRUE(request.validate_only());
    return grpc::Status::OK;
  });
  EXPECT_EQ(Cli({"delete", "a", "--dry-run"}).out, "tenants/default/sessions/a would be deleted\n");
}

TEST_F(CliTest, UpdateSendsTheFieldsThatAreNamed) {
  server.service.update.Add([](const v1::UpdateSessionRequest& request, v1::Session* response) {
    EXPECT_EQ(request.session().name(), "tenants/default/sessions/a");
    EXPECT_EQ(request.session().etag(), "e1");
    EXPECT_EQ(request.session().group(), "feeds");
    EXPECT_EQ(request.session().labels().at("team"), "x");
    EXPECT_EQ(request.session().spec().url(), "ws://b/?x={1}");
    EXPECT_EQ(request.session().spec().reconnect().max_delay(), "30s");
    EXPECT_THAT(std::vector<std::string>(request.update_mask().paths().begin(), request.update_mask().paths().end()),
                ::testing::ElementsAre("group", "labels", "spec.url", "spec.reconnect.max_delay", "spec.limits"));
    *response = request.session();
    return grpc::Status::OK;
  });
  const CliResult result =
      Cli({"update", "a", "--set", "group=feeds", "--set", "labels={team: x}", "--set", "spec.url=ws://b/?x={1}",
           "--set", "spec.reconnect.max_delay=30s", "--unset", "spec.limits", "--etag", "e1"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out, "tenants/default/sessions/a updated\n");
}

TEST_F(CliTest, ADryRunOfAnUpdateShowsTheDifference) {
  v1::Session before = Feed("a", v1::HEALTH_HEALTHY);
  (*before.mutable_labels())["old"] = "1";
  v1::Session after = before;
  after.clear_labels();
  after.set_group("feeds");
  after.mutable_spec()->set_url("ws://new/");
  server.service.update.Add([&](const v1::UpdateSessionRequest& request, v1::Session* response) {
    EXPECT_TRUE(request.validate_only());
    *response = after;
    return grpc::Status::OK;
  });
  server.service.get.Add([&](const auto&, v1::Session* response) {
    *response = before;
    return grpc::Status::OK;
  });
  EXPECT_EQ(Cli({"update", "a", "--set", "group=feeds", "--dry-run"}).out,
            "tenants/default/sessions/a would be updated\n"
            "  - labels.old: 1\n"
            "  ~ spec.url: ws://127.0.0.1:9001/ → ws://new/\n"
            "  + group: feeds\n");
}

TEST_F(CliTest, DeletesAllOrNone) {
  server.service.batch_remove.Add([](const v1::BatchDeleteSessionsRequest& request) {
    EXPECT_EQ(request.parent(), "tenants/default");
    EXPECT_EQ(request.names(1), "tenants/default/sessions/b");
    return grpc::Status::OK;
  });
  EXPECT_EQ(Cli({"delete", "a", "b", "--all-or-none"}).out,
            "tenants/default/sessions/a deleted\ntenants/default/sessions/b deleted\n");
  server.service.batch_remove.Add([](const auto&) { return NotFound(); });
  const CliResult result = Cli({"delete", "a", "b", "--all-or-none"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_EQ(result.out, "");
}

TEST_F(CliTest, PausesAndResumesEach) {
  server.service.pause.Add([](const v1::PauseSessionRequest&, auto*) { return NotFound(); });
  server.service.pause.Add([](const v1::PauseSessionRequest& request, auto*) {
    EXPECT_EQ(request.name(), "tenants/default/sessions/b");
    return grpc::Status::OK;
  });
  const CliResult paused = Cli({"pause", "a", "b"});
  EXPECT_EQ(paused.code, ExitCode::kRefused);
  EXPECT_EQ(paused.out, "tenants/default/sessions/a failed\ntenants/default/sessions/b paused\n");
  server.service.resume.Add([](const v1::ResumeSessionRequest& request, auto*) {
    EXPECT_EQ(request.etag(), "e1");
    EXPECT_EQ(request.request_id(), "i");
    return grpc::Status::OK;
  });
  EXPECT_EQ(Cli({"resume", "a", "--etag", "e1", "--request-id", "i"}).out, "tenants/default/sessions/a resumed\n");
}

TEST_F(CliTest, ReconnectsOneOrManyOverATime) {
  server.service.reconnect.Add([](const auto&, auto*) { return grpc::Status::OK; });
  EXPECT_EQ(Cli({"reconnect", "a"}).out, "tenants/default/sessions/a reconnecting\n");
  server.service.reconnect_all.Add(
      [](const v1::ReconnectSessionsRequest& request, v1::ReconnectSessionsResponse* response) {
        EXPECT_EQ(request.parent(), "tenants/-");
        EXPECT_EQ(request.filter(), "group = feeds");
        EXPECT_EQ(request.over().seconds(), 600);
        response->set_sessions(12);
        return grpc::Status::OK;
      });
  const CliResult result = Cli({"reconnect", "--filter", "group = feeds", "--over", "10m", "--tenant", "-"});
  EXPECT_EQ(result.out, "12 sessions reconnecting\n") << result.err;
}

TEST_F(CliTest, SummaryCountsByWhatMatters) {
  server.service.summary.Add([](const v1::GetFleetSummaryRequest& request, v1::FleetSummary* response) {
    EXPECT_EQ(request.filter(), "group = feeds");
    response->set_sessions(5);
    auto* const health = response->add_healths();
    health->set_health(v1::HEALTH_DOWN);
    health->set_sessions(2);
    auto* const reason = response->add_reasons();
    reason->set_reason(v1::REASON_DNS);
    reason->set_sessions(2);
    auto* const group = response->add_groups();
    group->set_group("feeds");
    group->set_sessions(5);
    group->set_healthy(3);
    group->set_down(2);
    response->set_groups_total(4);
    auto* const rtt = response->add_rtts();
    rtt->set_layer("protocol");
    rtt->set_sessions(3);
    rtt->mutable_p50()->set_nanos(412'000);
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"summary", "--filter", "group = feeds"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out,
            "sessions 5\n"
            "health   2 DOWN\n"
            "reason   2 dns\n"
            "\n"
            "GROUP  SESSIONS  HEALTHY  DEGRADED  DOWN\n"
            "feeds  5         3        0         2\n"
            "… and 3 more groups\n"
            "\n"
            "RTT ms    SESSIONS  P50    P90    P99    MAX\n"
            "protocol  3         0.412  0.000  0.000  0.000\n");
}

TEST_F(CliTest, GetsSeveralAsOfOneMoment) {
  server.service.batch_get.Add([](const v1::BatchGetSessionsRequest& request, v1::BatchGetSessionsResponse* response) {
    EXPECT_EQ(request.parent(), "tenants/default");
    for (const auto& name : request.names()) response->add_sessions()->set_name(name);
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"get", "a", "b"});
  EXPECT_THAT(result.out, HasSubstr("\na "));
  EXPECT_THAT(result.out, HasSubstr("\nb "));
}

TEST_F(CliTest, ListSendsFilterAndOrder) {
  server.service.list.Add([](const v1::ListSessionsRequest& request, auto*) {
    EXPECT_EQ(request.filter(), "health = DOWN");
    EXPECT_EQ(request.order_by(), "health desc");
    return grpc::Status::OK;
  });
  EXPECT_EQ(Cli({"list", "--filter", "health = DOWN", "--order-by", "health desc"}).code, ExitCode::kOk);
}

TEST_F(CliTest, ListAsksForTheTenant) {
  server.service.list.Add([](const v1::ListSessionsRequest& request, v1::ListSessionsResponse* response) {
    EXPECT_EQ(request.parent(), "tenants/-");
    *response->add_sessions() = Feed("feed-1", v1::HEALTH_HEALTHY);
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"list", "--tenant", "-"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\ntenants/default/sessions/feed-1  OPEN"));
}

TEST_F(CliTest, WhatListPrintsAsYamlCanBeApplied) {
  v1::Session session = Feed("feed-1", v1::HEALTH_HEALTHY);
  session.set_uid("u1");
  session.set_etag("e1");
  session.set_origin(v1::ORIGIN_API);
  server.service.list.Add([&](const auto&, v1::ListSessionsResponse* response) {
    *response->add_sessions() = session;
    return grpc::Status::OK;
  });
  const std::string yaml = Cli({"list", "-o", "yaml"}).out;
  server.service.get.Add([](const auto&, auto*) { return NotFound(); });
  server.service.create.Add([](const v1::CreateSessionRequest& request, v1::Session*) {
    EXPECT_EQ(request.session().uid(), "");
    EXPECT_FALSE(request.session().has_status());
    EXPECT_EQ(request.session().spec().url(), "ws://127.0.0.1:9001/");
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"apply", "-f", "-"}, yaml);
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err << yaml;
  EXPECT_EQ(result.out, "tenants/default/sessions/feed-1 created\n");
}

TEST_F(CliTest, ExportWritesWhatWasDeclaredOverTheApi) {
  v1::Session session = Feed("feed-1", v1::HEALTH_HEALTHY);
  session.set_uid("u1");
  session.set_etag("e1");
  session.set_origin(v1::ORIGIN_API);
  (*session.mutable_labels())["team"] = "a";
  v1::Session from_file = Feed("feed-2", v1::HEALTH_HEALTHY);
  from_file.set_origin(v1::ORIGIN_FILE);
  server.service.list.Add([&](const v1::ListSessionsRequest& request, v1::ListSessionsResponse* response) {
    EXPECT_EQ(request.parent(), "tenants/-");
    *response->add_sessions() = session;
    *response->add_sessions() = from_file;
    return grpc::Status::OK;
  });
  const CliResult exported = Cli({"export", "--tenant=-"});
  EXPECT_EQ(exported.code, ExitCode::kOk) << exported.err;
  for (const char* word : {"u1", "e1", "status", "origin", "feed-2"}) {
    EXPECT_THAT(exported.out, testing::Not(HasSubstr(word)));
  }
  server.service.get.Add([](const auto&, auto*) { return NotFound(); });
  server.service.create.Add([&](const v1::CreateSessionRequest& request, v1::Session*) {
    EXPECT_EQ(request.session().labels().at("team"), "a");
    EXPECT_EQ(request.session().spec().SerializeAsString(), session.spec().SerializeAsString());
    return grpc::Status::OK;
  });
  const CliResult imported = Cli({"import", "-f", "-"}, exported.out);
  EXPECT_EQ(imported.code, ExitCode::kOk) << imported.err;
  EXPECT_EQ(imported.out, "tenants/default/sessions/feed-1 created\n");
}

TEST_F(CliTest, ExportSaysWhyItCannot) {
  server.service.list.Add(
      [](const auto&, auto*) { return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no such tenant"); });
  const CliResult result = Cli({"export"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_EQ(result.out, "");
}

TEST_F(CliTest, DeleteGoesOnAfterARefusal) {
  server.service.remove.Add([](const auto&) { return NotFound(); });
  server.service.remove.Add([](const v1::DeleteSessionRequest& request) {
    EXPECT_EQ(request.name(), "tenants/default/sessions/b");
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"delete", "a", "b"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_THAT(result.out, HasSubstr("tenants/default/sessions/b deleted\n"));
  EXPECT_THAT(result.err, HasSubstr("SESSION_NOT_FOUND"));
}

constexpr char kTwoSessions[] = R"(sessions:
- name: a
  spec: {url: "ws://127.0.0.1:1/"}
- name: b
  spec: {url: "ws://127.0.0.1:2/"}
)";

TEST_F(CliTest, ApplyCreatesUpdatesAndLeavesAlone) {
  server.service.get.Add(
      [](const v1::GetSessionRequest& request, v1::Session* response) {
        if (request.name().ends_with("/a")) return NotFound();
        response->set_name(request.name());
        response->mutable_spec()->set_url(request.name().ends_with("/b") ? "ws://old/" : "ws://127.0.0.1:3/");
        return grpc::Status::OK;
      },
      3);
  server.service.create.Add([](const v1::CreateSessionRequest& request, v1::Session*) {
    EXPECT_EQ(request.session_id(), "a");
    return grpc::Status::OK;
  });
  server.service.update.Add([](const v1::UpdateSessionRequest& request, v1::Session* response) {
    EXPECT_EQ(request.session().name(), "tenants/default/sessions/b");
    EXPECT_EQ(request.update_mask().paths_size(), 3);
    *response = request.session();
    response->set_etag("new");
    return grpc::Status::OK;
  });
  const CliResult result =
      Cli({"apply", "-f", "-"}, std::string(kTwoSessions) + "- name: c\n  spec: {url: \"ws://127.0.0.1:3/\"}\n");
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out,
            "tenants/default/sessions/a created\n"
            "tenants/default/sessions/b updated\n"
            "tenants/default/sessions/c unchanged\n");
}

TEST_F(CliTest, ApplyTellsWhatFailedAndDoesTheRest) {
  server.service.get.Add([](const auto&, auto*) { return NotFound(); }, 2);
  server.service.create.Add(
      [](const v1::CreateSessionRequest& request, v1::Session*) {
        return request.session_id() == "a" ? client::DetailedStatus(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                                                    "no files are left", "OPEN_FILES_EXHAUSTED")
                                           : grpc::Status::OK;
      },
      2);
  const CliResult result = Cli({"apply", "-f", "-", "-o", "json"}, kTwoSessions);
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("no files are left (OPEN_FILES_EXHAUSTED)"));
  EXPECT_THAT(result.out, HasSubstr("failed"));
  EXPECT_THAT(result.out, HasSubstr("created"));
}

TEST_F(CliTest, ApplySendsNothingOfAFileThatDoesNotParse) {
  for (const char* bad :
       {"sessions:\n- name: a\n  spec: {url: \"ws://a/\", urll: x}\n", "sessions:\n- spec: {url: \"ws://a/\"}\n",
        "sessions:\n- name: a\n- name: a\n", "sessions: [", "session: []\n"}) {
    const CliResult result = Cli({"apply", "-f", "-"}, bad);
    EXPECT_EQ(result.code, ExitCode::kUsage) << bad;
    EXPECT_THAT(result.err, HasSubstr("standard input")) << bad;
    EXPECT_EQ(result.out, "");
  }
  EXPECT_EQ(server.service.get.calls(), 0);
  EXPECT_EQ(server.service.create.calls(), 0);
}

v1::SessionChange Change(v1::SessionChange::Kind kind, const v1::Session& session) {
  v1::SessionChange change;
  change.set_kind(kind);
  *change.mutable_session() = session;
  change.mutable_time()->set_seconds(1);
  return change;
}

TEST_F(CliTest, WatchPrintsFromWhereToWhere) {
  server.service.watch.Add(
      [](const v1::WatchSessionsRequest& request, grpc::ServerContext*, client::FakeService::Writer* writer) {
        EXPECT_EQ(request.parent(), "tenants/default");
        v1::WatchSessionsResponse response;
        *response.add_changes() = Change(v1::SessionChange::KIND_SNAPSHOT, Feed("feed-1", v1::HEALTH_HEALTHY));
        response.add_changes()->set_kind(v1::SessionChange::KIND_SNAPSHOT_END);
        v1::Session down = Feed("feed-1", v1::HEALTH_DOWN);
        down.mutable_status()->set_state(v1::STATE_BACKOFF);
        down.mutable_status()->set_reason(v1::REASON_APP_HEARTBEAT);
        down.mutable_status()->set_path(v1::PATH_PEER);
        down.mutable_status()->set_detail("no answer within 1s");
        *response.add_changes() = Change(v1::SessionChange::KIND_TRANSITION, down);
        *response.add_changes() = Change(v1::SessionChange::KIND_DELETED, down);
        response.set_resume_token("t");
        writer->Write(response);
        return grpc::Status::OK;
      });
  const CliResult result = Cli({"watch", "--count", "3"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("  feed-1  OPEN/HEALTHY\n"));
  EXPECT_THAT(result.out,
              HasSubstr("  feed-1  OPEN/HEALTHY → BACKOFF/DOWN  app_heartbeat (peer)  no answer within 1s\n"));
  EXPECT_THAT(result.out, HasSubstr("  feed-1  deleted\n"));
}

TEST_F(CliTest, WatchAsksForWhatTheFlagsSay) {
  server.service.watch.Add(
      [](const v1::WatchSessionsRequest& request, grpc::ServerContext*, client::FakeService::Writer* writer) {
        EXPECT_EQ(request.filter(), "health = DOWN");
        EXPECT_EQ(request.bookmark_interval().seconds(), 5);
        EXPECT_TRUE(request.conflate());
        v1::WatchSessionsResponse response;
        *response.add_changes() = Change(v1::SessionChange::KIND_LEFT, Feed("feed-1", v1::HEALTH_HEALTHY));
        *response.add_changes() = Change(v1::SessionChange::KIND_BOOKMARK, {});
        writer->Write(response);
        return grpc::Status::OK;
      });
  const CliResult result =
      Cli({"watch", "--filter", "health = DOWN", "--bookmarks", "5s", "--conflate", "--count", "2"});
  EXPECT_THAT(result.out, HasSubstr("  feed-1  no longer matches\n"));
  EXPECT_THAT(result.out, HasSubstr("  bookmark\n"));
}

TEST_F(CliTest, WatchPrintsOneJsonObjectALine) {
  server.service.watch.Add([](const auto&, auto*, client::FakeService::Writer* writer) {
    v1::WatchSessionsResponse response;
    *response.add_changes() = Change(v1::SessionChange::KIND_SNAPSHOT, Feed("feed-1", v1::HEALTH_HEALTHY));
    writer->Write(response);
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"watch", "--count", "1", "-o", "json"});
  EXPECT_THAT(result.out, StartsWith("{\"kind\":\"KIND_SNAPSHOT\""));
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
}

TEST_F(CliTest, WatchTellsThatChangesAreLost) {
  server.service.watch.Add([](const auto&, auto*, client::FakeService::Writer* writer) {
    v1::WatchSessionsResponse response;
    *response.add_changes() = Change(v1::SessionChange::KIND_SNAPSHOT, Feed("feed-1", v1::HEALTH_HEALTHY));
    response.set_resume_token("t");
    writer->Write(response);
    return grpc::Status::OK;
  });
  server.service.watch.Add([](const auto&, auto*, auto*) {
    return client::DetailedStatus(grpc::StatusCode::OUT_OF_RANGE, "too old", "WATCH_EXPIRED");
  });
  server.service.watch.Add([](const v1::WatchSessionsRequest& request, auto*, auto*) {
    EXPECT_EQ(request.resume_token(), "");
    return client::DetailedStatus(grpc::StatusCode::PERMISSION_DENIED, "enough", "ENOUGH");
  });
  const CliResult result = Cli({"watch"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("a snapshot follows"));
}

TEST_F(CliTest, WatchEndsInTime) {
  server.service.watch.Add([](const auto&, grpc::ServerContext* context, auto*) {
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  });
  EXPECT_EQ(Cli({"watch", "--for", "50ms"}).code, ExitCode::kOk);
}

TEST_F(CliTest, TheTableIsPlainWithoutATerminal) {
  server.service.list.Add(
      [](const auto&, v1::ListSessionsResponse* response) {
        *response->add_sessions() = Feed("feed-1", v1::HEALTH_HEALTHY);
        *response->add_sessions() = Feed("feed-2", v1::HEALTH_DOWN);
        return grpc::Status::OK;
      },
      2);
  const CliResult result = Cli({"watch", "--table", "--count", "2", "--refresh", "1ms"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2 sessions: 1 HEALTHY, 1 DOWN\n"));
  EXPECT_THAT(result.out, HasSubstr("feed-2  OPEN   DOWN"));
  EXPECT_THAT(result.out, Not(HasSubstr("\033")));
  EXPECT_EQ(server.service.list.calls(), 2);
}

}  // namespace
}  // namespace holter::cli
