// What templates take their values from, in short.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/message_template.h"

namespace holter::testing {

inline constexpr std::string_view kUuidText = "00112233-4455-6677-8899-aabbccddeeff";

inline core::BeatVariables SevenVariables() {
  core::BeatVariables values;
  values.seq = 7;
  values.unix_ns = 1700000000123456789;
  for (size_t i = 0; i < values.uuid.size(); ++i) values.uuid[i] = static_cast<uint8_t>(i * 17);
  values.hex_id = 0xabc;
  return values;
}

// A scope with values, in which a message is answered. `token`, `text` and `login` have none until a test gives them.
class TemplateFixture : public ::testing::Test {
 protected:
  TemplateFixture() {
    for (const std::string_view name : {"token", "text", "none"}) Add(name, core::Origin::kCapture);
    Add("login", core::Origin::kParameter);
    Add("secret:a/b", core::Origin::kSecret);
    values_ = core::ValueStore(scope_.size());
  }

  void Add(std::string_view name, core::Origin origin) { EXPECT_TRUE(scope_.Add(name, origin).ok()) << name; }
  void Set(std::string_view name, core::Value::Kind kind, std::string_view text) {
    values_.Set(*scope_.Find(name), kind, text);
  }
  void SetToken(std::string_view text) { Set("token", core::Value::Kind::kToken, text); }
  void SetText(std::string_view text) { Set("text", core::Value::Kind::kText, text); }

  core::TemplateContext InAnswer() const { return {.scope = &scope_, .answers = true}; }
  core::TemplateContext InBeat() const { return {.scope = &scope_}; }

  // What is sent, or the error.
  std::string Expand(const absl::StatusOr<core::MessageTemplate>& compiled) const {
    if (!compiled.ok()) return "error: " + std::string(compiled.status().message());
    const core::BeatVariables variables = SevenVariables();
    const core::InboundMessage question(core::InboundKind::kText, question_);
    std::string out = "before ";
    compiled->Expand({.variables = &variables, .values = &values_, .question = &question}, out);
    EXPECT_TRUE(out.starts_with("before ")) << out;
    out.erase(0, 7);
    EXPECT_LE(out.size(), compiled->MaxSize());
    return out;
  }
  std::string Text(std::string_view text) const { return Expand(core::MessageTemplate::FromText(text, InAnswer())); }
  std::string Json(std::string_view json) const { return Expand(core::MessageTemplate::FromJson(json, InAnswer())); }
  std::string Bytes(std::string_view text) const { return Expand(core::MessageTemplate::FromBytes(text, InAnswer())); }

  core::Scope scope_;
  core::ValueStore values_;
  std::string question_;
};

}  // namespace holter::testing
