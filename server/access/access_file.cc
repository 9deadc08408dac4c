#include "access/access_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "access/file_text.h"
#include "access/strict_yaml.h"
#include "base/error.h"
#include "base/session_name.h"

namespace holter::access {
namespace {

constexpr size_t kMostComplaints = 20;
// Shorter ones can be guessed; longer ones do not pass as metadata of a call.
constexpr size_t kShortestToken = 16;
constexpr size_t kLongestToken = 4096;

absl::Status AccessFileInvalid(const std::string& path, const std::string& what) {
  return MakeError(absl::StatusCode::kInvalidArgument, "ACCESS_FILE_INVALID", what, {{"file", path}});
}

// The same file may be the policy file (--policy-file), whose reader looks at these sections.
void LeaveToOthers(const YAML::Node& /*node*/, const std::string& /*path*/) {}

// One reading of one file.
class AccessFileReader {
 public:
  explicit AccessFileReader(const std::string& path)
      : path_(path), yaml_(std::filesystem::path(path).filename().string()) {
    read_.files.push_back(path);
  }

  absl::StatusOr<AccessFile> Read();

 private:
  void ReadRoot(const YAML::Node& root);
  void ReadIdentity(const YAML::Node& node, const std::string& path);
  void ReadToken(const YAML::Node& node, const std::string& path, const std::string& identity);
  void ReadTokenDigest(const YAML::Node& node, const std::string& path, const std::string& identity);
  void ReadTokenFile(const YAML::Node& node, const std::string& path, const std::string& identity);
  void ReadCertificate(const YAML::Node& node, const std::string& path, const std::string& identity);
  void ReadTenant(const std::string& tenant, const YAML::Node& node, const std::string& path);
  void ReadGrant(const std::string& identity, const std::string& tenant, const YAML::Node& node,
                 const std::string& path);
  void RequireOne(const YAML::Node& node, const std::string& path, std::string_view keys);

