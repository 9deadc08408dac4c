#include "client/cli/output.h"

#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <optional>

#include "base/printable_text.h"
#include "client/cli/words.h"
#include "holter/v1/session_service.pb.h"
#include "spec/yaml.h"

namespace holter::cli {
namespace {

void PrintTable(Console& console, const Table& table) {
  for (const std::string& line : table.Lines(console.color)) console.out << line << "\n";
}

// TCP / protocol / slowest beat, in milliseconds.
std::string RttCell(const v1::SessionStatus& status) {
  std::optional<Duration> protocol;
  std::optional<Duration> app;
  for (const v1::BeatStatus& beat : status.beats()) {
    if (!beat.has_last_rtt()) continue;
    const Duration rtt = ToDuration(beat.last_rtt());
    if (beat.name() == "protocol") {
      protocol = rtt;
    } else {
      app = std::max(app.value_or(rtt), rtt);
    }
  }
  const auto text = [](const std::optional<Duration>& rtt) { return rtt ? Milliseconds(*rtt) : std::string("-"); };
  std::optional<Duration> tcp;
  if (status.has_tcp_rtt()) tcp = ToDuration(status.tcp_rtt().min());
  return fmt::format("{} / {} / {}", text(tcp), text(protocol), text(app));
}

}  // namespace

void PrintMessage(Console& console, OutputFormat format, const google::protobuf::Message& message) {
  std::string text = format == OutputFormat::kJson ? spec::ToJson(message) : spec::ToYaml(message);
  if (!text.ends_with('\n')) text += '\n';
  console.out << text;
}

void PrintStreamed(Console& console, OutputFormat format, const google::protobuf::Message& message) {
  if (format == OutputFormat::kYaml) {
    console.out << "---\n" << spec::ToYaml(message);
    return;
  }
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (google::protobuf::util::MessageToJsonString(message, &json, options).ok()) console.out << json << "\n";
}

Table SessionTable(const Invocation& invocation, const std::vector<v1::Session>& sessions, WallTime now) {
  Table table({"NAME", "STATE", "HEALTH", "REASON", "RTT ms (tcp / proto / app)", "LAST-ALIVE", "RECONNECTS"});
  for (const v1::Session& session : sessions) {
    const v1::SessionStatus& status = session.status();
    const std::string reason = ReasonWord(status.reason());
    table.Add({{invocation.DisplayName(session.name())},
               {StateWord(status.state())},
               {HealthWord(status.health()), StyleOf(status.health())},
               {reason.empty() ? "-" : reason},
               {RttCell(status)},
               {status.has_last_alive_time() ? Age(ToWallTime(status.last_alive_time()), now) : "never"},
               {fmt::format("{}", status.reconnects())}});
  }
  return table;
}

void PrintSession(const Invocation& invocation, OutputFormat format, const v1::Session& session) {
  if (format != OutputFormat::kTable) return PrintMessage(invocation.console, format, session);
  PrintTable(invocation.console, SessionTable(invocation, {session}, SystemClock().WallNow()));
  if (!session.status().detail().empty()) invocation.console.out << PrintableText(session.status().detail()) << "\n";
}

void PrintSessions(const Invocation& invocation, OutputFormat format, const std::vector<v1::Session>& sessions) {
  if (format == OutputFormat::kTable) {
    return PrintTable(invocation.console, SessionTable(invocation, sessions, SystemClock().WallNow()));
  }
  v1::ListSessionsResponse response;
  for (const v1::Session& session : sessions) *response.add_sessions() = session;
  PrintMessage(invocation.console, format, response);
}

void PrintResults(const Invocation& invocation, OutputFormat format, const std::vector<ItemResult>& results) {
  if (format == OutputFormat::kTable) {
    for (const ItemResult& item : results) invocation.console.out << fmt::format("{} {}\n", item.name, item.result);
    return;
  }
  google::protobuf::Struct document;
  auto* const list = (*document.mutable_fields())["results"].mutable_list_value();
  for (const ItemResult& item : results) {
    auto& fields = *list->add_values()->mutable_struct_value()->mutable_fields();
    fields["name"].set_string_value(item.name);
    fields["result"].set_string_value(item.result);
    if (!item.error.empty()) fields["error"].set_string_value(item.error);
  }
  PrintMessage(invocation.console, format, document);
}

}  // namespace holter::cli
