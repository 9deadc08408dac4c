// Who is who, and who may do what: what an access file says, as it was read once.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/credentials.h"
#include "access/role.h"

namespace holter::access {

// Stands for every tenant.
inline constexpr std::string_view kEveryTenant = "*";

// Filled by the reader of the file, read-only from then on; readers may be many threads.
class AccessPolicy {
 public:
  // Each false: the same credential stands for an identity already.
  bool AddToken(const TokenDigest& digest, const std::string& identity);
  bool AddUri(const std::string& uri, const std::string& identity);
  bool AddDnsName(const std::string& name, const std::string& identity);
  bool AddCommonName(const std::string& name, const std::string& identity);
  // `tenant` may be kEveryTenant.
  void Grant(const std::string& identity, const std::string& tenant, Role role);

  // The identity's name, or empty. A token is judged alone, whatever the certificate says; without one, the
  // certificate's URIs, then its DNS names, then its common name.
  std::string_view Identify(const Credentials& credentials) const;

  // The higher of what is granted for `tenant` and for every tenant. A tenant that cannot be ("", "-") has the latter.
  Role RoleOf(std::string_view identity, std::string_view tenant) const;
  // The highest of any tenant.
  Role HighestRole(std::string_view identity) const;

 private:
  using Names = std::map<std::string, std::string, std::less<>>;

  std::vector<std::pair<TokenDigest, std::string>> tokens_;
  Names uris_;
  Names dns_names_;
  Names common_names_;
  // By identity, then tenant.
  std::map<std::string, std::map<std::string, Role, std::less<>>, std::less<>> grants_;
};

}  // namespace holter::access
