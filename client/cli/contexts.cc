#include "client/cli/contexts.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include "base/read_file.h"

namespace holter::cli {
namespace {

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// What is wrong with the file, said once; the message has its place.
class ContextsFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One file, read strictly: a misspelt `token_fiel` that is ignored would send nothing, or to the wrong place.
class ContextsReader {
 public:
  explicit ContextsReader(const std::string& path) : path_(path), folder_(std::filesystem::path(path).parent_path()) {}

  Contexts Read(const YAML::Node& root) const {
    Contexts contexts;
    ReadMap(root, {{"current", [&](const YAML::Node& node) { contexts.current = Text(node); }},
                   {"contexts", [&](const YAML::Node& node) {
                      if (!node.IsMap()) Fail(node, "expected a map of contexts by name");
                      for (const auto& entry : node) contexts.contexts[Text(entry.first)] = ReadContext(entry.second);
                    }}});
    if (!contexts.current.empty() && !contexts.contexts.contains(contexts.current)) {
      throw ContextsFault(fmt::format("{}: current: there is no context {}", path_, contexts.current));
    }
    return contexts;
  }

 private:
  using Fields = std::map<std::string, std::function<void(const YAML::Node&)>, std::less<>>;

  Context ReadContext(const YAML::Node& node) const {
    Context context;
    const auto text = [this](std::string& to) { return [this, &to](const YAML::Node& value) { to = Text(value); }; };
    const auto path = [this](std::string& to) { return [this, &to](const YAML::Node& value) { to = Path(value); }; };
    const auto read_tls = [&](const YAML::Node& tls) {
      context.tls = true;
      ReadMap(tls, {{"ca", path(context.ca)},
                    {"cert", path(context.cert)},
                    {"key", path(context.key)},
                    {"server_name", text(context.server_name)}});
    };
    ReadMap(node, {{"server", text(context.server)},
                   {"tenant", text(context.tenant)},
                   {"tls", read_tls},
                   {"token_file", path(context.token_file)}});
    return context;
  }

  void ReadMap(const YAML::Node& node, const Fields& fields) const {
    if (!node.IsMap()) Fail(node, "expected a map");
    for (const auto& entry : node) {
      const auto field = fields.find(Text(entry.first));
      if (field == fields.end()) Fail(entry.first, Text(entry.first) + ": unknown field");
      field->second(entry.second);
    }
  }

  std::string Text(const YAML::Node& node) const {
    if (!node.IsScalar() || node.Scalar().empty()) Fail(node, "expected text");
    return node.Scalar();
  }
  std::string Path(const YAML::Node& node) const { return (folder_ / Text(node)).string(); }

  [[noreturn]] void Fail(const YAML::Node& node, const std::string& what) const {
    throw ContextsFault(fmt::format("{}:{}: {}", path_, node.Mark().line + 1, what));
  }

  const std::string path_;
  const std::filesystem::path folder_;
};

}  // namespace

std::string ContextsPath() {
  if (std::string path = Environment("HOLTER_CONTEXTS"); !path.empty()) return path;
  std::string folder = Environment("XDG_CONFIG_HOME");
  if (folder.empty()) {
    const std::string home = Environment("HOME");
    if (home.empty()) return "";
    folder = home + "/.config";
  }
  return folder + "/holter/config.yaml";
}

absl::StatusOr<Contexts> ReadContexts(const std::string& path) {
  std::error_code error;
  if (path.empty() || (Environment("HOLTER_CONTEXTS").empty() && !std::filesystem::exists(path, error))) {
    return Contexts{};
  }
  const absl::StatusOr<std::string> text = ReadWholeFile(path);
  if (!text.ok()) return text.status();
  try {
    const YAML::Node root = YAML::Load(*text);
    if (root.IsNull()) return Contexts{};
    return ContextsReader(path).Read(root);
  } catch (const ContextsFault& fault) {
    return absl::InvalidArgumentError(fault.what());
  } catch (const YAML::Exception& problem) {
    return absl::InvalidArgumentError(fmt::format("{}:{}: {}", path, problem.mark.line + 1, problem.msg));
  }
}

}  // namespace holter::cli
