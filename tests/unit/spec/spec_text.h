// Specs as text, and what is said about them.
#pragma once

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"
#include "spec/convert.h"

namespace holter::spec {

// One secret.
class OneSecretSource final : public SecretSource {
 public:
  OneSecretSource(std::string reference, std::string content)
      : reference_(std::move(reference)), content_(std::move(content)) {}

  absl::StatusOr<Secret> Read(std::string_view reference) const override {
    if (reference != reference_) {
      return absl::NotFoundError("no such secret");
    }
    return Secret(content_);
  }

 private:
  const std::string reference_;
  const std::string content_;
};

// A message in protobuf's text format; the test fails when it does not parse.
template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// A spec in text format; with a good URL unless it names one.
inline v1::SessionSpec SpecOf(const std::string& text) {
  auto spec = FromText<v1::SessionSpec>(text);
  if (spec.url().empty()) {
    spec.set_url("ws://127.0.0.1:9001/");
  }
  return spec;
}

using Complaints = std::map<std::string, std::string>;

// Field to description; empty when the spec is good. Two complaints about one field are a failure.
inline Complaints ComplaintsAbout(const v1::SessionSpec& spec, const SecretSource* secrets = nullptr) {
  Complaints complaints;
  const absl::StatusOr<core::SessionSpec> compiled = Compile(spec, "session.spec", secrets);
  if (!compiled.ok()) {
    EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(DetailsOf(compiled.status()).reason, "INVALID_FIELD");
    for (const FieldViolation& violation : DetailsOf(compiled.status()).violations) {
      EXPECT_TRUE(complaints.emplace(violation.field, violation.description).second) << violation.field;
    }
  }
  return complaints;
}

inline Complaints ComplaintsAbout(const std::string& text, const SecretSource* secrets = nullptr) {
  return ComplaintsAbout(SpecOf(text), secrets);
}

// The compiled form of a spec that has to be good.
inline std::shared_ptr<const core::SharedSpec> Compiled(const std::string& text) {
  const absl::StatusOr<core::SessionSpec> compiled = Compile(SpecOf(text), "session.spec", nullptr);
  EXPECT_TRUE(compiled.ok()) << compiled.status() << text;
  return compiled.ok() ? compiled->shared : std::make_shared<core::SharedSpec>();
}

}  // namespace holter::spec
