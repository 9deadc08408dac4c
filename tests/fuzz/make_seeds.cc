// Writes what the fuzz targets start from: every preset's transcript as a script of fuzz_dialects, and its rules and
// its peer's words as inputs of the targets for parts of the language. `make_seeds FOLDER`; one folder for each target.
#include <fmt/format.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/dialect_script.h"
#include "tests/fuzz/spoken_preset.h"

namespace holter::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Bytes of fuzz_messages and fuzz_templates that say what the first part is.
enum class Rule : char { kPointer, kBytes, kProtobuf, kRegex };
enum class Template : char { kText, kJson, kBytes, kEcho, kExpression };

class Seeds {
 public:
  explicit Seeds(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void Write(std::string_view target, const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(folder_ / target);
    std::ofstream(folder_ / target / name, std::ios::binary) << bytes;
  }

 private:
  const std::filesystem::path folder_;
};

// Every message within, itself included.
void Walk(const Message& message, const std::function<void(const Message&)>& visit) {
  visit(message);
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const auto* reflection = message.GetReflection();
    if (!field->is_repeated()) Walk(reflection->GetMessage(message, field), visit);
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 0;
    for (int i = 0; i < count; ++i) Walk(reflection->GetRepeatedMessage(message, field, i), visit);
  }
}

// The texts of fields with this name, anywhere within.
std::vector<std::string> TextsOf(const Message& message, std::string_view name) {
  std::vector<std::string> texts;
  Walk(message, [&](const Message& inner) {
    const FieldDescriptor* field = inner.GetDescriptor()->FindFieldByName(std::string(name));
    if (field == nullptr || field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return;
    texts.push_back(inner.GetReflection()->GetString(inner, field));
  });
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  std::erase(texts, "");
  return texts;
}

std::string Bytes(std::initializer_list<size_t> bytes) {
  std::string text;
  for (const size_t byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

size_t Of(Step step) { return static_cast<size_t>(step); }

std::string ScriptOf(const SpokenPreset& preset, size_t index) {
  std::string script = Bytes({index, Of(Step::kOpen), Of(Step::kPong), 0});
  size_t line = 0;
  for (const v1::TranscriptLine& said : preset.preset().transcript()) {
    if (said.has_peer()) {
      script += Bytes({Of(Step::kLine), line++});
    } else if (said.peer_close() != 0) {
      const auto code = static_cast<size_t>(said.peer_close());
      script += Bytes({Of(Step::kClose), code >= 4000 ? 128 + code % 16 : 16 + code % 16});
    } else {
      script += Bytes({Of(Step::kFollow), 2, Of(Step::kPong), 0});
    }
  }
  return script;
}

// Every line again and again, and what we said in between; then each in turn with the one before.
std::string FloodOf(const SpokenPreset& preset, size_t index) {
  std::string script = ScriptOf(preset, index);
  for (size_t line = 0; line < preset.peer_lines(); ++line) {
    script += Bytes({Of(Step::kLine), line, Of(Step::kAgain), 100, Of(Step::kEcho), Of(Step::kFollow), 1});
  }
  for (size_t line = 1; line < preset.peer_lines(); ++line) {
    script += Bytes({Of(Step::kLine), line - 1, Of(Step::kLine), line, Of(Step::kAgain), 101});
  }
  return script;
}

std::vector<std::string> WordsOf(const SpokenPreset& preset) {
  Conversation peer(preset);
  std::vector<std::string> words;
  for (size_t line = 0; line < preset.peer_lines(); ++line) words.push_back(peer.Say(line).payload);
  return words;
}

void WriteRules(const Seeds& seeds, const SpokenPreset& preset, const std::vector<std::string>& words) {
  const auto write = [&](Rule kind, std::string_view field) {
    size_t number = 0;
    for (const std::string& rule : TextsOf(preset.preset().spec(), field)) {
      const std::string& word = words[number % words.size()];
      seeds.Write("fuzz_messages", fmt::format("{}-{}-{}", preset.preset().name(), field, number++),
                  static_cast<char>(kind) + rule + "\n" + word);
    }
  };
  if (words.empty()) return;
  write(Rule::kPointer, "pointer");
  write(Rule::kBytes, "bytes");
  write(Rule::kProtobuf, "path");
  write(Rule::kProtobuf, "protobuf");
  write(Rule::kRegex, "regex");
}

void WriteTemplates(const Seeds& seeds, const SpokenPreset& preset, const std::vector<std::string>& words) {
  const std::string said = words.empty() ? "" : words.back();
  size_t number = 0;
  const auto write = [&](Template kind, const std::string& declared) {
    if (declared.empty()) return;
    seeds.Write("fuzz_templates", fmt::format("{}-{}", preset.preset().name(), number++),
                static_cast<char>(kind) + declared + '\0' + said);
  };
  Walk(preset.preset(), [&](const Message& inner) {
    if (inner.GetDescriptor() != v1::MessageTemplate::descriptor()) return;
    const auto& message = static_cast<const v1::MessageTemplate&>(inner);
    std::string json;
    if (message.has_json()) (void)google::protobuf::util::MessageToJsonString(message.json(), &json);
    write(Template::kText, message.text());
    write(Template::kJson, json);
    write(Template::kBytes, message.bytes());
    if (message.has_echo()) write(Template::kEcho, message.echo().regex() + "\n" + message.echo().with());
  });
  for (const char* const field : {"interval", "timeout", "first_delay", "within", "degraded_after"}) {
    for (const std::string& text : TextsOf(preset.preset().spec(), field)) write(Template::kExpression, text);
  }
}

// As fuzz_decoder reads it: a letter for each step, then frames behind two bytes of length.
void WriteFrames(const Seeds& seeds, const SpokenPreset& preset, const std::vector<std::string>& words) {
  std::string script;
  for (const v1::DecodeStep& step : preset.preset().spec().decode()) {
    constexpr std::string_view packings = "?gzds";
    constexpr std::string_view lengths = "?124V";
    if (step.step_case() == v1::DecodeStep::kDecompress) script += packings[static_cast<size_t>(step.decompress())];
    if (step.split().by_case() == v1::Split::kLength) script += lengths[static_cast<size_t>(step.split().length())];
    if (step.split().by_case() == v1::Split::kDelimiter) script += 'n';
    if (step.split().by_case() == v1::Split::kRegex) script += 'r';
    if (step.split().by_case() == v1::Split::kJsonArray) script += 'j';
  }
  if (script.empty()) return;
  script += '\n';
  for (const std::string& word : words) {
    if (word.size() < 0x8000) script += Bytes({word.size() >> 8, word.size() & 0xFF}) + word;
  }
  seeds.Write("fuzz_decoder", preset.preset().name(), script);
}

}  // namespace
}  // namespace holter::fuzz

int main(int argc, char** argv) {
  using namespace holter::fuzz;
  if (argc != 2) return 2;
  std::filesystem::remove_all(argv[1]);
  const Seeds seeds(argv[1]);
  for (size_t index = 0; index < SpokenPreset::Count(); ++index) {
    const SpokenPreset& preset = SpokenPreset::At(index);
    const std::vector<std::string> words = WordsOf(preset);
    seeds.Write("fuzz_dialects", preset.preset().name(), ScriptOf(preset, index));
    seeds.Write("fuzz_dialects", preset.preset().name() + "-flood", FloodOf(preset, index));
    WriteRules(seeds, preset, words);
    WriteTemplates(seeds, preset, words);
    WriteFrames(seeds, preset, words);
  }
  return 0;
}
