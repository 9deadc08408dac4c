// The log: one JSON object a line, or text for people. Lines go to standard error. Never a secret.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace holter {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// One named value of a line.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  template <typename Int>
  requires(std::is_integral_v<Int> && !std::is_same_v<Int, bool>) LogField(std::string_view k, Int v)
      : key(k), value(static_cast<long long>(v)) {}

  std::string_view key;
  std::variant<std::string, long long, double, bool> value;
};

// Call once, before the first thread starts. Until then: text, kInfo.
void ConfigureLog(LogFormat format, LogLevel least);

// From any thread, at any time.
void SetLogLevel(LogLevel least);

// `message` is a fixed sentence without variable parts; those are fields. Thread-safe; blocks for the write of one
// line.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace holter
