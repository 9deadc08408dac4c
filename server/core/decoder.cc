#include "core/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/inflater.h"
#include "core/regular_expression.h"
#include "core/splitter.h"

namespace holter::core {
namespace {

constexpr size_t kLongestDelimiter = 16;
constexpr size_t kLongestSplitRegex = 1024;
constexpr size_t kLongestStrip = 64;
constexpr size_t kKeptCapacity = size_t{16} << 10;  // of a session that has nothing to keep
constexpr std::string_view kZlibFlush("\x00\x00\xFF\xFF", 4);

using StepKind = DecodeStep::Kind;

// Of the thread, lent to one chain at a time.
struct Workbench {
  Inflater inflater;
  std::array<ScratchBytes, DecoderSpec::kMostSteps> unpacked;  // by step: each lives until the steps behind it are done
};

std::unique_ptr<Workbench>& SpareBench() {
  static thread_local std::unique_ptr<Workbench> spare;
  return spare;
}

absl::Status CheckStepText(const std::string& text, size_t most) {
  if (!text.empty() && text.size() <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("expected 1 to {} bytes, got {}", most, text.size()));
}

absl::Status CheckHeader(const DecodeStep& step) {
  const MessageHeader& header = step.header;
  if (header == MessageHeader{}) return absl::OkStatus();
  if (step.kind != StepKind::kSplitLength) return absl::InvalidArgumentError("a header is only for length");
  if (header.length_at > DecoderSpec::kLargestHeader || header.bytes > DecoderSpec::kLargestHeader) {
    return absl::InvalidArgumentError(
        fmt::format("expected a header of at most {} bytes", DecoderSpec::kLargestHeader));
  }
  return absl::OkStatus();
}

absl::Status CheckStep(const DecodeStep& step) {
  if (step.across_frames && step.kind != StepKind::kSplitDelimiter && step.kind != StepKind::kSplitLength) {
    return absl::InvalidArgumentError("across_frames is only for delimiter and length");
  }
  if (absl::Status status = CheckHeader(step); !status.ok()) return status;
  switch (step.kind) {
    case StepKind::kSplitDelimiter:
      return CheckStepText(step.text, kLongestDelimiter);
    case StepKind::kSplitRegex:
      return CheckStepText(step.text, kLongestSplitRegex);
    case StepKind::kStrip:
      return CheckStepText(step.text, kLongestStrip);
    case StepKind::kDecompress:
    case StepKind::kSplitLength:
    case StepKind::kSplitJsonArray:
      break;
  }
  return absl::OkStatus();
}

}  // namespace

struct DecoderSpec::Compiled {
  std::array<std::shared_ptr<const re2::RE2>, kMostSteps> regexes;  // by step
};

absl::StatusOr<DecoderSpec> DecoderSpec::Compile(std::vector<DecodeStep> steps) {
  if (steps.size() > kMostSteps) {
    return absl::InvalidArgumentError(fmt::format("[{0}]: expected at most {0} steps", kMostSteps));
  }
  const auto compiled = std::make_shared<Compiled>();
  for (size_t i = 0; i < steps.size(); ++i) {
    absl::Status status = CheckStep(steps[i]);
    if (status.ok() && steps[i].kind == StepKind::kSplitRegex) {
      absl::StatusOr<std::shared_ptr<const re2::RE2>> regex = CompileRegex(steps[i].text);
      status = regex.status();
      if (regex.ok()) compiled->regexes[i] = *std::move(regex);
    }
    if (!status.ok()) return absl::InvalidArgumentError(fmt::format("[{}]: {}", i, std::string(status.message())));
  }
  DecoderSpec spec;
  spec.steps_ = std::move(steps);
  spec.compiled_ = compiled;
  return spec;
}

struct Decoder::State {
  struct Step {
    std::string kept;                    // of a message that has not ended
    std::unique_ptr<Inflater> inflater;  // of a zlib stream
  };
  std::array<Step, DecoderSpec::kMostSteps> steps;
};

// One frame on its way through the steps. What is kept is taken out of the state before the sink hears anything, for
// the sink may reset the decoder.
class Decoder::Chain {
 public:
  using Sink = absl::FunctionRef<bool(InboundKind, std::string_view)>;

