#include "core/payload_redactor.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace holter::core {
namespace {

struct PayloadCase {
  const char* payload;
  const char* shown;
};

std::ostream& operator<<(std::ostream& out, const PayloadCase& payload_case) { return out << payload_case.payload; }

class PayloadRedactorTest : public ::testing::TestWithParam<PayloadCase> {};

TEST_P(PayloadRedactorTest, ShowsWhatIsNoSecret) {
  EXPECT_EQ(PayloadRedactor({}).Redact(GetParam().payload), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    Payloads, PayloadRedactorTest,
    ::testing::Values(
        PayloadCase{R"({"op":"ping","id":1})", R"({"op":"ping","id":1})"},
        PayloadCase{R"({"op":"auth","token":"abc.def"})", R"({"op":"auth","token":"<secret>"})"},
        PayloadCase{R"({"accessToken" : "a\"b", "x":1})", R"({"accessToken" : "<secret>", "x":1})"},
        PayloadCase{R"({"API_KEY":12345,"n":2})", R"({"API_KEY":"<secret>","n":2})"},
        PayloadCase{R"({"apiKey":"k","passphrase":"p"})", R"({"apiKey":"<secret>","passphrase":"<secret>"})"},
        PayloadCase{R"({"password":"cut off in the mid)", R"({"password":"<secret>")"},
        PayloadCase{R"({"secret":null})", R"({"secret":"<secret>"})"},
        PayloadCase{R"({"token":{"inner":1}})", R"({"token":{"inner":1}})"},
        PayloadCase{"GET /feed?token=abc&x=1 HTTP/1.1", "GET /feed?token=<secret>&x=1 HTTP/1.1"},
        PayloadCase{"Authorization=Bearer abc", "Authorization=<secret> abc"},
        PayloadCase{R"({"listenKey":"pqia91","n":1})", R"({"listenKey":"<secret>","n":1})"},
        PayloadCase{R"({"listen_key":"pqia91"})", R"({"listen_key":"<secret>"})"},
        PayloadCase{R"({"listenkey":"pqia91"})", R"({"listenkey":"<secret>"})"},
        PayloadCase{R"({"auth":{"KEY":"k1","SIGN":"5f"}})", R"({"auth":{"KEY":"<secret>","SIGN":"<secret>"}})"},
        PayloadCase{R"({"key":"k1","sign":"5f","signTimestamp":"17"})",
                    R"({"key":"<secret>","sign":"<secret>","signTimestamp":"17"})"},
        PayloadCase{R"({"sig":"5f","api-sign":"5f","reqSign":"5f"})",
                    R"({"sig":"<secret>","api-sign":"<secret>","reqSign":"<secret>"})"},
        PayloadCase{R"({"data":{"auth":"app:5f"},"b":{"cred":"ey"}})",
                    R"({"data":{"auth":"<secret>"},"b":{"cred":"<secret>"}})"},
        PayloadCase{R"({"pass":"p","user_pwd":"p","passcode":"p","signedData":"d"})",
                    R"({"pass":"<secret>","user_pwd":"<secret>","passcode":"<secret>","signedData":"<secret>"})"},
        PayloadCase{R"({"monkey":"a","keyboard":"b","design":"c","keys":"d","author":"e"})",
                    R"({"monkey":"a","keyboard":"b","design":"c","keys":"d","author":"e"})"},
        PayloadCase{R"({"signal":"a","compass":"b","op":"key","bypass":"c"})",
                    R"({"signal":"a","compass":"b","op":"key","bypass":"c"})"},
        PayloadCase{"key=a&listenKey=b&x_sign=c&monkey=d&keyboard=e&design=f",
                    "key=<secret>&listenKey=<secret>&x_sign=<secret>&monkey=d&keyboard=e&design=f"},
        PayloadCase{"\xff\xfe\x00", "\xff\xfe"}, PayloadCase{"", ""}));

TEST(KnownSecretsTest, AreLeftOutWhereverTheyStand) {
  const PayloadRedactor redactor({Secret("hunter2"), Secret("hunter2-long"), Secret("abc")});
  EXPECT_EQ(redactor.Redact("you said hunter2-long, not hunter2"), "you said <secret>, not <secret>");
  EXPECT_EQ(redactor.Redact("abc"), "abc") << "too short to be one";
}

TEST(KnownSecretsTest, AreLeftOutWhenTheEndIsCutOff) {
  const PayloadRedactor redactor({Secret("hunter2-long")});
  EXPECT_EQ(redactor.Redact("it was hunter2-l"), "it was <secret>");
  EXPECT_EQ(redactor.Redact("it was hun"), "it was hun");
}

}  // namespace
}  // namespace holter::core
