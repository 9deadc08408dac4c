#include "app/policy_file.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "access/file_text.h"
#include "access/strict_yaml.h"
#include "base/error.h"
#include "base/session_name.h"

namespace holter::app {
namespace {

using transport::AllowRule;
using transport::EgressMode;
using transport::EgressRules;
using transport::Network;

// What one `egress` section says; what it does not say is that of everybody.
struct EgressSection {
  std::optional<EgressMode> mode;
  std::optional<bool> allow_public;
  std::vector<Network> deny;
  std::vector<AllowRule> allow;
};

EgressRules Merge(EgressSection own, const EgressSection& everyone) {
  EgressRules rules;
  rules.mode = own.mode.value_or(everyone.mode.value_or(rules.mode));
  rules.allow_public = own.allow_public.value_or(everyone.allow_public.value_or(rules.allow_public));
  rules.deny = std::move(own.deny);
  rules.deny.insert(rules.deny.end(), everyone.deny.begin(), everyone.deny.end());
  rules.allow = std::move(own.allow);
  rules.allow.insert(rules.allow.end(), everyone.allow.begin(), everyone.allow.end());
  return rules;
}

// What one `quotas` section says: a number, kUnlimited, or nothing.
struct QuotaSection {
  std::optional<double> sessions;
  std::optional<double> creates_per_second;
  std::optional<double> watches;
};
constexpr double kUnlimited = -1;
constexpr double kLargestLimit = 1e12;

template <class Number>
std::optional<Number> Limit(const std::optional<double>& own, const std::optional<double>& everyone) {
  const double value = own.value_or(everyone.value_or(kUnlimited));
  return value == kUnlimited ? std::nullopt : std::optional(static_cast<Number>(value));
}

registry::TenantLimits Merge(const QuotaSection& own, const QuotaSection& everyone) {
  return {.sessions = Limit<int64_t>(own.sessions, everyone.sessions),
          .creates_per_second = Limit<double>(own.creates_per_second, everyone.creates_per_second),
          .watches = Limit<int64_t>(own.watches, everyone.watches)};
}

// What is said of one tenant.
struct TenantSection {
  EgressSection egress;
  QuotaSection quotas;
};

// The same file may be the access file (--access-file), whose reader looks at these sections.
void LeaveToOthers(const YAML::Node& /*node*/, const std::string& /*path*/) {}

// One reading of one file.
class PolicyFileReader {
 public:
  explicit PolicyFileReader(const std::string& path)
      : path_(path), yaml_(std::filesystem::path(path).filename().string()) {}

  absl::StatusOr<PolicyFile> Read();

 private:
  void ReadRoot(const YAML::Node& root);
  void ReadTenant(const std::string& tenant, const YAML::Node& node, const std::string& path);
  QuotaSection ReadQuotas(const YAML::Node& node, const std::string& path);
  std::optional<double> ReadLimit(const YAML::Node& node, const std::string& path, bool is_whole);
  EgressSection ReadEgress(const YAML::Node& node, const std::string& path);
  void ReadAllow(const YAML::Node& node, const std::string& path, EgressSection& out);
  void ReadRule(const YAML::Node& node, const std::string& path, EgressSection& out);

  // Complains unless `parsed` is well; what it holds goes to `take`.
  template <class Value, class Take>
  void Accept(const YAML::Node& node, const std::string& path, const absl::StatusOr<Value>& parsed, Take&& take) {
    if (parsed.ok()) {
      take(*parsed);
    } else {
      yaml_.Complain(node, path, {parsed.status().message().data(), parsed.status().message().size()});
    }
  }

