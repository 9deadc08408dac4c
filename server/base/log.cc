#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/wall_time_text.h"

namespace holter {
namespace {

std::atomic<LogFormat> g_format{LogFormat::kText};

spdlog::logger& Logger() {
  // The pattern is the bare message: each format writes its own time and level.
  static const std::shared_ptr<spdlog::logger> kLogger = [] {
    auto made = std::make_shared<spdlog::logger>("holter", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *kLogger;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view LevelWord(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

std::string Timestamp() { return FormatWallTime(SystemClock().WallNow()); }

struct JsonValueWriter {
  std::string& out;
  void operator()(const std::string& value) const { AppendJsonString(value, out); }
  void operator()(long long value) const { out += fmt::format("{}", value); }
  void operator()(double value) const { out += fmt::format("{}", value); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
};

struct TextValueWriter {
  std::string& out;
  void operator()(const std::string& value) const {
    // A value that could be taken for more than one word is quoted; control characters never reach a terminal.
    const bool plain = !value.empty() && value.find_first_of(" \"=\\") == std::string::npos &&
                       std::all_of(value.begin(), value.end(), [](unsigned char c) { return c > 0x20 && c != 0x7f; });
    if (plain) {
      out += value;
    } else {
      AppendJsonString(value, out);
    }
  }
  void operator()(long long value) const { out += fmt::format("{}", value); }
  void operator()(double value) const { out += fmt::format("{}", value); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
};

std::string JsonLine(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","message":)", Timestamp(), LevelWord(level));
  AppendJsonString(message, line);
  for (const LogField& field : fields) {
    line += ',';
    AppendJsonString(field.key, line);
    line += ':';
    std::visit(JsonValueWriter{line}, field.value);
  }
  line += '}';
  return line;
}

std::string TextLine(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  std::string line = fmt::format("{} {:7} {}", Timestamp(), LevelWord(level), message);
  for (const LogField& field : fields) {
    line += fmt::format(" {}=", field.key);
    std::visit(TextValueWriter{line}, field.value);
  }
  return line;
}

}  // namespace

void ConfigureLog(LogFormat format, LogLevel least) {
  g_format = format;
  Logger().set_level(ToSpdlog(least));
}

void SetLogLevel(LogLevel least) { Logger().set_level(ToSpdlog(least)); }

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  spdlog::logger& logger = Logger();
  if (!logger.should_log(ToSpdlog(level))) {
    return;
  }
  const std::string line =
      g_format == LogFormat::kJson ? JsonLine(level, message, fields) : TextLine(level, message, fields);
  logger.log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace holter
