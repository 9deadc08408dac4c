// What one session costs; the figures are the product.
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "core/extractor.h"
#include "core/matcher.h"
#include "tests/support/machine_fixture.h"

namespace {

// Counts what this program allocates. Unit tests run on one thread.
size_t allocations = 0;
size_t allocated_bytes = 0;

}  // namespace

// Not inlined, or the compiler sees malloc and free where it expects their pair.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  allocated_bytes += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace holter::core {
namespace {

using holter::testing::MachineFixture;
using holter::testing::milliseconds;
using holter::testing::PlainSpec;

class SessionCost : public MachineFixture {};

TEST_F(SessionCost, APlainSessionIsSmall) {
  auto spec = std::make_shared<const SharedSpec>(PlainSpec());
  const size_t before = allocated_bytes;
  auto machine = std::make_unique<SessionMachine>(spec, tick_.now, &random_);
  actions_.reserve(16);
  ActionList out;
  out.reserve(16);
  const size_t lists = 16 * sizeof(Action) * 2;
  machine->Start(tick_, out);
  machine->OnOpened(tick_, {.peer_address = "192.0.2.1:443"}, out);
  machine->OnPong(tick_, "1", out);
  const size_t bytes = allocated_bytes - before - lists;
  RecordProperty("bytes", static_cast<int>(bytes));
  EXPECT_LE(bytes, 450u);
}

TEST_F(SessionCost, AHeartbeatAllocatesNothing) {
  MakeOpen(PlainSpec());
  actions_.reserve(16);
  Pong("1");
  // A few rounds for whatever settles at first.
  size_t before = 0;
  for (int round = 0; round < 1000; ++round) {
    if (round == 10) before = allocations;
    actions_.clear();
    tick_.now = machine_->NextDeadline();
    machine_->OnTimer(tick_, link_, actions_);
    const auto* ping = std::get_if<PingAction>(&actions_.at(0));
    ASSERT_NE(ping, nullptr);
    const std::string payload = ping->payload;
    tick_.now += milliseconds(1);
    machine_->OnInbound(tick_, payload.size() + 2, actions_);
    machine_->OnPong(tick_, payload, actions_);
  }
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(Beat().counters.acked, 1001u);
}

// What a message costs that is looked at by two matchers and an extractor, of JSON and of anything else.
TEST(MessageCost, LookingAllocatesNothing) {
  const Matcher pong = *Matcher::Json({{.pointer = *JsonPointer::Parse("/op"), .one_of = {"\"pong\""}},
                                       {.pointer = *JsonPointer::Parse("/data/ok"), .one_of = {"true"}}});
  const Matcher other = *Matcher::Json({{.pointer = *JsonPointer::Parse("/n"), .one_of = {"1"}, .at_least = 0}});
  const Extractor id = Extractor::Json(*JsonPointer::Parse("/id"));
  const std::string long_text = R"({"op":"pong","id":"\u00e9)" + std::string(5000, 'x') + "\"}";
  const std::string_view messages[] = {R"({"op":"pong","id":1700000000000,"data":{"ok":true},"n":1.0})", "pong",
                                       R"({"op":"pong","id":17)", long_text};
  Value value;
  size_t before = 0;
  size_t matched = 0;
  for (int round = 0; round < 100; ++round) {
    if (round == 10) before = allocations;
    for (const std::string_view bytes : messages) {
      const InboundMessage message(InboundKind::kText, bytes);
      matched += pong.Matches(message) ? 1 : 0;
      matched += other.Matches(message) ? 1 : 0;
      matched += id.Extract(message, value) ? 1 : 0;
    }
  }
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(matched, 400u) << "all three of the first, the id of the last";
}

// What is sent costs its own bytes only, with values of every origin; an echo and a computed duration alike.
TEST(MessageCost, WritingAllocatesNothing) {
  Scope scope;
  ASSERT_TRUE(scope.Add("id", Origin::kCapture).ok() && scope.Add("every", Origin::kCapture, milliseconds(1)).ok());
  const TemplateContext context{.scope = &scope, .answers = true};
  const MessageTemplate messages[] = {
      *MessageTemplate::FromText("${seq} ${unix_ns} ${iso_time} ${uuid} ${hex_id} ${id} ${message[2:9]}", context),
      *MessageTemplate::FromJson(R"({"a":"${id}","b":"<${id}>","c":"${message:/n?}","d":"${length:message}"})",
                                 context),
      *MessageTemplate::FromBytes("10 lenv[len16[${id}] u32(${seq}) varint(${every})]", context),
      *MessageTemplate::Echo("\"(\\w+)\":1", "\"\\1\":2")};
  const DurationExpression every = *DurationExpression::Parse("max(10s, 1.5 * ${every}) if ${every}", scope, {});
  ValueStore values(scope.size());
  values.Set(0, Value::Kind::kText, "a \"quoted\" text that is longer than what a string keeps in itself");
  values.Set(1, Value::Kind::kToken, "45000");
  Random random(1);
  std::string out;
  size_t before = 0;
  for (int round = 0; round < 100; ++round) {
    if (round == 10) before = allocations;
    const InboundMessage question(InboundKind::kText, R"({"n":1,"text":"which is not short either, for once"})");
    for (const MessageTemplate& message : messages) {
      out.clear();
      const BeatVariables variables = DrawVariables(7, {}, message.NeedsRandom(), random);
      message.Expand({.variables = &variables, .values = &values, .question = &question}, out);
    }
    ASSERT_TRUE(every.Evaluate(values, {}, random).has_value());
  }
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(out, R"({"n":2,"text":"which is not short either, for once"})");
}

}  // namespace
}  // namespace holter::core
