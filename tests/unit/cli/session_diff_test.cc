#include "client/cli/session_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holter::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Difference(const v1::Session& before, const v1::Session& after) {
  std::vector<std::string> lines;
  for (const FieldChange& change : DiffDeclarations(before, after)) lines.push_back(DiffLine(change, false));
  return lines;
}

// A map has no order, and protobuf gives each its own.
TEST(SessionDiffTest, MapsAreComparedByKey) {
  for (int i = 0; i < 50; ++i) {
    v1::Session before;
    v1::Session after;
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
      (*before.mutable_spec()->mutable_parameters())[name] = "1";
    }
    for (const char* name : {"f", "e", "d", "c", "b", "a"}) {
      (*after.mutable_spec()->mutable_parameters())[name] = "1";
    }
    ASSERT_THAT(Difference(before, after), IsEmpty());
    (*after.mutable_spec()->mutable_parameters())["c"] = "2";
    ASSERT_THAT(Difference(before, after), ElementsAre("  ~ spec.parameters.c: 1 → 2"));
  }
}

TEST(SessionDiffTest, EveryKindOfValueIsSaid) {
  v1::Session before;
  v1::Check& check = *before.mutable_spec()->add_watchdogs()->add_check();
  check.set_step(1);
  v1::Session after = before;
  after.mutable_spec()->mutable_watchdogs(0)->mutable_check(0)->set_step(2);
  after.mutable_spec()->mutable_reconnect()->set_factor(1.5);
  EXPECT_THAT(Difference(before, after),
              ElementsAre("  ~ spec.watchdogs[0].check[0].step: 1 → 2", "  + spec.reconnect.factor: 1.5"));
}

}  // namespace
}  // namespace holter::cli
