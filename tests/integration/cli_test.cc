// The command line against the real daemon and real peers.
#include <fmt/format.h>
#include <signal.h>

#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kSpecHead[] = "sessions:\n- name: bad\n  spec:\n";

class CommandLineTest : public EndToEndTest {
 protected:
  void SetUp() override { StartDaemon(); }

  // Applies one session with this spec; `lines` are indented by four.
  CliReport ApplySpec(const std::string& lines) { return Holter({"apply", "-f", "-"}, kSpecHead + lines); }
};

TEST_F(CommandLineTest, WhatTheServerRefusesNamesTheField) {
  struct Case {
    const char* spec;
    const char* field;
  };
  for (const Case& bad : {
           Case{"    url: http://127.0.0.1:1/\n", "spec.url"},
           Case{"    url: \"ws://user@127.0.0.1:1/\"\n", "spec.url"},
           Case{"    group: x\n", "group"},
           Case{"    url: ws://127.0.0.1:1/\n    headers: [{name: X-A, value: \"a\\rb\"}]\n", "spec.headers[0].value"},
           Case{"    url: ws://127.0.0.1:1/\n    headers: [{name: Cookie, value: a}]\n", "spec.headers[0].value"},
           Case{"    url: ws://127.0.0.1:1/\n    protocol_heartbeat: {interval: 0s}\n",
                "spec.protocol_heartbeat.interval"},
           Case{"    url: ws://127.0.0.1:1/\n    protocol_heartbeat: {timeout: 1ms}\n",
                "spec.protocol_heartbeat.timeout"},
           Case{"    url: ws://127.0.0.1:1/\n    protocol_heartbeat: {interval: \"20\"}\n",
                "spec.protocol_heartbeat.interval"},
           Case{"    url: ws://127.0.0.1:1/\n    tls: {ca_secret: no/such}\n", "spec.tls.ca_secret"},
           Case{"    url: ws://127.0.0.1:1/\n    beats: [{name: b, send: {text: x}, expect: {regex: \"(\"}}]\n",
                "spec.beats[0].expect.regex"},
           Case{"    url: ws://127.0.0.1:1/\n    beats: [{name: b, send: {text: x}, expect: {json: [{pointer: op, "
                "equals: 1}]}}]\n",
                "spec.beats[0].expect.json[0].pointer"},
       }) {
    const CliReport report = ApplySpec(bad.spec);
    EXPECT_TRUE(report.code == 2 || report.code == 3) << bad.spec << report.err;
    EXPECT_THAT(report.err, HasSubstr(bad.field)) << bad.spec;
    EXPECT_THAT(report.err, StartsWith("holter: "));
  }
  EXPECT_TRUE(client->List("tenants/-")->empty()) << "nothing is stored";
}

// As `holter list | head` with more than a pipe holds.
TEST_F(CommandLineTest, AReaderThatHasSeenEnoughIsNoFailure) {
  std::string file = "sessions:\n";
  for (int i = 0; i < 1000; ++i) file += fmt::format("- {{name: s{}, spec: {{url: ws://127.0.0.1:1/}}}}\n", i);
  const std::string pipeline = fmt::format("{} explain - | head -c 1; exit ${{PIPESTATUS[0]}}", HOLTER_BINARY);
  ChildProcess process({"/bin/bash", "-c", pipeline}, scratch.path(), file);
  const auto report = process.Wait(kPatience);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->code, 0);
  EXPECT_EQ(process.Out().size(), 1u);
  EXPECT_EQ(process.Err(), "");
}

TEST_F(CommandLineTest, ADirectoryInPlaceOfAFileIsSaid) {
  const CliReport report = Holter({"apply", "-f", scratch.path()});
  EXPECT_EQ(report.code, 2);
  EXPECT_THAT(report.err, HasSubstr("cannot read " + scratch.path() + ": Is a directory"));
}

TEST_F(CommandLineTest, AFileThatDoesNotParseNamesItsLine) {
  const CliReport report = ApplySpec("    url: ws://127.0.0.1:1/\n    protocol_heartbeat: {intervall: 20s}\n");
  EXPECT_EQ(report.code, 2);
  EXPECT_THAT(report.err, HasSubstr("standard input:5"));
  EXPECT_THAT(report.err, HasSubstr("sessions[0].spec.protocol_heartbeat.intervall"));
}

