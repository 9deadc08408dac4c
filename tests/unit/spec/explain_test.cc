#include "spec/explain.h"

#include <string>

#include "tests/unit/spec/explain_story.h"

namespace holter::spec {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kBoxes[] =
    "AWS load balancers (idle timeout) and nginx (proxy_read_timeout) hang up after 60s by default.";

TEST(ExplainSpec, TellsDefaults) {
  EXPECT_EQ(Story(""), R"(
Connects to ws://127.0.0.1:9001/.
Pings: every 20s, the first at once after the upgrade; a pong with the same text has to come within 20s.
  The first miss: dead.
  Silence is found out within 40s.
Dead: closes with 4000 and says what was missed.
Comes back: after 1s, then 2 times as long each time, up to 1m, ± 50 %. A connection of 30s starts that anew.
Idle limits: fits; the peer is heard every 20s at least. )" +
                           std::string(kBoxes) + "\n");
}

TEST(ExplainSpec, TellsAllPartsOfADialect) {
  EXPECT_EQ(Story(R"(
    protocol_heartbeat { mode: MODE_OFF }
    open { send { text: "login" } await { text: "welcome" } within: "5s" }
    open { await { json { pointer: "/op" equals { number_value: 10 } } }
           capture { key: "every" value { pointer: "/d/heartbeat_interval" unit: "ms" } } }
    decode { decompress: COMPRESSION_GZIP }
    decode { split { delimiter: "\036" across_frames: true } }
    decode { strip: "42" }
    capture { values { key: "last" value { pointer: "/s" } } }
    beats { name: "gateway" interval: "${every}" first_delay: "random(0, 1) * interval" timeout: "interval"
            send { json { struct_value { fields { key: "op" value { number_value: 1 } } } } }
            expect { json { pointer: "/op" equals { number_value: 11 } } }
            refused { json { pointer: "/error" exists: true } } }
    answers { when { text: "ping" } send { text: "pong" } only_if: "last" }
    answers { when { json { pointer: "/op" equals { number_value: 1 } } } beat_now: "gateway" }
    watchdogs { name: "counter" when { json { pointer: "/n" exists: true } } within: "50s" degraded_after: "5s"
                check { value { pointer: "/n" } step: 1 } }
    ends { when { any { text: "bye" } any { regex: "^go" } } verdict: VERDICT_RECONNECT }
    ends { when { json { pointer: "/to" type: JSON_TYPE_STRING } } capture { key: "to" value { pointer: "/to" } }
           verdict: VERDICT_MIGRATE url: "${to}" }
    close_policy { on_dead_code: 4200 on_dead_reason: "zombie"
                   rules { close_codes: "4004" then: RETRY_CLASS_NEVER }
                   rules { http_statuses: "500-599" then: RETRY_CLASS_SLOW } }
    reconnect { first_delay: "500ms" factor: 1.5 max_delay: "30s" jitter: 0.1 stable_after: "10s" }
    limits { sends_per_minute: 120 })"),
            R"(
Connects to ws://127.0.0.1:9001/.
Messages: binary frames are unpacked (GZIP); then split at "\u001e", whatever the frames; then "42" is taken away from the beginning.
First: sends "login", and waits at most 5s for "welcome".
Then: waits at most 10s for a message with /op = 10, and remembers every (/d/heartbeat_interval).
  What does not come in time ends the connection (open_script).
Remembers: of any message last (/s).
Pings: none are sent; those of the peer are answered.
Beat gateway: every ${every} sends {"op":1}, the first random(0, 1) * interval after the opening.
  Answer: a message with /op = 11, within interval.
  The first miss: dead.
  Says no: a message with /error; dead at once.
Watchdog counter: a message with /n has to come within 50s, else dead.
  5s without: DEGRADED.
  Its /n has to grow by 1 each time, else DEGRADED until it is so again.
Answers: to "ping": sends "pong", but only while last has a value that is not zero.
Answers: to a message with /op = 1: sends beat gateway at once.
Ends: at "bye" or a message matching "^go": comes back at once, if the connection was stable.
Ends: at a message with /to being a string: dials ${to} once.
Dead: closes with 4200 and "zombie".
Comes back: after 500ms, then 1.5 times as long each time, up to 30s, ± 10 %. A connection of 10s starts that anew.
  Close code 4004: never comes back.
  HTTP status 500-599: comes back after the longest delay.
Limits: at most 120 messages are sent a minute.
Idle limits: fits; the peer is heard every 50s at least. )" +
                std::string(kBoxes) + "\n");
}