  const std::string path_;
  StrictYaml yaml_;
  AccessFile read_;
  std::set<std::string> identities_;
};

absl::StatusOr<AccessFile> AccessFileReader::Read() {
  const absl::StatusOr<std::string> text = ReadFileText(path_);
  if (!text.ok()) return AccessFileInvalid(path_, std::string(text.status().message()));
  try {
    ReadRoot(YAML::Load(*text));
  } catch (const YAML::Exception& error) {
    return AccessFileInvalid(path_, fmt::format("{}:{}: {}", path_, error.mark.line + 1, error.msg));
  }
  std::vector<std::string> lines = yaml_.complaints();
  if (lines.empty()) return std::move(read_);
  const size_t more = lines.size() - std::min(lines.size(), kMostComplaints);
  lines.resize(lines.size() - more);
  if (more > 0) lines.push_back(fmt::format("and {} more", more));
  return AccessFileInvalid(path_, absl::StrJoin(lines, "\n"));
}

void AccessFileReader::ReadRoot(const YAML::Node& root) {
  // Grants refer to identities, whichever comes first in the file.
  std::optional<YAML::Node> tenants;
  yaml_.ReadKeys(root, "",
                 {{"identities",
                   [this](const YAML::Node& node, const std::string& path) {
                     yaml_.ReadItems(node, path, [this](const YAML::Node& item, const std::string& below) {
                       ReadIdentity(item, below);
                     });
                   }},
                  {"tenants", [&](const YAML::Node& node, const std::string& /*path*/) { tenants.emplace(node); }},
                  {"egress", LeaveToOthers},
                  {"quotas", LeaveToOthers},
                  {"hosts", LeaveToOthers}});
  if (!tenants) return;
  yaml_.ReadEntries(*tenants, "tenants",
                    [this](const std::string& tenant, const YAML::Node& node, const std::string& path) {
                      ReadTenant(tenant, node, path);
                    });
}

void AccessFileReader::ReadIdentity(const YAML::Node& node, const std::string& path) {
  std::string name;
  std::vector<std::pair<YAML::Node, std::string>> tokens;
  std::vector<std::pair<YAML::Node, std::string>> certificates;
  const auto collect = [this](auto& into) {
    return [this, &into](const YAML::Node& list, const std::string& at) {
      yaml_.ReadItems(list, at,
                      [&](const YAML::Node& item, const std::string& below) { into.emplace_back(item, below); });
    };
  };
  yaml_.ReadKeys(node, path,
                 {{"name", [&](const YAML::Node& text, const std::string& at) { name = yaml_.ReadText(text, at); }},
                  {"tokens", collect(tokens)},
                  {"certificates", collect(certificates)}});
  if (!node.IsMap()) return;
  if (name.empty()) {
    yaml_.Complain(node, path, "an identity needs a name");
    return;
  }
  if (!identities_.insert(name).second) yaml_.Complain(node, path + ".name", "another identity has this name");
  for (const auto& [token, at] : tokens) ReadToken(token, at, name);
  for (const auto& [certificate, at] : certificates) ReadCertificate(certificate, at, name);
}

void AccessFileReader::RequireOne(const YAML::Node& node, const std::string& path, std::string_view keys) {
  if (node.IsMap() && node.size() != 1) yaml_.Complain(node, path, fmt::format("expected one of {}", keys));
}

void AccessFileReader::ReadToken(const YAML::Node& node, const std::string& path, const std::string& identity) {
  RequireOne(node, path, "sha256, file");
  yaml_.ReadKeys(
      node, path,
      {{"sha256", [&](const YAML::Node& text, const std::string& at) { ReadTokenDigest(text, at, identity); }},
       {"file", [&](const YAML::Node& text, const std::string& at) { ReadTokenFile(text, at, identity); }}});
}

void AccessFileReader::ReadTokenDigest(const YAML::Node& node, const std::string& path, const std::string& identity) {
  // Somebody may have put the token itself here, so what came is not repeated.
  const std::optional<TokenDigest> digest = ParseTokenDigest(node.IsScalar() ? node.Scalar() : "");
  if (!digest) {
    yaml_.Complain(node, path, "expected 64 hex digits, the SHA-256 of a token");
  } else if (!read_.policy.AddToken(*digest, identity)) {
    yaml_.Complain(node, path, "this token is there twice");
  }
}

void AccessFileReader::ReadTokenFile(const YAML::Node& node, const std::string& path, const std::string& identity) {
  const std::string name = yaml_.ReadText(node, path);
  if (name.empty()) return;
  const std::string file = (std::filesystem::path(path_).parent_path() / name).string();
  read_.files.push_back(file);
  const absl::StatusOr<std::string> text = ReadFileText(file);
  if (!text.ok()) {
    yaml_.Complain(node, path, {text.status().message().data(), text.status().message().size()});
    return;
  }
  const absl::string_view token = absl::StripAsciiWhitespace(*text);
  const bool is_plain = std::all_of(token.begin(), token.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!is_plain || token.size() < kShortestToken || token.size() > kLongestToken) {
    yaml_.Complain(node, path,
                   fmt::format("expected a file with one token of {} to {} visible ASCII characters", kShortestToken,
                               kLongestToken));
  } else if (!read_.policy.AddToken(DigestToken({token.data(), token.size()}), identity)) {
    yaml_.Complain(node, path, "this token is there twice");
  }
}

void AccessFileReader::ReadCertificate(const YAML::Node& node, const std::string& path, const std::string& identity) {
  RequireOne(node, path, "uri, dns, cn");
  using Adder = bool (AccessPolicy::*)(const std::string&, const std::string&);
  const auto with = [&](Adder add) {
    return [this, add, &identity](const YAML::Node& text, const std::string& at) {
      const std::string name = yaml_.ReadText(text, at);
      if (!name.empty() && !(read_.policy.*add)(name, identity)) yaml_.Complain(text, at, "this name is there twice");
    };
  };
  yaml_.ReadKeys(node, path,
                 {{"uri", with(&AccessPolicy::AddUri)},
                  {"dns", with(&AccessPolicy::AddDnsName)},
                  {"cn", with(&AccessPolicy::AddCommonName)}});
}

void AccessFileReader::ReadTenant(const std::string& tenant, const YAML::Node& node, const std::string& path) {
  if (tenant != kEveryTenant && !IsResourceId(tenant)) {
    yaml_.Complain(node, path, "expected \"*\" or the id of a tenant");
  }
  yaml_.ReadKeys(node, path,
                 {{"grants",
                   [&](const YAML::Node& grants, const std::string& at) {
                     yaml_.ReadEntries(grants, at,
                                       [&](const std::string& identity, const YAML::Node& role,
                                           const std::string& below) { ReadGrant(identity, tenant, role, below); });
                   }},
                  {"egress", LeaveToOthers},
                  {"quotas", LeaveToOthers}});
}

void AccessFileReader::ReadGrant(const std::string& identity, const std::string& tenant, const YAML::Node& node,
                                 const std::string& path) {
  const std::optional<Role> role = ParseRole(node.IsScalar() ? node.Scalar() : "");
  if (!role) {
    yaml_.Complain(node, path, "expected viewer, editor or admin");
  } else if (!identities_.contains(identity)) {
    yaml_.Complain(node, path, "no identity has this name");
  } else {
    read_.policy.Grant(identity, tenant, *role);
  }
}

}  // namespace

absl::StatusOr<AccessFile> ReadAccessFile(const std::string& path) { return AccessFileReader(path).Read(); }

}  // namespace holter::access