TEST_F(CommandLineTest, CreatesShowsAndDeletes) {
  EXPECT_EQ(Holter({"create", "feed-1", "ws://127.0.0.1:1/", "--group", "feeds", "--label", "team=a"}).code, 0);
  const CliReport again = Holter({"create", "feed-1", "ws://127.0.0.1:1/"});
  EXPECT_EQ(again.code, 3);
  EXPECT_THAT(again.err, HasSubstr("tenants/default/sessions/feed-1"));
  EXPECT_THAT(Holter({"get", "feed-1", "-o", "yaml"}).out, HasSubstr("team: a"));
  EXPECT_THAT(Holter({"list"}).out, HasSubstr("\nfeed-1  "));
  EXPECT_THAT(Holter({"list", "-o", "json"}).out, HasSubstr("tenants/default/sessions/feed-1"));
  EXPECT_EQ(Holter({"delete", "feed-1"}).out, "tenants/default/sessions/feed-1 deleted\n");
  EXPECT_EQ(Holter({"get", "feed-1"}).code, 3);
}

TEST_F(CommandLineTest, ApplyTellsWhatItChanged) {
  const std::string one = "sessions:\n- name: a\n  spec: {url: \"ws://127.0.0.1:1/\"}\n";
  EXPECT_EQ(Holter({"apply", "-f", "-"}, one).out, "tenants/default/sessions/a created\n");
  EXPECT_EQ(Holter({"apply", "-f", "-"}, one).out, "tenants/default/sessions/a unchanged\n");
  const std::string other = "sessions:\n- name: a\n  spec: {url: \"ws://127.0.0.1:2/\"}\n";
  EXPECT_EQ(Holter({"apply", "-f", scratch.Write("other.yaml", other)}).out, "tenants/default/sessions/a updated\n");
  EXPECT_EQ(client->Get(NameOf("a"))->spec().url(), "ws://127.0.0.1:2/");
}

TEST_F(CommandLineTest, SteersASessionThroughItsLife) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  EXPECT_EQ(Holter({"create", "a", peer.Url(), "--interval", "100ms", "--dry-run"}).out,
            NameOf("a") + " would be created\n");
  EXPECT_EQ(Holter({"get", "a"}).code, 3) << "a dry run creates nothing";
  ASSERT_EQ(Holter({"create", "a", peer.Url(), "--interval", "100ms"}).code, 0);
  const CliReport trial =
      Holter({"update", "a", "--set", "group=feeds", "--set", "spec.reconnect.max_delay=9s", "--dry-run"});
  EXPECT_EQ(trial.out, NameOf("a") + " would be updated\n  + group: feeds\n  + spec.reconnect.max_delay: 9s\n")
      << trial.err;
  EXPECT_EQ(Holter({"update", "a", "--set", "labels={team: x}", "--set", "spec.reconnect.max_delay=9s"}).code, 0);
  EXPECT_EQ(client->Get(NameOf("a"))->spec().reconnect().max_delay(), "9s");
  EXPECT_EQ(client->Get(NameOf("a"))->spec().protocol_heartbeat().interval(), "100ms") << "the rest stays";
  const CliReport stale = Holter({"update", "a", "--set", "group=x", "--etag", "not-this"});
  EXPECT_EQ(stale.code, 3);
  EXPECT_THAT(stale.err, HasSubstr("ETAG_MISMATCH"));
  EXPECT_EQ(Holter({"pause", "a"}).out, NameOf("a") + " paused\n");
  EXPECT_TRUE(Await([&] {
    return Holter({"list", "--filter", "state = PAUSED"}).out.find("\na ") != std::string::npos;
  }));
  EXPECT_EQ(Holter({"reconnect", "a"}).code, 3) << "a paused session has no connection";
  EXPECT_EQ(Holter({"resume", "a"}).out, NameOf("a") + " resumed\n");
  EXPECT_TRUE(Await([&] { return StatusOf("a").health() == v1::HEALTH_HEALTHY; }));
  EXPECT_THAT(Holter({"summary", "--filter", "labels.team = x"}).out, HasSubstr("health   1 HEALTHY\n"));
  EXPECT_EQ(Holter({"reconnect", "--filter", "labels.team = x"}).out, "1 session reconnecting\n");
  EXPECT_EQ(Holter({"delete", "a", "nobody", "--all-or-none"}).code, 3);
  EXPECT_EQ(Holter({"get", "a", "a2"}).code, 3);
  EXPECT_EQ(Holter({"delete", "a", "--dry-run"}).out, NameOf("a") + " would be deleted\n");
  EXPECT_EQ(Holter({"delete", "a", "--all-or-none"}).out, NameOf("a") + " deleted\n");
}