TEST(ExplainSpec, CountsMissesAndRetries) {
  EXPECT_THAT(Story(R"spec(
    beats { name: "ping" interval: "10s" timeout: "3s" misses_allowed: 2 retries: "1s" retries: "2s" max_outstanding: 4
            send { text: "ping ${seq}" } expect { regex: "pong (.*)" } correlate { regex_group: 1 equals: "seq" } })spec"),
              HasSubstr(R"text(
Beat ping: every 10s sends "ping ${seq}", the first at once after the upgrade.
  Answer: a message matching "pong (.*)", with ${seq} at group 1 of the expression, within 3s.
  Without one it is sent again, with 1s, then 2s to the answer; then it is missed.
  Missed once: DEGRADED. 3 times in a row: dead.
  Silence is found out within 36s.
  At most 4 wait for their answers; meanwhile none is sent.
)text"));
}

TEST(ExplainSpec, TellsWhatAnIntervalIsCountedFrom) {
  const auto beat = [](const std::string& cadence) {
    return Story(R"(beats { name: "a" interval: "20s" send { text: "a" } expect { text: "b" } cadence: CADENCE_)" +
                 cadence + " }");
  };
  EXPECT_THAT(beat("IDLE_SENT"), HasSubstr("Beat a: when nothing was sent for 20s sends"));
  EXPECT_THAT(beat("IDLE_RECEIVED"), HasSubstr("Beat a: when nothing has come for 20s sends"));
  EXPECT_THAT(beat("IDLE"), HasSubstr("Beat a: when nothing was sent and nothing has come for 20s sends"));
  EXPECT_THAT(beat("AFTER_ANSWER"), HasSubstr("Beat a: 20s after the answer to the one before sends"));
}

TEST(ExplainSpec, ComputesWhatParametersSay) {
  const std::string story = Story(R"(
    parameters { key: "every" value: "18s" } parameters { key: "other" value: "0" }
    beats { name: "a" interval: "${every}" timeout: "0.5 * interval" send { text: "a" } expect { text: "b" } }
    beats { name: "b" interval: "10s if ${other}" send { text: "a" } }
    watchdogs { name: "c" when { anything: true } within: "2 * ${every}" })");
  EXPECT_THAT(story, HasSubstr("Beat a: every 18s (${every}) sends"));
  EXPECT_THAT(story, HasSubstr("  Answer: \"b\", within 9s (0.5 * interval)."));
  EXPECT_THAT(story, HasSubstr("Beat b: off (10s if ${other})."));
  EXPECT_THAT(story, HasSubstr("Watchdog c: any message has to come within 36s (2 * ${every}), else dead."));
}

TEST(ExplainSpec, ShowsTheEffectiveSpecOfAPreset) {
  const std::string story = Story(R"(preset: "discord" limits { sends_per_minute: 60 })");
  EXPECT_THAT(story, HasSubstr("Beat gateway: every ${heartbeat_interval} sends "));
  EXPECT_THAT(story, HasSubstr("Answers: to a message with /op = 1: sends beat gateway at once."));
  EXPECT_THAT(story, HasSubstr("Limits: at most 60 messages are sent a minute."));
}

TEST(ExplainSpec, KeepsSecretsAsReferences) {
  const std::string story = Story(R"(parameters { key: "token" value: "${secret:feeds/token}" }
                                     open { send { text: "auth ${token} ${secret:feeds/key}" } })");
  EXPECT_THAT(story, HasSubstr("First: sends \"auth ${token} ${secret:feeds/key}\"."));
}

TEST(ExplainSpec, WarnsWhenNothingProvesLife) {
  const std::string warning = "\nWarning: nothing here can prove that the peer lives: health stays UNKNOWN.\n";
  const std::string keepalive = R"(protocol_heartbeat { mode: MODE_OFF } beats { name: "a" send { text: "a" } })";
  EXPECT_THAT(Story(keepalive), HasSubstr(warning));
  EXPECT_THAT(Story(keepalive), HasSubstr("\n  Nothing answers it: it proves nothing about life.\n"));
  EXPECT_THAT(Story(keepalive + R"(watchdogs { name: "w" when { anything: true } within: "10s" })"),
              Not(HasSubstr(warning)));
}

TEST(ExplainIdle, FitsWhenThePeerIsHeard) {
  const std::string off = "protocol_heartbeat { mode: MODE_OFF } ";
  const std::string fits = "Idle limits: fits; the peer is heard every 55s at least. " + std::string(kBoxes);
  EXPECT_EQ(Idle(R"(protocol_heartbeat { interval: "55s" })"), fits);
  EXPECT_EQ(Idle(off + R"(beats { name: "a" interval: "55s" send { text: "a" } expect { text: "b" } })"), fits);
  EXPECT_EQ(Idle(off + R"(beats { name: "a" interval: "45s" cadence: CADENCE_IDLE_RECEIVED send { text: "a" }
                                  expect { text: "b" } })"),
            fits);
  EXPECT_EQ(Idle(off + R"(watchdogs { name: "w" when { anything: true } within: "55s" })"), fits);
}

