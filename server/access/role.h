// What an identity may do with the sessions of a tenant. Each role may do what the ones before it may.
#pragma once

#include <optional>
#include <string_view>

namespace holter::access {

enum class Role {
  kNone,
  kViewer,  // read and watch
  kEditor,  // declare, change, delete, steer
  kAdmin,   // what concerns a tenant as a whole
};

// "viewer"; "none" for kNone.
std::string_view RoleWord(Role role);
// Of the three that can be granted.
std::optional<Role> ParseRole(std::string_view word);

}  // namespace holter::access
