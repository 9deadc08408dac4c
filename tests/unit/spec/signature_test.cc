#include "spec/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string kAt = "session.spec.signatures[\"sign\"].";

std::string SignatureOf(const std::string& value) { return "signatures { key: 'sign' value { " + value + " } } "; }

TEST(SignatureTest, ATextAKeyAndHow) {
  const auto shared = Compiled(SignatureOf("text: '${unix_ms}x' key: '${secret:okx/secret}' hash: HASH_SHA512 "
                                           "encoding: ENCODING_BASE64") +
                               "open { send { text: '${sign}' } }");
  ASSERT_EQ(shared->dialect.signatures.size(), 1u);
  const core::SignatureSpec& signature = shared->dialect.signatures[0];
  EXPECT_EQ(signature.slot, shared->dialect.scope.Find("sign"));
  EXPECT_EQ(signature.key, shared->dialect.scope.Find("secret:okx/secret"));
  EXPECT_EQ(signature.hash, HashKind::kSha512);
  EXPECT_TRUE(signature.base64);
  ASSERT_EQ(shared->dialect.secrets.size(), 1u);
  EXPECT_EQ(shared->dialect.secrets[0].text, "${secret:okx/secret}");
  const auto plain = Compiled(SignatureOf("text: 'x' key: '${secret:a/b}'"));
  EXPECT_EQ(plain->dialect.signatures.at(0).hash, HashKind::kSha256);
  EXPECT_FALSE(plain->dialect.signatures.at(0).base64);
}

TEST(SignatureTest, TheKeyIsASecret) {
  const std::string by_parameter = SignatureOf("text: 'x' key: '${k}'");
  EXPECT_THAT(ComplaintsAbout(by_parameter + "parameters { key: 'k' value: '${secret:a/b}' }"), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(by_parameter + "parameters { key: 'k' value: 'p4ssw0rd' }"),
              ElementsAre(Pair("session.spec.parameters[\"k\"]", HasSubstr("a literal key is refused"))));
  for (const std::string bad : {"p4ssw0rd", "", "${nothing}", "${seq}", "${secret:a}", "${c}", "x${secret:a/b}"}) {
    const auto complaints = ComplaintsAbout(SignatureOf("text: 'x' key: '" + bad + "'") +
                                            "capture { values { key: 'c' value { pointer: '' } } }");
    ASSERT_THAT(complaints, ElementsAre(Pair(kAt + "key", HasSubstr("${secret:name/key}")))) << bad;
    EXPECT_EQ(complaints.begin()->second.find("p4ssw0rd"), std::string::npos);
  }
}

TEST(SignatureTest, StandsInMessagesThatAreSentOnly) {
  const std::string good = SignatureOf("text: 'x' key: '${secret:a/b}'");
  EXPECT_THAT(ComplaintsAbout(good + "beats { name: 'a' send { json { string_value: '${sign}' } } } "
                                     "answers { when { anything: true } send { text: '${sign}' } }"),
              IsEmpty());
  const std::string only = "a signature can stand only in a message that is sent";
  EXPECT_THAT(ComplaintsAbout(good + "ends { when { anything: true } verdict: VERDICT_MIGRATE url: 'ws://h/${sign}' }"),
              ElementsAre(Pair("session.spec.ends[0].url", only)));
  EXPECT_THAT(ComplaintsAbout(good + "signatures { key: 'twice' value { text: '${sign}' key: '${secret:a/b}' } }"),
              ElementsAre(Pair("session.spec.signatures[\"twice\"].text", only)));
  EXPECT_THAT(ComplaintsAbout(good + "url: 'ws://h/${sign}'"),
              ElementsAre(Pair("session.spec.url", HasSubstr("names of parameters"))));
  EXPECT_THAT(ComplaintsAbout(good + "answers { when { anything: true } send { text: 'a' } only_if: 'sign' }"),
              ElementsAre(Pair("session.spec.answers[0].only_if", HasSubstr("expected the name"))));
  EXPECT_FALSE(ComplaintsAbout(good + "beats { name: 'a' interval: '10s if ${sign}' send { text: 'x' } }").empty());
}

TEST(SignatureTest, NamesAndSizesAreChecked) {
  EXPECT_THAT(ComplaintsAbout(SignatureOf("key: '${secret:a/b}'")), ElementsAre(Pair(kAt + "text", "required")));
  EXPECT_THAT(ComplaintsAbout(SignatureOf("text: '" + std::string(1025, 'x') + "' key: '${secret:a/b}'")),
              ElementsAre(Pair(kAt + "text", HasSubstr("1024"))));
  EXPECT_THAT(ComplaintsAbout("signatures { key: 'seq' value { text: 'x' key: '${secret:a/b}' } }"),
              ElementsAre(Pair("session.spec.signatures[\"seq\"]", HasSubstr("a word of the heartbeat language"))));
  EXPECT_THAT(ComplaintsAbout(SignatureOf("text: 'x' key: '${secret:a/b}'") +
                              "capture { values { key: 'sign' value { pointer: '' } } }"),
              ElementsAre(Pair("session.spec.signatures[\"sign\"]", "\"sign\" is the name of a captured value")));
  std::string many;
  for (char c = 'a'; c <= 'i'; ++c) {
    many += std::string("signatures { key: '") + c + "' value { text: 'x' key: '${secret:a/b}' } } ";
  }
  EXPECT_THAT(ComplaintsAbout(many), ElementsAre(Pair("session.spec.signatures", "expected at most 8, got 9")));
}

}  // namespace
}  // namespace holter::spec
