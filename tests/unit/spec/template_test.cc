#include "spec/template.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

const std::string kBeat = "session.spec.beats[0].";

std::string BeatOf(const std::string& text) { return "beats { name: 'a' " + text + " }"; }

std::string Expanded(const std::string& send) {
  const auto shared = Compiled(BeatOf("send { " + send + " }"));
  std::string out;
  if (!shared->beats.empty()) {
    const core::BeatVariables variables{.seq = 7, .unix_ns = 1700000000000000000};
    shared->beats[0].send.Expand({.variables = &variables}, out);
  }
  return out;
}

TEST(TemplateTest, EveryKindReachesTheWire) {
  EXPECT_EQ(Expanded("text: 'ping ${seq} $${x}'"), "ping 7 ${x}");
  EXPECT_EQ(Expanded("bytes: '10 0a fF'"), "\x10\x0a\xff");
  EXPECT_EQ(Expanded("text: ''"), "");
  EXPECT_EQ(Compiled(BeatOf("send { bytes: '01' }"))->beats.at(0).send.KindFor({}), core::FrameKind::kBinary);
}

TEST(TemplateTest, JsonIsCompactSortedAndKeepsNumbers) {
  EXPECT_EQ(Expanded(R"(json { struct_value {
      fields { key: "op" value { string_value: "ping" } }
      fields { key: "id" value { string_value: "${seq}" } }
      fields { key: "at" value { string_value: "${unix_ms}" } }
      fields { key: "n" value { number_value: 1700000000000 } }
      fields { key: "f" value { number_value: 0.1 } }
      fields { key: "z" value { null_value: NULL_VALUE } }
      fields { key: "l" value { list_value { values { bool_value: true } values { number_value: -2 } } } }
      fields { key: "q" value { string_value: "a\"\n${seq}" } } } })"),
            R"({"at":1700000000000,"f":0.1,"id":7,"l":[true,-2],"n":1700000000000,"op":"ping","q":"a\"\n7","z":null})");
}

TEST(TemplateTest, WhatIsMissingOrMalformedIsNamed) {
  EXPECT_THAT(ComplaintsAbout(BeatOf("send {}")), ElementsAre(Pair(kBeat + "send", HasSubstr("text, json, bytes"))));
  EXPECT_THAT(ComplaintsAbout(BeatOf("send { text: '${nope}' }")),
              ElementsAre(Pair(kBeat + "send.text", HasSubstr("nope"))));
  EXPECT_THAT(ComplaintsAbout(BeatOf("send { text: '${seq' }")), ElementsAre(Key(kBeat + "send.text")));
  for (const std::string hex : {"1", "0g", "0x10", "1 0"}) {
    EXPECT_THAT(ComplaintsAbout(BeatOf("send { bytes: '" + hex + "' }")), ElementsAre(Key(kBeat + "send.bytes")))
        << hex;
  }
}

TEST(TemplateTest, AtMost4096Bytes) {
  EXPECT_THAT(ComplaintsAbout(BeatOf("send { text: '" + std::string(4096, 'v') + "' }")), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(BeatOf("send { text: '" + std::string(4097, 'v') + "' }")),
              ElementsAre(Pair(kBeat + "send.text", AllOf(HasSubstr("4097"), Not(HasSubstr("vv"))))));
  EXPECT_THAT(ComplaintsAbout(BeatOf("send { json { string_value: '" + std::string(4094, 'v') + "' } }")), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(BeatOf("send { json { string_value: '" + std::string(4095, 'v') + "' } }")),
              ElementsAre(Key(kBeat + "send.json")));
  EXPECT_THAT(ComplaintsAbout(BeatOf("send { bytes: '" + std::string(2 * 4096, '0') + "' }")), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(BeatOf("send { bytes: '" + std::string(2 * 4097, '0') + "' }")),
              ElementsAre(Key(kBeat + "send.bytes")));
}

TEST(TemplateTest, JsonRefusesWhatIsNoJson) {
  for (const double number : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                              9007199254740992.0, -1e300}) {
    v1::SessionSpec spec = SpecOf(BeatOf(""));
    spec.mutable_beats(0)->mutable_send()->mutable_json()->mutable_list_value()->add_values()->set_number_value(number);
    EXPECT_THAT(ComplaintsAbout(spec), ElementsAre(Pair(kBeat + "send.json", HasSubstr("numbers")))) << number;
  }
  EXPECT_EQ(Expanded("json { number_value: 9007199254740991 }"), "9007199254740991");
  EXPECT_THAT(ComplaintsAbout(BeatOf("send { json { list_value { values {} } } }")),
              ElementsAre(Key(kBeat + "send.json")));
}

TEST(TemplateTest, JsonHasABoundedDepth) {
  v1::SessionSpec spec = SpecOf(BeatOf(""));
  google::protobuf::Value* value = spec.mutable_beats(0)->mutable_send()->mutable_json();
  for (int i = 0; i < 90; ++i) {
    value = value->mutable_list_value()->add_values();
  }
  value->set_bool_value(true);
  EXPECT_THAT(ComplaintsAbout(spec), ElementsAre(Pair(kBeat + "send.json", HasSubstr("deep"))));
}

}  // namespace
}  // namespace holter::spec
