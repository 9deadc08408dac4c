#include "tests/integration/fixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <sstream>

namespace holter::integration {

void EndToEndTest::StartDaemon(const Certificates* certificates, std::vector<std::string> flags,
                               std::vector<std::string> launcher) {
  if (certificates != nullptr) {
    scratch.Write("secrets/test/ca", ReadFile(certificates->ca));
    flags.push_back("--secrets-dir=" + scratch.path() + "/secrets");
  }
  daemon = std::make_unique<Daemon>(scratch, std::move(flags), std::move(launcher));
  daemon->Start();
  client = std::make_unique<client::Client>(client::ClientOptions{.server = daemon->grpc()});
}

void EndToEndTest::Declare(const std::string& id, const std::string& url, bool tls) {
  v1::Session session;
  session.set_name(NameOf(id));
  v1::SessionSpec& spec = *session.mutable_spec();
  spec.set_url(url);
  if (tls) spec.mutable_tls()->set_ca_secret("test/ca");
  const auto text = [](std::chrono::milliseconds duration) { return fmt::format("{}ms", duration.count()); };
  spec.mutable_protocol_heartbeat()->set_interval(text(kInterval));
  spec.mutable_protocol_heartbeat()->set_timeout(text(kTimeout));
  v1::Beat& beat = *spec.add_beats();
  beat.set_name("op-ping");
  beat.set_interval(text(kInterval));
  beat.set_timeout(text(kTimeout));
  beat.mutable_send()->set_text(R"({"op":"ping","id":${seq}})");
  beat.mutable_expect()->add_json()->set_pointer("/op");
  beat.mutable_expect()->mutable_json(0)->mutable_equals()->set_string_value("pong");
  beat.mutable_correlate()->set_pointer("/id");
  beat.mutable_correlate()->set_equals("seq");
  spec.mutable_timeouts()->set_tls("500ms");
  spec.mutable_timeouts()->set_upgrade("500ms");
  spec.mutable_reconnect()->set_first_delay("100ms");
  spec.mutable_reconnect()->set_max_delay("500ms");
  const auto created = client->Create(session);
  ASSERT_TRUE(created.ok()) << created.status();
}

v1::SessionStatus EndToEndTest::StatusOf(const std::string& id) {
  const auto session = client->Get(NameOf(id));
  if (!session.ok()) return {};
  return session->status();
}

void EndToEndTest::AwaitHealthy(const std::string& id, int64_t acked) {
  const bool came = Await([&] {
    const v1::SessionStatus status = StatusOf(id);
    return status.health() == v1::HEALTH_HEALTHY && status.beats_size() == 2 &&
           std::all_of(status.beats().begin(), status.beats().end(),
                       [&](const v1::BeatStatus& beat) { return beat.acked() >= acked; });
  });
  EXPECT_TRUE(came) << StatusOf(id).DebugString() << daemon->process().Err();
}

double EndToEndTest::Largest(const std::string& metric) const {
  std::istringstream text(daemon->Http("/metrics"));
  double largest = std::numeric_limits<double>::lowest();
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(metric + "{") || line.starts_with(metric + " ")) {
      largest = std::max(largest, std::stod(line.substr(line.rfind(' '))));
    }
  }
  return largest;
}

CliReport EndToEndTest::Holter(std::vector<std::string> arguments, const std::string& input) {
  arguments.insert(arguments.begin(), HOLTER_BINARY);
  std::vector<std::string> environment;
  if (daemon) environment.push_back("HOLTER_SERVER=" + daemon->grpc());
  ChildProcess process(arguments, scratch.path(), input, environment);
  const auto report = process.Wait(kPatience);
  EXPECT_TRUE(report.has_value()) << "holter " << arguments[1] << " does not end: " << process.Out() << process.Err();
  return {report ? report->code : -1, process.Out(), process.Err()};
}

}  // namespace holter::integration
