// holter probe and holter tap: what they ask, how it reads, what they exit with.
#include <gmock/gmock.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/cli_fixture.h"

namespace holter::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

using ProbeWriter = grpc::ServerWriter<v1::ProbeSessionResponse>;
using TapWriter = grpc::ServerWriter<v1::TapSessionResponse>;
using Frame = v1::TapSessionResponse::Frame;

class ProbeTest : public CliTest {
 protected:
  // A probe that opens and beats; `missed` of the beats are.
  void Serve(int missed) {
    server.service.probe.Add(
        [this, missed](const v1::ProbeSessionRequest& request, grpc::ServerContext*, ProbeWriter* writer) {
          asked = request;
          v1::ProbeSessionResponse response;
          response.mutable_time()->set_seconds(1'800'000'000);
          response.mutable_phase()->set_phase("connect");
          response.mutable_phase()->mutable_took()->set_nanos(412'000);
          writer->Write(response);
          response.mutable_opening()->set_peer_address("127.0.0.1:9001");
          response.mutable_opening()->set_subprotocol("v1");
          writer->Write(response);
          response.mutable_beat()->set_name("op-ping");
          response.mutable_beat()->set_kind(v1::ProbeSessionResponse::BeatEvent::KIND_SENT);
          writer->Write(response);
          response.mutable_beat()->set_kind(v1::ProbeSessionResponse::BeatEvent::KIND_ACKED);
          response.mutable_beat()->mutable_rtt()->set_nanos(15'200'000);
          writer->Write(response);
          response.mutable_transition()->set_from_state(v1::STATE_OPEN);
          response.mutable_transition()->set_from_health(v1::HEALTH_UNKNOWN);
          response.mutable_transition()->set_to_state(v1::STATE_OPEN);
          response.mutable_transition()->set_to_health(v1::HEALTH_HEALTHY);
          writer->Write(response);
          v1::ProbeSummary& summary = *response.mutable_summary();
          summary.mutable_status()->set_state(v1::STATE_OPEN);
          summary.mutable_status()->set_health(v1::HEALTH_HEALTHY);
          auto& beat = *summary.mutable_status()->add_beats();
          beat.set_name("op-ping");
          beat.set_sent(5);
          beat.set_acked(5 - missed);
          beat.set_missed(missed);
          auto& rtt = *summary.add_rtts();
          rtt.set_name("op-ping");
          rtt.mutable_max()->set_nanos(15'200'000);
          writer->Write(response);
          return grpc::Status::OK;
        });
  }

  v1::ProbeSessionRequest asked;
};

TEST_F(ProbeTest, TellsWhatHappensAndHowItWas) {
  Serve(0);
  const CliResult result = Cli({"probe", "ws://127.0.0.1:9001/?token=CANARY", "--duration", "2s", "--interval", "1s"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(asked.parent(), "tenants/default");
  EXPECT_EQ(asked.duration().seconds(), 2);
  EXPECT_EQ(asked.spec().protocol_heartbeat().interval(), "1s");
  const std::string time = "2027-[^ ]+ [^ ]+  ";
  EXPECT_THAT(result.out,
              MatchesRegex(time + "connect took 0.412 ms\n" + time + "open, peer 127.0.0.1:9001, subprotocol v1\n" +
                           time + "op-ping acked, rtt 15.2 ms\n" + time +
                           "OPEN/UNKNOWN → OPEN/HEALTHY\n"
                           "--- ws://127.0.0.1:9001 ---\n"
                           "it is HEALTHY[^\n]*\n"
                           "op-ping: 5 sent, 5 acked, 0 missed, rtt min/p50/p99/max = [^\n]*/15.2 ms\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("CANARY")));
}

TEST_F(ProbeTest, ALostBeatExitsWith1) {
  Serve(1);
  EXPECT_EQ(Cli({"probe", "ws://h/"}).code, ExitCode::kFailure);
}

TEST_F(ProbeTest, TakesASessionOfAFile) {
  testing::TemporaryDirectory folder;
  folder.Write("one.yaml", "sessions:\n- {name: a, spec: {url: \"ws://a/\"}}\n");
  folder.Write("two.yaml", "sessions:\n- {name: a, spec: {url: \"ws://a/\"}}\n- {name: b, spec: {url: \"ws://b/\"}}\n");
  Serve(0);
  EXPECT_EQ(Cli({"probe", folder / "one.yaml", "-o", "json"}).code, ExitCode::kOk);
  EXPECT_EQ(asked.spec().url(), "ws://a/");
  Serve(0);
  EXPECT_EQ(Cli({"probe", folder / "two.yaml", "--session", "b"}).code, ExitCode::kOk);
  EXPECT_EQ(asked.spec().url(), "ws://b/");
  EXPECT_EQ(Cli({"probe", folder / "two.yaml"}).code, ExitCode::kUsage);
  EXPECT_EQ(Cli({"probe", folder / "two.yaml", "--session", "c"}).code, ExitCode::kUsage);
  EXPECT_EQ(server.service.probe.calls(), 2);
}

TEST_F(ProbeTest, JsonIsOneObjectALine) {
  Serve(0);
  const CliResult result = Cli({"probe", "ws://h/", "-o", "json"});
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 6);
  EXPECT_THAT(result.out, HasSubstr("KIND_SENT"));
}

TEST_F(ProbeTest, ARefusalExitsWith3) {
  server.service.probe.Add([](const auto&, auto*, auto*) {
    return client::DetailedStatus(grpc::StatusCode::PERMISSION_DENIED, "forbidden", "EGRESS_DENIED");
  });
  const CliResult result = Cli({"probe", "ws://h/"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("EGRESS_DENIED"));
}

class TapTest : public CliTest {
 protected:
  static Frame FrameOf(Frame::Direction direction, Frame::Kind kind, const std::string& payload, int64_t size) {
    Frame frame;
    frame.mutable_time()->set_seconds(1'800'000'000);
    frame.set_direction(direction);
    frame.set_kind(kind);
    frame.set_payload(payload);
    frame.set_size(size);
    return frame;
  }
};

TEST_F(TapTest, ALineAFrame) {
  server.service.tap.Add([](const v1::TapSessionRequest& request, grpc::ServerContext*, TapWriter* writer) {
    EXPECT_EQ(request.name(), "tenants/default/sessions/feed-1");
    EXPECT_EQ(request.max_recent(), -1);
    v1::TapSessionResponse response;
    *response.add_frames() = FrameOf(Frame::DIRECTION_OUT, Frame::KIND_TEXT, "{\"op\":\"ping\"}\n\x1b\xc2\x9b", 17);
    *response.add_frames() = FrameOf(Frame::DIRECTION_IN, Frame::KIND_BINARY, std::string("\0\xff", 2), 4096);
    writer->Write(response);
    response.Clear();
    response.set_dropped(3);
    *response.add_frames() = FrameOf(Frame::DIRECTION_IN, Frame::KIND_CLOSE,
                                     "\x03\xe8"
                                     "bye",
                                     5);
    writer->Write(response);
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"tap", "feed-1", "--recent", "0"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  const std::string time = "2027-[^ ]+ [^ ]+  ";
  EXPECT_THAT(result.out, MatchesRegex(time + R"(out  text 17 B  \{"op":"ping"\}\\n\\x1b\\u009b)" + "\n" + time +
                                       "in   binary 4096 B  00ff…\n" + time + "in   close 5 B  1000 bye\n"));
  EXPECT_EQ(result.err, "holter: 3 frames were left out, they came faster than they were read\n");
}

TEST_F(TapTest, EndsWhenItIsEnough) {
  server.service.tap.Add([](const v1::TapSessionRequest& request, grpc::ServerContext* context, TapWriter* writer) {
    EXPECT_EQ(request.max_recent(), 20);
    v1::TapSessionResponse response;
    *response.add_frames() = FrameOf(Frame::DIRECTION_IN, Frame::KIND_PONG, "", 0);
    while (!context->IsCancelled()) writer->Write(response);
    return grpc::Status::CANCELLED;
  });
  const CliResult result = Cli({"tap", "feed-1", "--count", "3", "-o", "json"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 3);
}

}  // namespace
}  // namespace holter::cli