  const std::string path_;
  access::StrictYaml yaml_;
  TenantSection everyone_;
  std::optional<double> sessions_per_host_;
  std::vector<std::pair<std::string, TenantSection>> tenants_;
};

absl::Status PolicyFileInvalid(const std::string& path, const std::string& what) {
  return MakeError(absl::StatusCode::kInvalidArgument, "POLICY_FILE_INVALID", what, {{"file", path}});
}

absl::StatusOr<PolicyFile> PolicyFileReader::Read() {
  const absl::StatusOr<std::string> text = access::ReadFileText(path_);
  if (!text.ok()) return PolicyFileInvalid(path_, std::string(text.status().message()));
  try {
    ReadRoot(YAML::Load(*text));
  } catch (const YAML::Exception& error) {
    return PolicyFileInvalid(path_, fmt::format("{}:{}: {}", path_, error.mark.line + 1, error.msg));
  }
  if (!yaml_.complaints().empty()) return PolicyFileInvalid(path_, absl::StrJoin(yaml_.complaints(), "\n"));
  PolicyFile read;
  for (auto& [tenant, own] : tenants_) {
    read.quotas.tenants[tenant] = Merge(own.quotas, everyone_.quotas);
    read.egress.tenants[tenant] = Merge(std::move(own.egress), everyone_.egress);
  }
  read.quotas.everyone = Merge(everyone_.quotas, {});
  read.quotas.sessions_per_host = Limit<int64_t>(sessions_per_host_, {});
  read.egress.everyone = Merge(std::move(everyone_.egress), {});
  return read;
}

void PolicyFileReader::ReadRoot(const YAML::Node& root) {
  yaml_.ReadKeys(
      root, "",
      {{"identities", LeaveToOthers},
       {"egress", [&](const YAML::Node& node, const std::string& at) { everyone_.egress = ReadEgress(node, at); }},
       {"quotas", [&](const YAML::Node& node, const std::string& at) { everyone_.quotas = ReadQuotas(node, at); }},
       {"hosts",
        [&](const YAML::Node& node, const std::string& at) {
          yaml_.ReadKeys(node, at, {{"sessions", [&](const YAML::Node& number, const std::string& below) {
                                       sessions_per_host_ = ReadLimit(number, below, true);
                                     }}});
        }},
       {"tenants", [&](const YAML::Node& node, const std::string& at) {
          yaml_.ReadEntries(node, at, [&](const std::string& tenant, const YAML::Node& own, const std::string& below) {
            ReadTenant(tenant, own, below);
          });
        }}});
}

void PolicyFileReader::ReadTenant(const std::string& tenant, const YAML::Node& node, const std::string& path) {
  // What every tenant may do is a matter of access; what every tenant may reach stands at the top.
  if (tenant == "*") return yaml_.ReadKeys(node, path, {{"grants", LeaveToOthers}});
  if (!IsResourceId(tenant)) yaml_.Complain(node, path, "expected the id of a tenant");
  TenantSection own;
  yaml_.ReadKeys(
      node, path,
      {{"grants", LeaveToOthers},
       {"egress", [&](const YAML::Node& section, const std::string& at) { own.egress = ReadEgress(section, at); }},
       {"quotas", [&](const YAML::Node& section, const std::string& at) { own.quotas = ReadQuotas(section, at); }}});
  tenants_.emplace_back(tenant, std::move(own));
}

QuotaSection PolicyFileReader::ReadQuotas(const YAML::Node& node, const std::string& path) {
  QuotaSection out;
  const auto into = [this](std::optional<double>& to, bool is_whole) {
    return [this, &to, is_whole](const YAML::Node& number, const std::string& at) {
      to = ReadLimit(number, at, is_whole);
    };
  };
  yaml_.ReadKeys(node, path,
                 {{"sessions", into(out.sessions, true)},
                  {"creates_per_second", into(out.creates_per_second, false)},
                  {"watches", into(out.watches, true)}});
  return out;
}

std::optional<double> PolicyFileReader::ReadLimit(const YAML::Node& node, const std::string& path, bool is_whole) {
  const std::string text = yaml_.ReadText(node, path);
  if (text.empty()) return std::nullopt;
  if (text == "unlimited") return kUnlimited;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const bool is_number = error == std::errc() && rest == end && number >= 0 && number <= kLargestLimit;
  if (is_number && (is_whole ? number == std::floor(number) : number > 0)) return number;
  yaml_.Complain(node, path,
                 fmt::format("expected {} or unlimited", is_whole ? "a whole number from 0" : "a number above 0"));
  return std::nullopt;
}

EgressSection PolicyFileReader::ReadEgress(const YAML::Node& node, const std::string& path) {
  EgressSection out;
  const auto word = [this](const YAML::Node& text, const std::string& at, auto& to, const auto& words) {
    const std::string read = yaml_.ReadText(text, at);
    std::vector<std::string> known;
    for (const auto& [name, value] : words) {
      known.emplace_back(name);
      if (read == name) to = value;
    }
    if (!read.empty() && !to) yaml_.Complain(text, at, fmt::format("expected {}", absl::StrJoin(known, ", ")));
  };
  const std::pair<const char*, EgressMode> modes[] = {
      {"enforce", EgressMode::kEnforce}, {"report", EgressMode::kReport}, {"off", EgressMode::kOff}};
  const std::pair<const char*, bool> verdicts[] = {{"allow", true}, {"deny", false}};
  yaml_.ReadKeys(
      node, path,
      {{"mode", [&](const YAML::Node& text, const std::string& at) { word(text, at, out.mode, modes); }},
       {"public", [&](const YAML::Node& text, const std::string& at) { word(text, at, out.allow_public, verdicts); }},
       {"deny",
        [&](const YAML::Node& list, const std::string& at) {
          yaml_.ReadItems(list, at, [&](const YAML::Node& text, const std::string& below) {
            Accept(text, below, transport::ParseNetwork(yaml_.ReadText(text, below)),
                   [&](const Network& network) { out.deny.push_back(network); });
          });
        }},
       {"allow", [&](const YAML::Node& list, const std::string& at) {
          yaml_.ReadItems(list, at,
                          [&](const YAML::Node& rule, const std::string& below) { ReadRule(rule, below, out); });
        }}});
  return out;
}

void PolicyFileReader::ReadRule(const YAML::Node& node, const std::string& path, EgressSection& out) {
  AllowRule rule;
  yaml_.ReadKeys(node, path,
                 {{"network",
                   [&](const YAML::Node& text, const std::string& at) {
                     Accept(text, at, transport::ParseNetwork(yaml_.ReadText(text, at)),
                            [&](const Network& network) { rule.network = network; });
                   }},
                  {"host",
                   [&](const YAML::Node& text, const std::string& at) {
                     Accept(text, at, transport::ParseHostRule(yaml_.ReadText(text, at)),
                            [&](const std::string& host) { rule.host = host; });
                   }},
                  {"ports", [&](const YAML::Node& list, const std::string& at) {
                     yaml_.ReadItems(list, at, [&](const YAML::Node& text, const std::string& below) {
                       Accept(text, below, transport::ParsePorts(yaml_.ReadText(text, below)),
                              [&](const auto& ports) { rule.ports.push_back(ports); });
                     });
                   }}});
  if (!node.IsMap()) return;  // said by ReadKeys
  if (node.size() == 0) yaml_.Complain(node, path, "expected one of network, host, ports");
  if (const YAML::Node ports = node["ports"]; ports && ports.size() == 0) {
    yaml_.Complain(node, path + ".ports", "expected a port at least");
  }
  out.allow.push_back(std::move(rule));
}

}  // namespace

absl::StatusOr<PolicyFile> ReadPolicyFile(const std::string& path) { return PolicyFileReader(path).Read(); }

}  // namespace holter::app
