// Templates of JSON texts.
#include <boost/json/serialize.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "core/json_scan.h"
#include "core/template_program.h"

namespace holter::core {
namespace {

using PartKind = TemplatePart::Kind;

void EscapeLiteral(std::string_view text, std::string& out) {
  const std::string quoted = boost::json::serialize(boost::json::string_view(text.data(), text.size()));
  out.append(quoted, 1, quoted.size() - 2);
}

// Writes JSON compactly as it is read, strings by the rules of FromJson.
class JsonTemplateSink final : public JsonSink {
 public:
  explicit JsonTemplateSink(const TemplateContext& context) : builder_(context) {}

  void OnObjectBegin() override { Open('{', true); }
  void OnObjectEnd() override { Close('}'); }
  void OnArrayBegin() override { Open('[', false); }
  void OnArrayEnd() override { Close(']'); }

  void OnKey(std::string_view key) override { key_ = key; }
  void OnString(std::string_view text) override;
  void OnNumber(std::string_view token) override { Raw(token); }
  void OnWord(std::string_view word) override { Raw(word); }

  const absl::Status& status() const { return status_; }
  TemplateBuilder& builder() { return builder_; }

 private:
  struct Level {
    bool is_object = false;
    bool written = false;   // something stands in it for sure
    bool optional = false;  // something may stand in it
  };

  // The comma and the name.
  void BeginValue() {
    if (levels_.empty()) return;
    const Level& level = levels_.back();
    if (level.written) {
      builder_.Literal(",");
    } else if (level.optional) {
      builder_.Comma();
    }
    if (!level.is_object) return;
    Quoted(key_);
    builder_.Literal(":");
  }

  void EndValue(bool for_sure = true) {
    if (levels_.empty()) return;
    levels_.back().written = levels_.back().written || for_sure;
    levels_.back().optional = true;
  }

  void Raw(std::string_view token) {
    BeginValue();
    builder_.Literal(token);
    EndValue();
  }

  void Open(char bracket, bool is_object) {
    Raw(std::string_view(&bracket, 1));
    levels_.push_back({.is_object = is_object});
  }

  void Close(char bracket) {
    levels_.pop_back();
    builder_.Literal(std::string_view(&bracket, 1));
  }

  void Quoted(std::string_view text) {
    builder_.Literal("\"");
    status_.Update(builder_.Text(text, PartKind::kEscaped, EscapeLiteral));
    builder_.Literal("\"");
  }

  void Optional(TemplateSource source) {
    if (levels_.empty() || !levels_.back().is_object) {
      status_.Update(absl::InvalidArgumentError("\"${name?}\" has to be the whole value of a JSON member"));
      return;
    }
    builder_.BeginMember(source);
    BeginValue();
    builder_.Take(std::move(source), PartKind::kToken);
    builder_.EndMember();
    EndValue(/*for_sure=*/false);
  }

  TemplateBuilder builder_;
  absl::Status status_;
  std::string key_;
  std::vector<Level> levels_;
};

void JsonTemplateSink::OnString(std::string_view text) {
  if (!text.starts_with("${") || ReferenceSize(text) != text.size()) {
    BeginValue();
    Quoted(text);
    EndValue();
    return;
  }
  absl::StatusOr<TemplateSource> source = builder_.Reference(text);
  if (!source.ok()) {
    status_.Update(source.status());
  } else if (source->optional) {
    Optional(*std::move(source));
  } else {
    BeginValue();
    builder_.Take(*std::move(source), PartKind::kToken);
    EndValue();
  }
}

}  // namespace

absl::StatusOr<MessageTemplate> MessageTemplate::FromJson(std::string_view json, const TemplateContext& context) {
  JsonTemplateSink sink(context);
  if (absl::Status status = ScanJson(json, sink); !status.ok()) return status;
  if (!sink.status().ok()) return sink.status();
  return sink.builder().Finish(FrameKind::kText);
}

}  // namespace holter::core