TEST_F(CommandLineTest, WaitsAndSaysWhy) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  ASSERT_EQ(Holter({"create", "up", peer.Url(), "--interval", "100ms"}).code, 0);
  ASSERT_EQ(Holter({"create", "down", "ws://127.0.0.1:1/"}).code, 0);
  EXPECT_EQ(Holter({"wait", "up", "--for=health=HEALTHY"}).code, 0);
  EXPECT_EQ(Holter({"wait", "down", "--for=health=DOWN"}).code, 0);
  const CliReport vain = Holter({"wait", "up", "down", "--for=health=HEALTHY", "--timeout", "300ms"});
  EXPECT_EQ(vain.code, 1);
  EXPECT_THAT(vain.err, HasSubstr("down is DOWN"));
  EXPECT_THAT(vain.err, HasSubstr("the connection is refused"));
  EXPECT_THAT(vain.err, Not(HasSubstr("up is")));
  EXPECT_THAT(Holter({"describe", "down"}).out, StartsWith("down is DOWN (since "));
  EXPECT_THAT(Holter({"describe", "up"}).out, HasSubstr("protocol: alive, "));
  const std::string top = Holter({"top", "--count", "1", "--limit", "1"}).out;
  EXPECT_THAT(top, HasSubstr("2 sessions: 1 HEALTHY, 1 DOWN\n"));
  EXPECT_THAT(top, HasSubstr("\ndown "));
  EXPECT_THAT(top, Not(HasSubstr("\nup ")));
  EXPECT_EQ(Holter({"completion", "names"}).out, "down\nup\n");
  EXPECT_EQ(Holter({"wait", "nobody", "--for=health=HEALTHY"}).code, 3);
  ASSERT_EQ(Holter({"delete", "up", "down"}).code, 0);
  EXPECT_EQ(Holter({"wait", "up", "down", "--for=deleted"}).code, 0);
}

TEST_F(CommandLineTest, WaitsForMoreNamesThanFitIntoAFilter) {
  std::string yaml = "sessions:\n- {name: another, paused: true, spec: {url: \"ws://127.0.0.1:1/\"}}\n";
  std::vector<std::string> wait = {"wait"};
  for (int i = 0; i < 100; ++i) {
    wait.push_back("one-of-many-" + std::to_string(i));
    yaml += "- {name: " + wait.back() + ", spec: {url: \"ws://127.0.0.1:1/\"}}\n";
  }
  ASSERT_EQ(Holter({"apply", "-f", "-"}, yaml).code, 0);
  wait.emplace_back("--for=health=DOWN");
  const CliReport all = Holter(wait);
  EXPECT_EQ(all.code, 0) << all.err;
  wait.emplace_back("nobody");
  const CliReport one_too_many = Holter(wait);
  EXPECT_EQ(one_too_many.code, 3);
  EXPECT_THAT(one_too_many.err, HasSubstr("there is no session tenants/default/sessions/nobody"));
}

