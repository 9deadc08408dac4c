#include "access/access_policy.h"

#include <algorithm>

namespace holter::access {

bool AccessPolicy::AddToken(const TokenDigest& digest, const std::string& identity) {
  const auto is_same = [&](const auto& entry) { return IsSameDigest(entry.first, digest); };
  if (std::any_of(tokens_.begin(), tokens_.end(), is_same)) return false;
  tokens_.emplace_back(digest, identity);
  return true;
}

bool AccessPolicy::AddUri(const std::string& uri, const std::string& identity) {
  return uris_.emplace(uri, identity).second;
}

bool AccessPolicy::AddDnsName(const std::string& name, const std::string& identity) {
  return dns_names_.emplace(name, identity).second;
}

bool AccessPolicy::AddCommonName(const std::string& name, const std::string& identity) {
  return common_names_.emplace(name, identity).second;
}

void AccessPolicy::Grant(const std::string& identity, const std::string& tenant, Role role) {
  Role& granted = grants_[identity][tenant];
  granted = std::max(granted, role);
}

std::string_view AccessPolicy::Identify(const Credentials& credentials) const {
  std::string_view identity;
  if (credentials.token) {
    for (const auto& [digest, name] : tokens_) {  // all of them: how long it takes tells nothing
      if (IsSameDigest(digest, *credentials.token)) identity = name;
    }
    return identity;
  }
  const auto look = [&](const Names& names, const std::string& shown) {
    const auto found = names.find(shown);
    if (identity.empty() && found != names.end()) identity = found->second;
  };
  for (const std::string& uri : credentials.uris) look(uris_, uri);
  for (const std::string& name : credentials.dns_names) look(dns_names_, name);
  look(common_names_, credentials.common_name);
  return identity;
}

Role AccessPolicy::RoleOf(std::string_view identity, std::string_view tenant) const {
  const auto grants = grants_.find(identity);
  if (grants == grants_.end()) return Role::kNone;
  Role role = Role::kNone;
  for (const std::string_view of : {tenant, kEveryTenant}) {
    const auto found = grants->second.find(of);
    if (found != grants->second.end()) role = std::max(role, found->second);
  }
  return role;
}

Role AccessPolicy::HighestRole(std::string_view identity) const {
  Role role = Role::kNone;
  if (const auto grants = grants_.find(identity); grants != grants_.end()) {
    for (const auto& [tenant, granted] : grants->second) role = std::max(role, granted);
  }
  return role;
}

}  // namespace holter::access
