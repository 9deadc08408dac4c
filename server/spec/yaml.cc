#include "spec/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

#include "absl/functional/function_ref.h"
#include "base/error.h"
#include "base/utf8.h"
#include "spec/yaml_reader.h"
#include "spec/yaml_scalar.h"

namespace holter::spec {
namespace {

constexpr size_t kLargestFile = size_t{64} << 20;

absl::Status Bad(std::string_view file, std::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FILE", message, {{"file", std::string(file)}});
}

absl::Status CheckText(std::string_view text, std::string_view file) {
  if (text.size() > kLargestFile) {
    return Bad(file, fmt::format("{}:1: expected at most {} bytes, got {}", file, kLargestFile, text.size()));
  }
  if (const size_t bad = FindInvalidUtf8(text); bad != std::string_view::npos) {
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n') + 1;
    return Bad(file, fmt::format("{}:{}: expected UTF-8", file, line));
  }
  return absl::OkStatus();
}

// Where the documents of a file begin.
class DocumentStarts final : public YAML::EventHandler {
 public:
  // Stops after two: yaml-cpp 0.7 finds documents without end in such a text as ",.".
  explicit DocumentStarts(std::string_view text) {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (marks.size() < 2 && parser.HandleNextDocument(*this)) {
    }
  }

  void OnDocumentStart(const YAML::Mark& mark) override { marks.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

  std::vector<YAML::Mark> marks;
};

// The list below `sessions`, the only field of a file.
void ReadFile(const YAML::Node& root, YamlReader& reader, std::vector<v1::Session>& out) {
  constexpr std::string_view expected = "expected `sessions:`, a list of sessions ([] for none)";
  if (!root.IsMap()) {
    reader.Complain(root.Mark(), "", expected);
    return;
  }
  YAML::Node sessions;
  for (const auto& entry : root) {
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (name != "sessions") {
      reader.Complain(entry.first.Mark(), name, "unknown field");
    } else if (sessions.IsDefined() && !sessions.IsNull()) {
      reader.Complain(entry.first.Mark(), name, "stands here twice");
    } else {
      sessions.reset(entry.second);
    }
  }
  if (!sessions.IsSequence()) {
    reader.Complain(sessions.IsNull() ? root.Mark() : sessions.Mark(), "", expected);
    return;
  }
  for (const YAML::Node& node : sessions) {
    if (reader.full()) {
      return;
    }
    const std::string path = fmt::format("sessions[{}]", out.size());
    reader.ReadMessage(node, path, out.emplace_back());
  }
}

// Has `read` look at the document, and says what is wrong with it.
absl::Status ReadDocument(std::string_view text, std::string_view file,
                          absl::FunctionRef<void(const YAML::Node&, YamlReader&)> read) {
  if (absl::Status status = CheckText(text, file); !status.ok()) {
    return status;
  }
  YamlReader reader(file);
  try {
    const DocumentStarts documents(text);
    if (documents.marks.size() > 1) {
      reader.Complain(documents.marks[1], "", "expected one document, got several");
    } else {
      read(YAML::Load(std::string(text)), reader);
    }
  } catch (const YAML::Exception& problem) {
    reader.Complain(problem.mark, "", problem.msg);
  }
  if (!reader.complaints().empty()) {
    return Bad(file, fmt::format("{}", fmt::join(reader.complaints(), "\n")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<v1::Session>> ParseSessionsYaml(std::string_view text, std::string_view file) {
  std::vector<v1::Session> sessions;
  absl::Status status =
      ReadDocument(text, file, [&](const YAML::Node& root, YamlReader& reader) { ReadFile(root, reader, sessions); });
  if (!status.ok()) {
    return status;
  }
  return sessions;
}

absl::Status ParseYaml(std::string_view text, std::string_view file, google::protobuf::Message& out) {
  return ReadDocument(text, file,
                      [&](const YAML::Node& root, YamlReader& reader) { reader.ReadMessage(root, "", out); });
}

}  // namespace holter::spec