TEST_F(CommandLineTest, ProbesAndTaps) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  const std::vector<std::string> beats = {"--interval", "100ms", "--timeout", "1s", "--duration", "1s"};
  const auto probe = [&](const std::string& target) {
    std::vector<std::string> arguments = {"probe", target};
    arguments.insert(arguments.end(), beats.begin(), beats.end());
    return Holter(arguments);
  };
  const CliReport alive = probe(peer.Url());
  EXPECT_EQ(alive.code, 0) << alive.out << alive.err;
  for (const char* words : {"  connect took ", "  open, peer 127.0.0.1:", "  protocol acked, rtt ", " → OPEN/HEALTHY\n",
                            "\nit is HEALTHY", "\nprotocol: "}) {
    EXPECT_THAT(alive.out, HasSubstr(words));
  }
  const CliReport nobody = probe("ws://127.0.0.1:1/");
  EXPECT_EQ(nobody.code, 1) << nobody.err;
  EXPECT_THAT(nobody.out, HasSubstr("the connection is refused"));
  EXPECT_TRUE(client->List("tenants/-")->empty()) << "nothing is stored";
  EXPECT_EQ(Holter({"tap", "a"}).code, 3);
  ASSERT_EQ(Holter({"create", "a", peer.Url(), "--interval", "100ms"}).code, 0);
  const CliReport tapped = Holter({"tap", "a", "--count", "6"});
  EXPECT_EQ(tapped.code, 0) << tapped.err;
  EXPECT_THAT(tapped.out, HasSubstr("  out  ping "));
  EXPECT_THAT(tapped.out, HasSubstr("  in   pong "));
  EXPECT_EQ(std::count(tapped.out.begin(), tapped.out.end(), '\n'), 6);
  EXPECT_EQ(Holter({"tap", "a", "--for", "200ms", "--recent", "0", "-o", "json"}).code, 0);
}

TEST_F(CommandLineTest, AFilterWithAnErrorNamesThePlace) {
  const CliReport report = Holter({"list", "--filter", "health = "});
  EXPECT_EQ(report.code, 3);
  EXPECT_THAT(report.err, HasSubstr("filter"));
}

TEST_F(CommandLineTest, AWatchWithAFilterTellsWhoLeaves) {
  ASSERT_EQ(Holter({"create", "a", "ws://127.0.0.1:1/", "--group", "x"}).code, 0);
  ChildProcess watch({HOLTER_BINARY, "watch", "--filter", "group = x", "--server", daemon->grpc()}, scratch.path());
  ASSERT_TRUE(Await([&] { return watch.Out().find("  a  ") != std::string::npos; })) << watch.Err();
  ASSERT_EQ(Holter({"update", "a", "--set", "group=y"}).code, 0);
  EXPECT_TRUE(Await([&] { return watch.Out().find("  a  no longer matches") != std::string::npos; })) << watch.Out();
  watch.Signal(SIGINT);
  EXPECT_TRUE(watch.Wait(kPatience).has_value());
}

TEST_F(CommandLineTest, WhatItListsAsYamlItCanApply) {
  ASSERT_EQ(
      Holter({"create", "a", "ws://127.0.0.1:1/", "--beat", "x", "--expect-regex", "^y$", "--interval", "1s"}).code, 0);
  const CliReport report = Holter({"apply", "-f", "-"}, Holter({"list", "-o", "yaml"}).out);
  EXPECT_EQ(report.out, "tenants/default/sessions/a unchanged\n") << report.err;
}

TEST_F(CommandLineTest, ThousandsOfSessionsAreListedAndWatched) {
  constexpr int kMany = 2500;  // more than two pages
  std::string yaml = "sessions:\n";
  for (int i = 0; i < kMany; ++i) yaml += "- {name: s" + std::to_string(i) + ", spec: {url: \"ws://127.0.0.1:1/\"}}\n";
  const CliReport applied = Holter({"apply", "-f", "-", "-o", "json"}, yaml);
  ASSERT_EQ(applied.code, 0) << applied.err;
  const auto sessions = client->List("tenants/default");
  ASSERT_TRUE(sessions.ok()) << sessions.status();
  EXPECT_EQ(sessions->size(), static_cast<size_t>(kMany));
  const CliReport watched = Holter({"watch", "--count", std::to_string(kMany)});
  EXPECT_EQ(watched.code, 0) << watched.err;
  EXPECT_EQ(std::count(watched.out.begin(), watched.out.end(), '\n'), kMany);
}

TEST_F(CommandLineTest, CtrlCEndsAWatchWell) {
  ASSERT_EQ(Holter({"create", "a", "ws://127.0.0.1:1/"}).code, 0);
  for (const char* const form : {"--count=0", "--table"}) {
    ChildProcess watch({HOLTER_BINARY, "watch", form, "--server", daemon->grpc()}, scratch.path());
    ASSERT_TRUE(Await([&] { return !watch.Out().empty(); })) << watch.Err();
    watch.Signal(SIGINT);
    const auto report = watch.Wait(kPatience);
    ASSERT_TRUE(report.has_value()) << form;
    EXPECT_EQ(report->code, 0) << form << watch.Err();
    EXPECT_EQ(watch.Err(), "");
  }
}

