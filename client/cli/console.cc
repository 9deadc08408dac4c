#include "client/cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "holter/status.h"

namespace holter::cli {
namespace {

// What has no field says that there are more.
std::string FieldLine(const client::BadField& bad, const FieldWords& words) {
  if (bad.field.empty()) return bad.description;
  return fmt::format("{}: {}", words ? words(bad.field) : bad.field, bad.description);
}

std::string HowMany(const std::vector<client::BadField>& fields) {
  if (fields.back().field.empty()) return fmt::format("more than {} fields are", fields.size() - 1);
  return fields.size() == 1 ? "1 field is" : fmt::format("{} fields are", fields.size());
}

}  // namespace

Console StandardConsole() {
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const char* const no_color = std::getenv("NO_COLOR");  // no-color.org
  return {.in = std::cin,
          .out = std::cout,
          .err = std::cerr,
          .terminal = terminal,
          .color = terminal && (no_color == nullptr || *no_color == '\0')};
}

ExitCode ExitCodeOf(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kUnreachable;
    case absl::StatusCode::kFailedPrecondition:
      // Whatever the server refuses has a reason; the library's own refusal means that nothing was sent.
      return client::ReasonOf(error).empty() ? ExitCode::kUsage : ExitCode::kRefused;
    default:
      return ExitCode::kRefused;
  }
}

ExitCode ReportError(Console& console, std::string_view what, const absl::Status& error, const FieldWords& words) {
  const std::vector<client::BadField> fields = client::BadFieldsOf(error);
  if (absl::IsUnavailable(error) && client::ReasonOf(error).empty()) {  // gRPC's words, not the server's
    console.err << fmt::format("holter: {}: cannot reach holterd (--server, HOLTER_SERVER): {}\n", what,
                               std::string(error.message()));
  } else if (fields.size() > 1 || (words && !fields.empty())) {
    console.err << fmt::format("holter: {}: {} not valid\n", what, HowMany(fields));
    for (const client::BadField& bad : fields) console.err << "  " << FieldLine(bad, words) << "\n";
  } else {
    console.err << fmt::format("holter: {}: {}\n", what, std::string(error.message()));
  }
  return ExitCodeOf(error);
}

ExitCode ReportUsage(Console& console, std::string_view message) {
  console.err << fmt::format("holter: {}\n", message);
  return ExitCode::kUsage;
}

}  // namespace holter::cli
