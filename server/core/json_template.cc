// Templates of JSON messages.
#include <utility>
#include <vector>

#include "core/json_scan.h"
#include "core/message_template.h"
#include "core/template_program.h"

namespace holter::core {
namespace {

using Kind = TemplatePart::Kind;

// The reference that is all of a string: "${name}" gives "name".
std::optional<std::string_view> WholeReference(std::string_view text) {
  if (!text.starts_with("${") || text.find('}') != text.size() - 1) return std::nullopt;
  return text.substr(2, text.size() - 3);
}

// Writes JSON compactly as it is read, strings by the rules of FromJson.
class JsonTemplateSink final : public JsonSink {
 public:
  explicit JsonTemplateSink(const TemplateContext& context) : context_(context) {}

  void OnObjectBegin() override { Open('{'); }
  void OnObjectEnd() override { Close('}'); }
  void OnArrayBegin() override { Open('['); }
  void OnArrayEnd() override { Close(']'); }
  void OnKey(std::string_view key) override { key_ = std::string(key); }

  void OnString(std::string_view text) override {
    const std::optional<std::string_view> whole = WholeReference(text);
    if (!whole) {
      Begin();
      return Quoted(text);
    }
    const bool may_be_left_out = whole->ends_with('?');
    auto reference = TemplateReference::Parse(may_be_left_out ? whole->substr(0, whole->size() - 1) : *whole, context_);
    if (!reference.ok()) {
      status_.Update(reference.status());
    } else if (may_be_left_out && key_) {
      Optional(*std::move(reference));
    } else if (may_be_left_out) {
      status_.Update(absl::InvalidArgumentError("expected \"${name?}\" as the value of a member only"));
    } else {
      Begin();
      program_.Reference(Kind::kToken, *std::move(reference));
    }
  }

  void OnNumber(std::string_view token) override { Raw(token); }
  void OnWord(std::string_view word) override { Raw(word); }

  const absl::Status& status() const { return status_; }
  TemplateProgram Take() { return std::move(program_); }

 private:
  // An open object or array.
  struct Level {
    bool fresh = true;       // nothing stands in it yet
    bool uncertain = false;  // what stands in it may be left out
  };

  // What comes before a value: a comma and its key.
  void Begin() {
    if (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.uncertain) {
        TemplatePart comma;
        comma.kind = Kind::kComma;
        program_.Add(std::move(comma));
      } else if (!level.fresh) {
        program_.Literal(",");
      }
      level.fresh = false;
    }
    if (!key_) return;
    Quoted(*std::exchange(key_, std::nullopt));
    program_.Literal(":");
  }

  void Optional(TemplateReference reference) {
    levels_.back().uncertain = true;
    const size_t member = program_.parts.size();
    program_.Reference(Kind::kMember, reference);
    Begin();
    program_.Reference(Kind::kToken, std::move(reference));
    program_.parts[member].skip = program_.parts.size() - member - 1;
    // What follows must not join a literal that may be left out.
  }

  void Raw(std::string_view token) {
    Begin();
    program_.Literal(token);
  }

  void Open(char bracket) {
    Begin();
    program_.Literal(std::string_view(&bracket, 1));
    levels_.emplace_back();
  }

  void Close(char bracket) {
    program_.Literal(std::string_view(&bracket, 1));
    levels_.pop_back();
  }

  void Quoted(std::string_view text) {
    program_.Literal("\"");
    status_.Update(program_.Text(text, Kind::kEscaped, context_, AppendJsonEscaped));
    program_.Literal("\"");
  }

  const TemplateContext& context_;
  TemplateProgram program_;
  std::vector<Level> levels_;
  std::optional<std::string> key_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<MessageTemplate> MessageTemplate::FromJson(std::string_view json, const TemplateContext& context) {
  JsonTemplateSink sink(context);
  if (absl::Status status = ScanJson(json, sink); !status.ok()) return status;
  if (!sink.status().ok()) return sink.status();
  return MessageTemplate(FrameKind::kText, sink.Take());
}

}  // namespace holter::core
