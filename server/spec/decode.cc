#include "spec/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spec/enum_words.h"

namespace holter::spec {
namespace {

using Step = core::DecodeStep;

// A value of an enum that has to be said; core numbers the same words from 0.
template <typename T>
T RequiredWord(const FieldPath& at, const google::protobuf::EnumDescriptor& type, int number) {
  if (number == 0) {
    at.Refuse(fmt::format("required: {}", EnumChoices(type)));
    return T{};
  }
  return CheckEnum(at, type, number) ? static_cast<T>(number - 1) : T{};
}

// Core says "[0]: …" of a single step.
void RefuseAlone(const Step& step, const FieldPath& at) {
  const auto made = core::DecoderSpec::Compile({step});
  if (made.ok()) {
    return;
  }
  const std::string message(made.status().message());
  at.Refuse(message.substr(message.find(": ") + 2));
}

// Bytes of the length itself; nothing: as many as it takes.
std::optional<int> WidthOf(core::LengthPrefix length) {
  switch (length) {
    case core::LengthPrefix::kU8:
      return 1;
    case core::LengthPrefix::kU16:
    case core::LengthPrefix::kU16Le:
      return 2;
    case core::LengthPrefix::kU32:
    case core::LengthPrefix::kU32Le:
      return 4;
    case core::LengthPrefix::kVarint:
      break;
  }
  return std::nullopt;
}

void CompileHeader(const v1::Split& split, const FieldPath& at, Step& step) {
  constexpr int most = core::DecoderSpec::kLargestHeader;
  int length_at = 0;
  int bytes = 0;
  ReadInteger(at.Field("length_at"), split.length_at(), 0, most, length_at);
  const std::optional<int> width = WidthOf(step.length);
  if (split.header_bytes() != 0 && !width) {
    at.Field("header_bytes").Refuse("not with VARINT, after which the header ends");
  } else if (split.header_bytes() != 0) {
    ReadInteger(at.Field("header_bytes"), split.header_bytes(), std::min(most, length_at + *width), most, bytes);
  }
  step.header = {.length_at = static_cast<size_t>(length_at),
                 .bytes = static_cast<size_t>(bytes),
                 .length_counts = split.length_counts_header(),
                 .keep = split.keep_header()};
}

void RefuseHeader(const v1::Split& split, const FieldPath& at) {
  const auto refuse = [&at](bool is_set, const char* field) {
    if (is_set) {
      at.Field(field).Refuse("only with length");
    }
  };
  refuse(split.length_at() != 0, "length_at");
  refuse(split.header_bytes() != 0, "header_bytes");
  refuse(split.length_counts_header(), "length_counts_header");
  refuse(split.keep_header(), "keep_header");
}

Step CompileSplit(const v1::Split& split, const FieldPath& at) {
  Step step;
  switch (split.by_case()) {
    case v1::Split::kDelimiter:
      step.kind = Step::Kind::kSplitDelimiter;
      step.text = split.delimiter();
      RefuseAlone(step, at.Field("delimiter"));
      break;
    case v1::Split::kLength:
      step.kind = Step::Kind::kSplitLength;
      step.length =
          RequiredWord<core::LengthPrefix>(at.Field("length"), *v1::LengthPrefix_descriptor(), split.length());
      break;
    case v1::Split::kRegex:
      step.kind = Step::Kind::kSplitRegex;
      step.text = split.regex();
      RefuseAlone(step, at.Field("regex"));
      break;
    case v1::Split::kJsonArray:
      step.kind = Step::Kind::kSplitJsonArray;
      if (!split.json_array()) {
        at.Field("json_array").Refuse("expected true, or not set");
      }
      break;
    case v1::Split::BY_NOT_SET:
      at.Refuse("expected exactly one of delimiter, length, regex, json_array");
      return step;
  }
  if (step.kind == Step::Kind::kSplitLength) {
    CompileHeader(split, at, step);
  } else {
    RefuseHeader(split, at);
  }
  step.across_frames = split.across_frames();
  if (step.across_frames && step.kind != Step::Kind::kSplitDelimiter && step.kind != Step::Kind::kSplitLength) {
    at.Field("across_frames").Refuse("only with delimiter and length");
  }
  return step;
}

Step CompileStep(const v1::DecodeStep& declared, const FieldPath& at) {
  Step step;
  switch (declared.step_case()) {
    case v1::DecodeStep::kDecompress:
      step.kind = Step::Kind::kDecompress;
      step.compression =
          RequiredWord<core::Compression>(at.Field("decompress"), *v1::Compression_descriptor(), declared.decompress());
      break;
    case v1::DecodeStep::kSplit:
      return CompileSplit(declared.split(), at.Field("split"));
    case v1::DecodeStep::kStrip:
      step.kind = Step::Kind::kStrip;
      step.text = declared.strip();
      RefuseAlone(step, at.Field("strip"));
      break;
    case v1::DecodeStep::STEP_NOT_SET:
      at.Refuse("expected exactly one of decompress, split, strip");
      break;
  }
  return step;
}

}  // namespace

core::DecoderSpec CompileDecode(const google::protobuf::RepeatedPtrField<v1::DecodeStep>& steps, const FieldPath& at) {
  if (steps.empty() || !CheckCount(at, steps.size(), core::DecoderSpec::kMostSteps)) {
    return {};
  }
  const size_t complaints = at.violations();
  std::vector<Step> compiled;
  compiled.reserve(static_cast<size_t>(steps.size()));
  for (int i = 0; i < steps.size(); ++i) {
    compiled.push_back(CompileStep(steps[i], at.At(i)));
  }
  if (at.violations() != complaints) {
    return {};
  }
  auto spec = core::DecoderSpec::Compile(std::move(compiled));
  if (!spec.ok()) {
    at.Refuse(std::string(spec.status().message()));
    return {};
  }
  return *std::move(spec);
}

}  // namespace holter::spec