  Chain(Decoder& decoder, const DecoderSpec& spec, InboundKind kind, size_t most_bytes, Sink sink)
      : decoder_(decoder), spec_(spec), kind_(kind), most_(most_bytes), sink_(sink) {}
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;
  ~Chain();

  // All of these: false when nothing more is to be done, after an error or because the sink has had enough. Steps call
  // one another, so they nest as deep as there are steps.
  bool Take(size_t step, std::string_view message);

  const absl::Status& status() const { return status_; }

 private:
  bool Unpack(size_t step, std::string_view message);
  bool UnpackStream(size_t step, std::string_view message);
  bool Split(size_t step, std::string_view message);
  // What became of the bytes; their end that is no whole message is dealt with by Finish.
  absl::StatusOr<size_t> Cut(size_t step, std::string_view bytes, size_t searched);
  bool Finish(size_t step, std::string whole, std::string_view rest);
  bool Piece(size_t step, std::string_view message);
  bool Keep(size_t step, std::string bytes);
  std::string TakeKept(size_t step);
  // Of a message of `most_` bytes; its header counts apart.
  size_t MostKept(size_t step) const;
  bool Fail(size_t step, const absl::Status& why);

  Workbench& bench();
  State::Step& state(size_t step);

  Decoder& decoder_;
  const DecoderSpec& spec_;
  const InboundKind kind_;
  const size_t most_;
  const Sink sink_;
  std::array<size_t, DecoderSpec::kMostSteps> pieces_{};
  std::array<size_t, DecoderSpec::kMostSteps> unpacked_{};
  std::unique_ptr<Workbench> bench_;
  bool stopped_ = false;
  absl::Status status_;
};

Decoder::Chain::~Chain() {
  if (bench_ == nullptr) return;
  for (ScratchBytes& unpacked : bench_->unpacked) unpacked.Shrink();
  SpareBench() = std::move(bench_);
}

Workbench& Decoder::Chain::bench() {
  if (bench_ == nullptr) bench_ = std::move(SpareBench());
  if (bench_ == nullptr) bench_ = std::make_unique<Workbench>();
  return *bench_;
}

Decoder::State::Step& Decoder::Chain::state(size_t step) {
  if (decoder_.state_ == nullptr) decoder_.state_ = std::make_unique<State>();
  return decoder_.state_->steps[step];
}

bool Decoder::Chain::Fail(size_t step, const absl::Status& why) {
  status_ = absl::Status(why.code(), fmt::format("decode[{}]: {}", step, std::string(why.message())));
  stopped_ = true;
  return false;
}

bool Decoder::Chain::Take(size_t step, std::string_view message) {
  if (step == spec_.steps_.size()) {
    stopped_ = !sink_(kind_, message);
    return !stopped_;
  }
  const DecodeStep& declared = spec_.steps_[step];
  switch (declared.kind) {
    case StepKind::kDecompress:
      return kind_ == InboundKind::kBinary ? Unpack(step, message) : Take(step + 1, message);
    case StepKind::kStrip:
      if (message.starts_with(declared.text)) message.remove_prefix(declared.text.size());
      return Take(step + 1, message);
    default:
      return Split(step, message);
  }
}

bool Decoder::Chain::Unpack(size_t step, std::string_view message) {
  const Compression compression = spec_.steps_[step].compression;
  if (compression == Compression::kZlibStream) return UnpackStream(step, message);
  ScratchBytes& out = bench().unpacked[step];
  out.Clear();
  const absl::Status status = bench().inflater.Unpack(compression, message, most_ - unpacked_[step], out);
  if (!status.ok()) return Fail(step, status);
  unpacked_[step] += out.size();
  return Take(step + 1, out.bytes());
}

bool Decoder::Chain::UnpackStream(size_t step, std::string_view message) {
  std::string whole = TakeKept(step);
  if (!whole.empty() || !message.ends_with(kZlibFlush)) {
    whole += message;
    message = whole;
  }
  if (!message.ends_with(kZlibFlush)) return Keep(step, std::move(whole));
  std::unique_ptr<Inflater>& inflater = state(step).inflater;
  if (inflater == nullptr) inflater = std::make_unique<Inflater>();
  ScratchBytes& out = bench().unpacked[step];
  out.Clear();
  const absl::Status status = inflater->UnpackNext(message, most_ - unpacked_[step], out);
  if (!status.ok()) return Fail(step, status);
  unpacked_[step] += out.size();
  return Take(step + 1, out.bytes());
}

bool Decoder::Chain::Split(size_t step, std::string_view message) {
  std::string whole = spec_.steps_[step].across_frames ? TakeKept(step) : std::string();
  const size_t searched = whole.size();
  if (searched != 0) {
    whole += message;
    message = whole;
  }
  const absl::StatusOr<size_t> used = Cut(step, message, searched);
  if (stopped_) return false;
  if (!used.ok()) return Fail(step, used.status());
  return Finish(step, std::move(whole), message.substr(*used));
}

absl::StatusOr<size_t> Decoder::Chain::Cut(size_t step, std::string_view bytes, size_t searched) {
  const DecodeStep& declared = spec_.steps_[step];
  const auto sink = [this, step](std::string_view message) { return Piece(step, message); };
  switch (declared.kind) {
    case StepKind::kSplitDelimiter:
      return SplitAtDelimiter(bytes, declared.text, searched, sink);
    case StepKind::kSplitLength:
      return SplitByLength(bytes, declared, most_, sink);
    case StepKind::kSplitRegex:
      if (absl::Status status = SplitByRegex(bytes, *spec_.compiled_->regexes[step], sink); !status.ok()) return status;
      return bytes.size();
    default:
      SplitJsonArray(bytes, sink);
      return bytes.size();
  }
}

bool Decoder::Chain::Finish(size_t step, std::string whole, std::string_view rest) {
  const DecodeStep& declared = spec_.steps_[step];
  if (declared.across_frames) {
    const size_t left = rest.size();
    if (whole.empty()) {
      whole = rest;
    } else {
      whole.erase(0, whole.size() - left);
    }
    return Keep(step, std::move(whole));
  }
  if (rest.empty()) return true;
  if (declared.kind == StepKind::kSplitDelimiter) return Piece(step, rest);
  return Fail(step, absl::InvalidArgumentError("the frame ends within a message"));
}

bool Decoder::Chain::Piece(size_t step, std::string_view message) {
  if (++pieces_[step] > DecoderSpec::kMostMessages) {
    return Fail(step, absl::ResourceExhaustedError(
                          fmt::format("more than {} messages in one frame", DecoderSpec::kMostMessages)));
  }
  // One that was put together of frames.
  if (spec_.steps_[step].across_frames && message.size() > MostKept(step)) {
    return Fail(step, absl::ResourceExhaustedError("a message longer than limits.message_bytes"));
  }
  return Take(step + 1, message);
}

std::string Decoder::Chain::TakeKept(size_t step) {
  return decoder_.state_ == nullptr ? std::string() : std::exchange(decoder_.state_->steps[step].kept, std::string());
}

size_t Decoder::Chain::MostKept(size_t step) const {
  const DecodeStep& declared = spec_.steps_[step];
  return declared.kind == StepKind::kSplitLength ? most_ + DecoderSpec::kLargestHeader + kLongestVarint : most_;
}

bool Decoder::Chain::Keep(size_t step, std::string bytes) {
  if (bytes.size() > MostKept(step)) {
    return Fail(step, absl::ResourceExhaustedError("a message longer than limits.message_bytes"));
  }
  if (bytes.empty() && (decoder_.state_ == nullptr || bytes.capacity() > kKeptCapacity)) return true;
  state(step).kept = std::move(bytes);
  return true;
}

Decoder::Decoder() = default;
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

absl::Status Decoder::Decode(const DecoderSpec& spec, InboundKind kind, std::string_view frame, size_t most_bytes,
                             absl::FunctionRef<bool(InboundKind, std::string_view)> sink) {
  Chain chain(*this, spec, kind, most_bytes, sink);
  chain.Take(0, frame);
  return chain.status();
}

void Decoder::Reset() { state_.reset(); }

}  // namespace holter::core
