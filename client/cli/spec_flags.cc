#include "client/cli/spec_flags.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include "absl/strings/ascii.h"
#include "client/cli/flags.h"

namespace holter::cli {
namespace {

absl::Status AddHeader(const std::string& text, v1::SessionSpec& spec) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError("--header: expected \"Name: value\"");  // the text may hold a secret
  }
  v1::Header* const header = spec.add_headers();
  header->set_name(text.substr(0, colon));
  header->set_value(std::string(absl::StripAsciiWhitespace(text.substr(colon + 1))));
  return absl::OkStatus();
}

// `/op=pong`, `/code=0`, `/ok=true`, `/id="7"`: what is no JSON is a string.
absl::Status AddJsonCondition(const std::string& text, v1::Matcher& matcher) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) {
    return absl::InvalidArgumentError(
        fmt::format("--expect-json: expected POINTER=VALUE such as \"/op=pong\", got \"{}\"", text));
  }
  v1::JsonCondition* const condition = matcher.add_json();
  condition->set_pointer(text.substr(0, equals));
  const std::string value = text.substr(equals + 1);
  if (!google::protobuf::util::JsonStringToMessage(value, condition->mutable_equals()).ok()) {
    condition->mutable_equals()->set_string_value(value);
  }
  return absl::OkStatus();
}

// `room=lobby`.
absl::Status AddParameter(const std::string& text, v1::SessionSpec& spec) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) {
    return absl::InvalidArgumentError("--param: expected NAME=VALUE");  // the text may hold a secret
  }
  (*spec.mutable_parameters())[text.substr(0, equals)] = text.substr(equals + 1);
  return absl::OkStatus();
}

absl::Status FillExpect(const SpecFlags& flags, v1::Beat& beat) {
  if (!flags.expect.empty()) beat.mutable_expect()->set_text(flags.expect);
  if (!flags.expect_regex.empty()) beat.mutable_expect()->set_regex(flags.expect_regex);
  for (const std::string& condition : flags.expect_json) {
    if (absl::Status status = AddJsonCondition(condition, *beat.mutable_expect()); !status.ok()) return status;
  }
  if (!flags.echo.empty()) {
    beat.mutable_correlate()->set_pointer(flags.echo);
    beat.mutable_correlate()->set_equals("seq");
  }
  return absl::OkStatus();
}

}  // namespace

void AddSpecFlags(CLI::App& command, SpecFlags& flags) {
  command.add_option("--preset", flags.preset, "Dialect that the peer speaks; `holter presets` has them");
  AddRepeated(command, "--param", flags.parameters, "NAME=VALUE of a parameter of the preset; may be repeated");
  AddRepeated(command, "--without", flags.without, "What not to take from the preset, such as beats; may be repeated");
  AddRepeated(command, "--header", flags.headers, "Header of the upgrade, \"Name: value\"; may be repeated");
  AddRepeated(command, "--subprotocol", flags.subprotocols, "Subprotocol to offer; may be repeated");
  command.add_flag("--insecure-skip-verify", flags.insecure_skip_verify, "Take any certificate: for tests only");
  command.add_option("--interval", flags.interval, "From one beat to the next, on both layers")->type_name("DURATION");
  command.add_option("--timeout", flags.timeout, "How long an answer may take, on both layers")->type_name("DURATION");
  command.add_flag("--no-ping", flags.no_ping, "Send no RFC 6455 pings");
  CLI::Option* const beat = command.add_option(
      "--beat", flags.beat, "Text of an application heartbeat; ${seq} ${unix_ms} ${uuid} are replaced");
  CLI::Option* const text = command.add_option("--expect", flags.expect, "Its answer equals this text");
  CLI::Option* const regex = command.add_option("--expect-regex", flags.expect_regex, "Its answer matches this RE2");
  CLI::Option* const json = AddRepeated(command, "--expect-json", flags.expect_json,
                                        "Its answer is JSON with this value, POINTER=VALUE; may be repeated");
  for (CLI::Option* option : {text, regex, json}) option->needs(beat);
  text->excludes(regex)->excludes(json);
  regex->excludes(json);
  command.add_option("--echo", flags.echo, "JSON pointer at which the answer echoes ${seq}")->needs(beat);
}

absl::StatusOr<v1::SessionSpec> BuildSpec(const SpecFlags& flags) {
  v1::SessionSpec spec;
  spec.set_url(flags.url);
  spec.set_preset(flags.preset);
  for (const std::string& parameter : flags.parameters) {
    if (absl::Status status = AddParameter(parameter, spec); !status.ok()) return status;
  }
  for (const std::string& path : flags.without) spec.add_without(path);
  for (const std::string& header : flags.headers) {
    if (absl::Status status = AddHeader(header, spec); !status.ok()) return status;
  }
  for (const std::string& subprotocol : flags.subprotocols) spec.add_subprotocols(subprotocol);
  if (flags.insecure_skip_verify) spec.mutable_tls()->set_insecure_skip_verify(true);
  if (flags.no_ping) {
    spec.mutable_protocol_heartbeat()->set_mode(v1::ProtocolHeartbeat::MODE_OFF);
  } else if (!flags.interval.empty() || !flags.timeout.empty()) {
    spec.mutable_protocol_heartbeat()->set_interval(flags.interval);
    spec.mutable_protocol_heartbeat()->set_timeout(flags.timeout);
  }
  if (flags.beat.empty()) return spec;
  v1::Beat* const beat = spec.add_beats();
  beat->set_name("app");
  beat->set_interval(flags.interval);
  beat->set_timeout(flags.timeout);
  beat->mutable_send()->set_text(flags.beat);
  if (absl::Status status = FillExpect(flags, *beat); !status.ok()) return status;
  return spec;
}

}  // namespace holter::cli