TEST(UnreachableTest, ExitsWith4) {
  const ScratchFolder scratch;
  ChildProcess list({HOLTER_BINARY, "list", "--server", "127.0.0.1:1"}, scratch.path());
  const auto report = list.Wait(kPatience);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->code, 4);
  EXPECT_THAT(list.Err(), HasSubstr("cannot reach holterd"));
}

class PingTest : public EndToEndTest, public testing::WithParamInterface<PeerKind> {
 protected:
  static std::vector<std::string> BeatFlags() {
    return {"--interval",    "100ms",    "--timeout", "1s", "--beat", R"({"op":"ping","id":${seq}})",
            "--expect-json", "/op=pong", "--echo",    "/id"};
  }
  CliReport Ping(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "ping");
    const std::vector<std::string> beat = BeatFlags();
    arguments.insert(arguments.end(), beat.begin(), beat.end());
    return Holter(arguments);
  }
};

TEST_P(PingTest, CountsBeatsOnBothLayers) {
  const Peer peer(GetParam(), scratch, nullptr);
  const CliReport report = Ping({peer.Url(), "--count", "10"});
  EXPECT_EQ(report.code, 0) << report.out << report.err;
  EXPECT_THAT(report.out, HasSubstr("\nseq=10 protocol rtt="));
  EXPECT_THAT(report.out, HasSubstr("\nseq=10 app rtt="));
  EXPECT_THAT(report.out, HasSubstr("\nprotocol: 10 sent, 10 acked, 0% loss, rtt min/avg/p99/max = "));
  EXPECT_THAT(report.out, HasSubstr("\napp: 10 sent, 10 acked, 0% loss, rtt min/avg/p99/max = "));
  EXPECT_THAT(report.out, HasSubstr("\ntcp: least rtt "));
}

TEST_P(PingTest, TrustsTheAuthorityThatIsGivenAndNoOther) {
  const Certificates certificates(scratch);
  const Peer peer(GetParam(), scratch, &certificates);
  EXPECT_EQ(Ping({peer.Url(), "--count", "2", "--ca", certificates.ca}).code, 0);
  EXPECT_EQ(Ping({peer.Url(), "--count", "2", "--insecure-skip-verify"}).code, 0);
  const CliReport report = Ping({peer.Url(), "--count", "2"});
  EXPECT_EQ(report.code, 1);
  EXPECT_THAT(report.out, HasSubstr("no connection: tls_untrusted"));
}

TEST_P(PingTest, LossExitsWith1) {
  const Peer peer(GetParam(), scratch, nullptr);
  ChildProcess ping({HOLTER_BINARY, "ping", peer.Url(), "--interval", "100ms", "--timeout", "300ms"}, scratch.path());
  ASSERT_TRUE(Await([&] { return ping.Out().find("seq=3 ") != std::string::npos; })) << ping.Out() << ping.Err();
  peer.Freeze();
  ASSERT_TRUE(Await([&] { return ping.Out().find("no answer in time") != std::string::npos; })) << ping.Out();
  ping.Signal(SIGINT);
  const auto report = ping.Wait(kPatience);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->code, 1);
  EXPECT_THAT(ping.Out(), HasSubstr("% loss"));
  EXPECT_THAT(ping.Out(), Not(HasSubstr(" 0% loss")));
}

TEST_P(PingTest, CtrlCPrintsTheSummary) {
  const Peer peer(GetParam(), scratch, nullptr);
  ChildProcess ping({HOLTER_BINARY, "ping", peer.Url(), "--interval", "100ms"}, scratch.path());
  ASSERT_TRUE(Await([&] { return ping.Out().find("seq=3 ") != std::string::npos; })) << ping.Out() << ping.Err();
  ping.Signal(SIGINT);
  const auto report = ping.Wait(kPatience);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->code, 0) << ping.Out() << ping.Err();
  EXPECT_THAT(ping.Out(), HasSubstr("acked, 0% loss"));
}

std::string NameOfKind(const testing::TestParamInfo<PeerKind>& info) {
  return info.param == PeerKind::kPython ? "Python" : "Node";
}

INSTANTIATE_TEST_SUITE_P(All, PingTest, testing::Values(PeerKind::kPython, PeerKind::kNode), NameOfKind);

}  // namespace
}  // namespace holter::integration
