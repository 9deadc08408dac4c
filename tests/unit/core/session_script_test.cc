// The open script, captures, answers and ends.
#include "tests/support/dialect_fixture.h"

namespace holter::core {
namespace {

using holter::testing::DialectFixture;
using holter::testing::EchoBeat;
using holter::testing::Member;
using holter::testing::milliseconds;
using holter::testing::seconds;
using ::testing::Test;
using Payloads = std::vector<std::string>;

class SessionScript : public DialectFixture {
 protected:
  // Says hello, waits for a welcome that gives an id, then logs in with it.
  void Login() {
    Name("id");
    dialect().open.push_back(
        {.send = Template("hello"), .await = Member("/op", "\"welcome\""), .capture = {Take("id", "/id")}});
    dialect().open.push_back({.send = Template("login ${id}"), .await = Matcher::Text("in"), .within = seconds(3)});
    spec().beats.push_back(EchoBeat("app"));
  }
};

TEST_F(SessionScript, StepsRunInOrderAndThenTheBeatsBegin) {
  Login();
  MakeOpenSpec();
  EXPECT_EQ(Sent(), Payloads{"hello"});
  EXPECT_TRUE(Status().opening);
  Message("noise");
  EXPECT_TRUE(actions_.empty());
  Message(R"({"op":"welcome","id":9007199254740993})");
  EXPECT_EQ(Sent(), Payloads{"login 9007199254740993"}) << "as it was written";
  Message("in");
  EXPECT_EQ(Sent(), Payloads{"q1"});
  EXPECT_FALSE(Status().opening);
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  Message("a1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionScript, StepsWithoutAwaitDoNotWait) {
  dialect().open.push_back({.send = Template("one")});
  dialect().open.push_back({.send = Template("two")});
  spec().beats.push_back(EchoBeat("app"));
  MakeOpenSpec();
  EXPECT_EQ(Sent(), (Payloads{"one", "two", "q1"}));
}

TEST_F(SessionScript, WhatDoesNotComeInTimeEndsTheConnection) {
  Login();
  MakeOpenSpec();
  Message(R"({"op":"welcome","id":1})");
  RunFor(seconds(3) - milliseconds(1));
  EXPECT_EQ(machine_->state(), State::kOpen);
  EXPECT_TRUE(machine_->VerdictDue(tick_.now + milliseconds(1)));
  RunFor(milliseconds(1));
  EXPECT_EQ(Status().reason, Reason::kOpenScript);
  EXPECT_EQ(Status().detail, "open[1]: what it awaited did not come within 3s");
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kFarewell);
}

TEST_F(SessionScript, AMissingValueEndsTheConnection) {
  Login();
  MakeOpenSpec();
  Message(R"({"op":"welcome"})");
  EXPECT_EQ(Status().reason, Reason::kOpenScript);
  EXPECT_EQ(machine_->health(), Health::kDown);
}

TEST_F(SessionScript, AValueThatMayBeMissingEndsNothing) {
  Login();
  dialect().open[0].capture[0].optional = true;
  dialect().open[1].send = Template("login ${id:-nobody}");
  MakeOpenSpec();
  Message(R"({"op":"welcome"})");
  EXPECT_EQ(Sent(), Payloads{"login nobody"});
  EXPECT_EQ(machine_->state(), State::kOpen);
}

TEST_F(SessionScript, OneOfManyThatHasToBeThereStillEndsTheConnection) {
  Login();
  CaptureSpec optional = Take("id", "/other");
  optional.optional = true;
  dialect().open[0].capture.push_back(optional);
  MakeOpenSpec();
  Message(R"({"op":"welcome"})");
  EXPECT_EQ(Status().reason, Reason::kOpenScript);
}

TEST_F(SessionScript, TimeInWhichWeStoodStillIsNotHeldAgainstThePeer) {
  Login();
  MakeOpenSpec();
  Stall(seconds(30));
  Timer();
  EXPECT_EQ(machine_->state(), State::kOpen);
  RunFor(seconds(10));
  EXPECT_EQ(Status().reason, Reason::kOpenScript);
}

TEST_F(SessionScript, TheNextConnectionBeginsAnew) {
  Login();
  MakeOpenSpec();
  Message(R"({"op":"welcome","id":1})");
  Message("in");
  Close(1000);
  RunFor(seconds(2));
  Open();
  EXPECT_EQ(Sent(), Payloads{"hello"});
  Message("in");
  EXPECT_TRUE(Sent().empty()) << "that step is not due yet";
}

TEST_F(SessionScript, OnlyTheProtocolBeatsUntilItIsDone) {
  Login();
  spec().protocol.active = true;
  MakeOpenSpec();
  EXPECT_EQ(Count<PingAction>(), 1);
  Pong("1");
  EXPECT_EQ(machine_->health(), Health::kUnknown) << "the beat has not been answered";
}

TEST_F(SessionScript, QuestionsAreAnsweredWithTheirOwnWords) {
  dialect().answers.push_back({.when = Member("/op", "\"ping\""),
                               .send = *MessageTemplate::FromJson(R"({"op":"pong","ts":"${message:/ts}"})",
                                                                  {.scope = &dialect().scope, .answers = true})});
  MakeOpenSpec();
  Message(R"({"op":"ping","ts":18446744073709551617})");
  EXPECT_EQ(Sent(), Payloads{R"({"op":"pong","ts":18446744073709551617})"});
  Message(R"({"ts":"17","op":"ping"})");
  EXPECT_EQ(Sent(), Payloads{R"({"op":"pong","ts":"17"})"});
  Message("something else");
  EXPECT_TRUE(Sent().empty());
}

// Bybit's pong carries op "ping" again.
TEST_F(SessionScript, AnAnswerIsNeverAnswered) {
  BeatSpec beat = EchoBeat("app");
  beat.send = Template("ping");
  beat.correlate.reset();
  beat.expect = Member("/ret_msg", "\"pong\"");
  spec().beats.push_back(beat);
  dialect().answers.push_back({.when = Member("/op", "\"ping\""), .send = Template("pong")});
  MakeOpenSpec();
  for (int copy = 0; copy < 4; ++copy) {
    Message(R"({"op":"ping","ret_msg":"pong"})");
    EXPECT_TRUE(Sent().empty()) << copy;
  }
  Message(R"({"op":"ping"})");
  EXPECT_EQ(Sent(), Payloads{"pong"});
}

TEST_F(SessionScript, WhereAnyMessageIsAnAnswerQuestionsAreAnsweredAllTheSame) {
  BeatSpec beat = EchoBeat("app");
  beat.correlate.reset();
  beat.expect = Matcher::Anything();
  spec().beats.push_back(beat);
  dialect().answers.push_back({.when = Matcher::Text("ping"), .send = Template("pong")});
  MakeOpenSpec();
  Message("ping");
  EXPECT_EQ(Sent(), Payloads{"pong"});
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionScript, ABeatIsSentAtOnceWhenThePeerWantsOne) {
  spec().beats.push_back(EchoBeat("app"));
  dialect().answers.push_back({.when = Matcher::Text("now"), .beat_now = 0});
  MakeOpenSpec();
  Message("now");
  EXPECT_EQ(Sent(), Payloads{"q2"});
}

TEST_F(SessionScript, RulesMayWaitForAValue) {
  const size_t slot = Name("ready");
  dialect().captures.push_back({.when = std::nullopt, .values = {Take("ready", "/ready")}});
  dialect().answers.push_back({.when = Matcher::Text("ping"), .send = Template("pong"), .only_if = slot});
  MakeOpenSpec();
  for (const std::string_view unready : {"ping", R"({"ready":0})", R"({"ready":false})", R"({"ready":null})"}) {
    Message(unready);
    Message("ping");
    EXPECT_TRUE(Sent().empty()) << unready;
  }
  Message(R"({"ready":true})");
  Message("ping");
  EXPECT_EQ(Sent(), Payloads{"pong"});
}

TEST_F(SessionScript, APeerThatAsksTooOftenIsLeft) {
  dialect().answers.push_back({.when = Matcher::Text("ping"), .send = Template("pong")});
  dialect().sends_per_minute = 10;
  MakeOpenSpec();
  for (int asked = 0; asked < 10; ++asked) {
    Message("ping");
    ASSERT_EQ(Sent(), Payloads{"pong"}) << asked;
  }
  Message("ping");
  EXPECT_TRUE(Sent().empty());
  EXPECT_EQ(Status().reason, Reason::kSendBudget);
}

TEST_F(SessionScript, BeatsBeyondTheBudgetAreLeftOut) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(1), .timeout = seconds(60)};
  spec().beats.push_back(beat);
  dialect().sends_per_minute = 10;
  MakeOpenSpec();
  int sent = Count<SendAction>();
  RunFor(seconds(50));
  sent += Count<SendAction>();
  EXPECT_EQ(sent, 10);
}

