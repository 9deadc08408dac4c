// What every method of the API asks of its caller: one line a method, and a test that none is missing.
#pragma once

#include <google/protobuf/message.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/role.h"

namespace holter::rpc {

// A method that has no rule is open to nobody once there is an access file.
struct MethodRule {
  std::string_view method;  // "GetSession"
  access::Role role;        // for the tenant of each name
  // Paths of the request's fields that name tenants or sessions, "requests.parent"; of a repeated field every element.
  // With a "?" at the end the field may be empty and says nothing then. Nothing of this begins with a tenant: the role
  // is needed for every tenant.
  std::vector<std::string_view> names;
  // Concerns no tenant: the role for any of them is enough.
  bool anywhere = false;

  // Is told to the audit log also when it was allowed.
  bool changes() const { return role >= access::Role::kEditor; }
};

std::span<const MethodRule> MethodRules();
const MethodRule* FindMethodRule(std::string_view method);

// What stands in the fields of `rule`, in order.
std::vector<std::string> NamesIn(const google::protobuf::Message& request, const MethodRule& rule);

// "a" of "tenants/a", of "tenants/a/sessions/b" and of "tenants/a/sessions/-". Empty for what is neither, "tenants/-"
// included: those who may see it may see every tenant.
std::string TenantOf(std::string_view name);

}  // namespace holter::rpc
