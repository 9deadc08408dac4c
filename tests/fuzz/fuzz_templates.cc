// Messages to send and durations as they are declared, with a question and values from the peer. Nothing crashes, what
// is written keeps its bounds, and JSON stays JSON whatever is inserted.
//
// The first byte says what is declared, then comes the declaration, and behind the first zero byte what the peer said.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "core/duration_expression.h"
#include "core/json_tape.h"
#include "core/message_template.h"

namespace {

using namespace holter::core;
using holter::Random;

constexpr size_t kDeepest = 60;  // less than what a JsonTape reads

void Require(bool held) {
  if (!held) std::abort();
}

const Scope& TheScope() {
  static const Scope* const scope = [] {
    auto* const made = new Scope;
    Require(made->Add("token", Origin::kCapture).ok() && made->Add("text", Origin::kCapture).ok() &&
            made->Add("none", Origin::kCapture).ok() && made->Add("p", Origin::kParameter).ok() &&
            made->Add("every", Origin::kCapture, std::chrono::milliseconds(1)).ok() &&
            made->Add("secret:a/b", Origin::kSecret).ok() && made->Add("sign", Origin::kSignature).ok());
    return made;
  }();
  return *scope;
}

ValueStore ValuesOf(std::string_view said) {
  ValueStore values(TheScope().size());
  values.Set(*TheScope().Find("token"), Value::Kind::kToken, "18446744073709551617");
  for (const std::string_view name : {"text", "p", "every", "secret:a/b", "sign"}) {
    values.Set(*TheScope().Find(name), Value::Kind::kText, said);
  }
  return values;
}

std::string Expand(const MessageTemplate& compiled, std::string_view said) {
  Random random(1);
  const BeatVariables variables = DrawVariables(7, {}, true, random);
  const ValueStore values = ValuesOf(said);
  const InboundMessage question(InboundKind::kText, said);
  std::string out = "{";
  compiled.Expand({.variables = &variables, .values = &values, .question = &question}, out);
  Require(out.front() == '{' && out.size() - 1 <= compiled.MaxSize());
  // The bound holds without values, too.
  std::string bare;
  compiled.Expand({.variables = &variables}, bare);
  Require(bare.size() <= compiled.MaxSize());
  Require(compiled.MayBreakUtf8() || holter::FindInvalidUtf8(out) == std::string::npos);
  return out.substr(1);
}

void FuzzTemplate(const absl::StatusOr<MessageTemplate>& compiled, std::string_view said) {
  if (compiled.ok()) Expand(*compiled, said);
}

size_t CountBrackets(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '[') + std::count(text.begin(), text.end(), '{'));
}

void FuzzJson(std::string_view declared, std::string_view said, const TemplateContext& context) {
  const auto compiled = MessageTemplate::FromJson(declared, context);
  if (!compiled.ok()) return;
  Require(*compiled == *MessageTemplate::FromJson(declared, context));
  const std::string out = Expand(*compiled, said);
  // A value may be deep itself, and a default may be written with escapes.
  const bool may_be_deep =
      CountBrackets(declared) + CountBrackets(said) > kDeepest || declared.find('\\') != declared.npos;
  Require(may_be_deep || JsonTape().Read(out));
}

void FuzzEcho(std::string_view declared, std::string_view said) {
  const size_t line = std::min(declared.find('\n'), declared.size());
  FuzzTemplate(MessageTemplate::Echo(declared.substr(0, line), declared.substr(std::min(line + 1, declared.size()))),
               said);
}

void FuzzExpression(std::string_view declared, std::string_view said) {
  const DurationExpression::Bounds bounds{
      .least = std::chrono::milliseconds(50), .most = std::chrono::hours(1), .may_use_interval = true};
  const auto expression = DurationExpression::Parse(declared, TheScope(), bounds);
  if (!expression.ok()) return;
  Require(*expression == *DurationExpression::Parse(declared, TheScope(), bounds));
  Random random(1);
  for (const holter::Duration interval : {holter::Duration::zero(), holter::Duration::max()}) {
    for (const ValueStore& values : {ValuesOf(said), ValueStore()}) {
      const auto value = expression->Evaluate(values, interval, random);
      Require(!value || (*value >= bounds.least && *value <= bounds.most));
      Require(!expression->constant() || value == expression->constant());
      Require(value || expression->UsesVariables());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t zero = std::min(text.find('\0'), text.size());
  const std::string_view declared = text.substr(0, zero);
  const std::string_view said = text.substr(std::min(zero + 1, text.size()));
  const TemplateContext context{.scope = &TheScope(), .answers = true, .signs = true};
  switch (data[0] % 5) {
    case 0:
      FuzzTemplate(MessageTemplate::FromText(declared, context), said);
      break;
    case 1:
      FuzzJson(declared, said, context);
      break;
    case 2:
      FuzzTemplate(MessageTemplate::FromBytes(declared, context), said);
      break;
    case 3:
      FuzzEcho(declared, said);
      break;
    default:
      FuzzExpression(declared, said);
      break;
  }
  return 0;
}
