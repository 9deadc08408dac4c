#include "observe/text_format.h"

namespace holter::observe {

void AppendLabelValue(std::string& out, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        out += c;
    }
  }
}

void AppendFamilyHeader(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out.append("# HELP ").append(name).append(" ").append(help);
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void AppendMillisecondsAsSeconds(std::string& out, long long milliseconds) {
  if (milliseconds < 0) {
    out += '-';
    milliseconds = -milliseconds;
  }
  AppendNumber(out, milliseconds / 1000);
  const auto rest = static_cast<int>(milliseconds % 1000);
  out += '.';
  out += static_cast<char>('0' + rest / 100);
  out += static_cast<char>('0' + rest / 10 % 10);
  out += static_cast<char>('0' + rest % 10);
}

}  // namespace holter::observe
