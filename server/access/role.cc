#include "access/role.h"

namespace holter::access {

std::string_view RoleWord(Role role) {
  switch (role) {
    case Role::kNone:
      return "none";
    case Role::kViewer:
      return "viewer";
    case Role::kEditor:
      return "editor";
    case Role::kAdmin:
      return "admin";
  }
  return "none";
}

std::optional<Role> ParseRole(std::string_view word) {
  for (const Role role : {Role::kViewer, Role::kEditor, Role::kAdmin}) {
    if (word == RoleWord(role)) return role;
  }
  return std::nullopt;
}

}  // namespace holter::access
