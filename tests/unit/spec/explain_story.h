// What `holter explain` tells of a spec.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spec/explain.h"
#include "spec/preset_merge.h"
#include "tests/unit/spec/spec_text.h"

namespace holter::spec {

// The story of a spec that has to be good, with a new line before each of its lines.
inline std::string Story(const std::string& text) {
  const v1::SessionSpec spec = SpecOf(text);
  EXPECT_THAT(ComplaintsAbout(spec), ::testing::IsEmpty()) << text;
  std::vector<FieldViolation> violations;
  const auto effective = Effective(spec, FieldPath("spec", violations));
  EXPECT_TRUE(effective.has_value()) << text;
  return effective ? fmt::format("\n{}\n", fmt::join(ExplainSpec(*effective), "\n")) : "";
}

// Its last line.
inline std::string Idle(const std::string& text) {
  const std::string story = Story(text);
  const size_t line = story.rfind('\n', story.size() - 2);
  return story.substr(line + 1, story.size() - line - 2);
}

}  // namespace holter::spec