TEST_F(SessionScript, WordsEndTheSession) {
  dialect().ends.push_back({.verdict = EndSpec::Verdict::kDead, .when = Matcher::Text("timeout")});
  MakeOpenSpec();
  Message("timeout");
  EXPECT_EQ(machine_->state(), State::kBackoff);
  EXPECT_EQ(machine_->health(), Health::kDown);
  EXPECT_EQ(Status().reason, Reason::kTerminalMessage);
}

TEST_F(SessionScript, WordsMayEndItForEver) {
  dialect().ends.push_back({.verdict = EndSpec::Verdict::kNever, .when = Matcher::Text("banned")});
  MakeOpenSpec();
  Message("banned");
  EXPECT_EQ(machine_->state(), State::kStopped);
  EXPECT_EQ(machine_->NextDeadline(), kNever);
}

TEST_F(SessionScript, APeerMaySendUsElsewhereOnce) {
  Name("url");
  dialect().ends.push_back({.verdict = EndSpec::Verdict::kMigrate,
                            .when = Member("/op", "\"move\""),
                            .capture = {Take("url", "/url")},
                            .url = Template("${url}")});
  MakeOpenSpec();
  Advance(seconds(60));
  Message(R"({"op":"move","url":"wss://other.example/"})");
  RunFor(seconds(2));
  EXPECT_EQ(Only<DialAction>().url, "wss://other.example/");
  FailDial(Reason::kConnectRefused);
  RunFor(seconds(60));
  EXPECT_EQ(All<DialAction>().at(0).url, "") << "then the declared one again";
}

// The headers of another declaration are not for a peer that the old one was sent to.
TEST_F(SessionScript, WhereAPeerHasSentUsIsForgottenWhenTheConnectionIsReplaced) {
  Name("url");
  dialect().ends.push_back({.verdict = EndSpec::Verdict::kMigrate,
                            .when = Member("/op", "\"move\""),
                            .capture = {Take("url", "/url")},
                            .url = Template("${url}")});
  const auto dialled_after = [this](const auto& wish) {
    MakeOpenSpec();
    Message(R"({"op":"move","url":"wss://other.example/"})");
    EXPECT_EQ(machine_->state(), State::kBackoff);
    actions_.clear();
    wish();
    return Only<DialAction>().url;
  };
  EXPECT_EQ(dialled_after([this] { Update(spec(), true); }), "");
  EXPECT_EQ(dialled_after([this] { machine_->Reconnect(tick_, Duration::zero(), actions_); }), "");
  EXPECT_EQ(dialled_after([this] {
              machine_->Pause(tick_, actions_);
              machine_->Resume(tick_, actions_);
            }),
            "");
}

TEST_F(SessionScript, WhatCannotBeUnpackedEndsTheConnection) {
  dialect().decoder =
      *DecoderSpec::Compile({{.kind = DecodeStep::Kind::kDecompress, .compression = Compression::kGzip}});
  MakeOpenSpec();
  actions_.clear();
  machine_->OnMessage(tick_, FrameKind::kBinary, "no gzip at all", actions_);
  EXPECT_EQ(Status().reason, Reason::kDecode);
  EXPECT_EQ(Status().detail.find("no gzip"), std::string::npos) << "what the peer says is not repeated";
}

TEST_F(SessionScript, OneFrameMayHoldManyMessages) {
  dialect().decoder = *DecoderSpec::Compile({{.kind = DecodeStep::Kind::kSplitDelimiter, .text = "\n"}});
  dialect().answers.push_back({.when = Matcher::Text("ping"), .send = Template("pong")});
  MakeOpenSpec();
  Message("ping\nnoise\nping\n");
  EXPECT_EQ(Sent(), (Payloads{"pong", "pong"}));
}

TEST_F(SessionScript, SecretsAreMarked) {
  const size_t slot = *dialect().scope.Add("secret:a/token", Origin::kSecret);
  dialect().secrets.push_back({.slot = slot, .text = "${secret:a/token}", .secret = true});
  dialect().open.push_back({.send = Template("auth ${secret:a/token}")});
  Make(spec());
  Start();
  actions_.clear();
  machine_->OnOpened(tick_, {.peer_address = "192.0.2.1:443", .secrets = {{slot, Secret("open sesame")}}}, actions_);
  EXPECT_EQ(Sent(), Payloads{"auth open sesame"});
  EXPECT_TRUE(Only<SendAction>().secret);
}

TEST_F(SessionScript, TheStatusTellsShownValues) {
  Name("id");
  dialect().shown = {*dialect().scope.Find("id")};
  dialect().captures.push_back({.when = std::nullopt, .values = {Take("id", "/id")}});
  MakeOpenSpec();
  using Values = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(Status().values, Values());
  Message(R"({"id":"AQoQ"})");
  EXPECT_EQ(Status().values, (Values{{"id", "AQoQ"}}));
  Message("{\"id\":\"" + std::string(DialectMachine::kLongestShown, 'x') + "\"}");
  EXPECT_EQ(Status().values.size(), 1u);
  Message("{\"id\":\"" + std::string(DialectMachine::kLongestShown + 1, 'x') + "\"}");
  EXPECT_EQ(Status().values, Values());
  Message(R"({"id":"AQoQ"})");
  Close(1001);
  EXPECT_EQ(Status().values, Values()) << "it was said on another connection";
}

TEST_F(SessionScript, ShownValuesAreUtf8AndHoldNoSecret) {
  Name("id");
  dialect().shown = {*dialect().scope.Find("id")};
  dialect().captures.push_back({.when = std::nullopt, .values = {Take("id", "/id")}});
  dialect().captures[0].values[0].from = *Extractor::Bytes("0:");
  const size_t slot = *dialect().scope.Add("secret:a/token", Origin::kSecret);
  dialect().secrets.push_back({.slot = slot, .text = "${secret:a/token}", .secret = true});
  Make(spec());
  Start();
  machine_->OnOpened(tick_, {.peer_address = "192.0.2.1:443", .secrets = {{slot, Secret("open sesame")}}}, actions_);
  Message("\xff\x01");
  ASSERT_EQ(Status().values.size(), 1u);
  EXPECT_EQ(Status().values[0].second, "ff01");
  Message("you said open sesame!");
  EXPECT_TRUE(Status().values.empty());
  Message("you said nothing");
  EXPECT_EQ(Status().values[0].second, "you said nothing");
}

TEST_F(SessionScript, ParametersAreEachSessionsOwn) {
  const size_t slot = *dialect().scope.Add("who", Origin::kParameter);
  dialect().open.push_back({.send = Template("I am ${who}")});
  spec_ = std::make_shared<const SharedSpec>(spec());
  const auto own = std::make_shared<const ParameterList>(ParameterList{{.slot = slot, .text = "feed-1"}});
  machine_ = std::make_unique<SessionMachine>(spec_, tick_.now, &random_, false, own);
  Start();
  Open();
  EXPECT_EQ(Sent(), Payloads{"I am feed-1"});
}

TEST_F(SessionScript, ChangedRulesHoldWithoutANewConnection) {
  Name("id");
  dialect().open.push_back({.send = std::nullopt, .await = Matcher::Anything(), .capture = {Take("id", "/id")}});
  dialect().answers.push_back({.when = Matcher::Text("ping"), .send = Template("pong ${id}")});
  MakeOpenSpec();
  Message(R"({"id":7})");
  SharedSpec changed = spec();
  changed.dialect.answers[0].send = Template("PONG ${id}");
  Update(changed, false);
  Message("ping");
  EXPECT_EQ(Sent(), Payloads{"PONG 7"}) << "what was captured stays";
}

// What a peer has said is sent back only as far as it can be sent.
TEST_F(SessionScript, ATextThatWouldBeNoUtf8IsNotSent) {
  Name("word");
  const CaptureSpec word{.slot = *dialect().scope.Find("word"), .from = *Extractor::Bytes("1:")};
  dialect().captures.push_back({.when = *Matcher::Regex("^w"), .values = {word}});
  dialect().answers.push_back({.when = Matcher::Text("text"), .send = Template("<${word}>")});
  dialect().answers.push_back({.when = Matcher::Text("binary"), .send = Template("<${word}>").As(FrameKind::kBinary)});
  dialect().answers.push_back(
      {.when = Matcher::Text("json"),
       .send = *MessageTemplate::FromJson(R"(["${word}"])", {.scope = &dialect().scope, .answers = true})});
  dialect().answers.push_back(
      {.when = *Matcher::Regex("^echo"), .send = MessageTemplate::Echo("", "")->As(FrameKind::kText)});
  MakeOpenSpec();
  Message("w\xC3\xA9");
  Message("text");
  EXPECT_EQ(Sent(), Payloads{"<\xC3\xA9>"});
  Message("w\xC3");
  Message("binary");
  EXPECT_EQ(Sent(), Payloads{"<\xC3>"});
  Message("json");
  EXPECT_EQ(Sent(), Payloads{"[\"\uFFFD\"]"});
  Message("echo\xFF");
  EXPECT_TRUE(Sent().empty());
  EXPECT_EQ(Status().reason, Reason::kEncode);
  EXPECT_EQ(Status().detail, "answers[3]: a value in the text to send is no UTF-8");
}

TEST_F(SessionScript, ABeatThatWouldBeNoUtf8EndsTheConnection) {
  Name("word");
  dialect().captures.push_back(
      {.when = std::nullopt, .values = {{.slot = *dialect().scope.Find("word"), .from = *Extractor::Bytes("0:")}}});
  BeatSpec beat = EchoBeat("app");
  beat.send = Template("${word}");
  beat.cadence.retries = {seconds(1)};
  beat.correlate.reset();
  spec().beats.push_back(beat);
  spec().beats.push_back(EchoBeat("other"));
  MakeOpenSpec();
  Message("\xFF");
  RunFor(seconds(4));
  EXPECT_EQ(Status().reason, Reason::kEncode) << "sent again";
  EXPECT_EQ(Status().detail, "beat \"app\": a value in the text to send is no UTF-8");
  EXPECT_EQ(machine_->state(), State::kBackoff);
}

TEST_F(SessionScript, AScriptThatWouldBeNoUtf8EndsTheConnection) {
  Name("word");
  dialect().open.push_back({.send = std::nullopt,
                            .await = Matcher::Anything(),
                            .capture = {{.slot = *dialect().scope.Find("word"), .from = *Extractor::Bytes("0:")}}});
  dialect().open.push_back({.send = Template("${word}"), .await = std::nullopt});
  MakeOpenSpec();
  Message("\xFF");
  EXPECT_EQ(Status().reason, Reason::kEncode);
  EXPECT_EQ(Status().detail, "open[1]: a value in the text to send is no UTF-8");
}

// OKX, "WebSocket login": the time, GET and a path, signed and in Base64.
TEST_F(SessionScript, SignsWithTheTimeOfItsMessage) {
  Scope& scope = dialect().scope;
  const size_t key = *scope.Add("secret:okx/secret", Origin::kSecret);
  const size_t slot = *scope.Add("sign", Origin::kSignature);
  dialect().signatures.push_back(
      {.slot = slot, .key = key, .text = Template("${unix_s}GET/users/self/verify"), .base64 = true});
  const TemplateContext signs{.scope = &scope, .signs = true};
  dialect().open.push_back(
      {.send = *MessageTemplate::FromJson(R"({"timestamp":"${text:unix_s}","sign":"${sign}"})", signs),
       .await = std::nullopt});
  BeatSpec beat = EchoBeat("app");
  beat.send = *MessageTemplate::FromText("q${seq} ${sign}", signs);
  spec().beats.push_back(beat);
  tick_.wall = WallTime(seconds(1'538'054'050));
  Make(spec());
  Start();
  actions_.clear();
  machine_->OnOpened(tick_, {.secrets = {{key, Secret("22582BD0CFF14C41EDBF1AB98506286D")}}}, actions_);
  // openssl dgst -sha256 -hmac 22582BD0CFF14C41EDBF1AB98506286D -binary | base64, of 1538054050GET/users/self/verify.
  EXPECT_EQ(Sent().at(0), R"({"timestamp":"1538054050","sign":"+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M="})");
  EXPECT_EQ(Sent().at(1), "q1 +LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M=");
  for (const SendAction& sent : All<SendAction>()) EXPECT_TRUE(sent.secret) << "who sees it could log in with it";
  Message("a1");
  tick_.wall += seconds(1);
  RunFor(seconds(10));
  EXPECT_NE(Sent().at(0), "q2 +LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M=") << "new at each send";
}

}  // namespace
}  // namespace holter::core