TEST(ExplainIdle, WarnsWhenItIsTooQuiet) {
  const std::string off = "protocol_heartbeat { mode: MODE_OFF } ";
  EXPECT_EQ(Idle(R"(protocol_heartbeat { interval: "56s" })"),
            "Warning: idle limits: something is sent every 56s only, which is more than 55s. " + std::string(kBoxes));
  EXPECT_EQ(Idle(off), "Warning: idle limits: neither side is sure to send within 55s. " + std::string(kBoxes));
  EXPECT_EQ(Idle(off + R"(beats { name: "a" interval: "50s" send { text: "a" } })"),
            "Warning: idle limits: something is sent every 50s, but the peer is not sure to send within 55s. nginx "
            "hangs up when it does not for 60s (proxy_read_timeout), by default.");
  EXPECT_THAT(Idle(off + R"(beats { name: "a" interval: "30s" timeout: "26s" cadence: CADENCE_AFTER_ANSWER
                                    send { text: "a" } expect { text: "b" } })"),
              HasSubstr("every 56s only"));
  // A watchdog for each value waits for nothing that has never come.
  EXPECT_THAT(Idle(off + R"(watchdogs { name: "w" when { anything: true } within: "10s" per { pointer: "/a" } })"),
              HasSubstr("neither side"));
}

TEST(ExplainIdle, SaysWhatIsNotKnownYet) {
  EXPECT_EQ(
      Idle(R"(preset: "discord")"),
      "Warning: idle limits: whether anything is sent within 55s is known only when the session runs (gateway). " +
          std::string(kBoxes));
}

TEST(ExplainSpec, TellsHowHeadersAreRead) {
  const auto split = [](const std::string& how) {
    const std::string story = Story("decode { split { length: " + how + " } }");
    const size_t begin = story.find("Messages: ");
    return story.substr(begin, story.find('\n', begin) - begin);
  };
  EXPECT_EQ(split("LENGTH_PREFIX_U16"), "Messages: split by the length before each message (U16).");
  EXPECT_EQ(
      split("LENGTH_PREFIX_U32 header_bytes: 16 length_counts_header: true keep_header: true"),
      "Messages: split by the length before each message (U32, at byte 0 of a header of 16 bytes that it counts and "
      "that stays).");
  EXPECT_EQ(split("LENGTH_PREFIX_U32_LE length_at: 1 keep_header: true"),
            "Messages: split by the length before each message (U32_LE, at byte 1 of a header that stays).");
}

TEST(ExplainSpec, TellsWhatIsForgotten) {
  EXPECT_THAT(Story(R"(
    watchdogs { name: "channels" within: "45s" when { json { pointer: "/1" exists: true } } per { pointer: "/0" }
                gone { when { json { pointer: "/event" equals { string_value: "unsubscribed" } } }
                       value { pointer: "/chanId" } } })"),
              HasSubstr(R"(
Watchdog channels: a message with /1 has to come within 45s, for each /0 that was seen, else dead.
  At a message with /event = "unsubscribed" the one of /chanId is forgotten.
)"));
}

TEST(ExplainSpec, TellsWhatIsNewAtEveryDial) {
  EXPECT_THAT(Story(R"(url: "ws://h/?t=${unix_ms}&id=${uuid}&who=${who}" parameters { key: "who" value: "me" }
                       headers { name: "X-Id" value: "${uuid} ${hex_id}" })"),
              HasSubstr("\n  New at every dial: ${unix_ms}, ${uuid}, ${hex_id}.\n"));
  EXPECT_THAT(Story(""), Not(HasSubstr("New at every dial")));
}

TEST(ExplainSpec, TellsWhatIsSigned) {
  EXPECT_THAT(Story(R"(
    signatures { key: "sign" value { text: "${unix_s}GET/users/self/verify" key: "${secret:okx/secret}"
                                     encoding: ENCODING_BASE64 } }
    signatures { key: "other" value { text: "x" key: "${secret:okx/secret}" hash: HASH_SHA384 } })"),
              HasSubstr(R"(
Signs: other is the HMAC-SHA384 of "x" with the key ${secret:okx/secret}, in hexadecimal.
Signs: sign is the HMAC-SHA256 of "${unix_s}GET/users/self/verify" with the key ${secret:okx/secret}, in Base64.
)"));
}

}  // namespace
}  // namespace holter::spec
