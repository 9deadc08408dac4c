#include "client/cli/probe_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/printable_text.h"
#include "client/cli/watch_lines.h"
#include "client/cli/words.h"
#include "spec/session_story.h"

namespace holter::cli {
namespace {

using BeatEvent = v1::ProbeSessionResponse::BeatEvent;
using TappedFrame = v1::TapSessionResponse::Frame;

std::string InMs(const google::protobuf::Duration& duration) { return Milliseconds(ToDuration(duration)) + " ms"; }

// "KIND_ACKED" is "acked".
std::string PlainWord(const std::string& name) {
  return absl::AsciiStrToLower(name.substr(std::min(name.find('_') + 1, name.size())));
}

std::string OpeningWords(const v1::ProbeSessionResponse::Opening& opening) {
  std::string text = "open, peer " + opening.peer_address();
  if (!opening.subprotocol().empty()) text += ", subprotocol " + opening.subprotocol();
  if (opening.has_tls_expiry_time()) {
    text += ", certificate valid until " + LocalTime(ToWallTime(opening.tls_expiry_time()));
  }
  return text;
}

std::string ProbedBeatWords(const BeatEvent& beat) {
  std::string text = fmt::format("{} {}", beat.name(), PlainWord(BeatEvent::Kind_Name(beat.kind())));
  if (beat.has_rtt()) text += ", rtt " + InMs(beat.rtt());
  return text;
}

// Two bytes of code, then the reason.
std::string CloseWords(const std::string& payload) {
  if (payload.size() < 2) return "";
  const int code = static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
  return fmt::format("{} {}", code, PrintableText(payload.substr(2)));
}

std::string PayloadWords(const TappedFrame& frame) {
  std::string text;
  if (frame.kind() == TappedFrame::KIND_CLOSE) {
    text = CloseWords(frame.payload());
  } else if (frame.kind() == TappedFrame::KIND_TEXT) {
    text = PrintableText(frame.payload());
  } else {
    text = absl::BytesToHexString(frame.payload());
  }
  return static_cast<int64_t>(frame.payload().size()) < frame.size() ? text + "…" : text;
}

}  // namespace

std::optional<std::string> ProbeLine(const v1::ProbeSessionResponse& response, bool color) {
  std::string what;
  switch (response.event_case()) {
    case v1::ProbeSessionResponse::kPhase:
      what = fmt::format("{} took {}", response.phase().phase(), InMs(response.phase().took()));
      break;
    case v1::ProbeSessionResponse::kOpening:
      what = OpeningWords(response.opening());
      break;
    case v1::ProbeSessionResponse::kBeat:
      if (response.beat().kind() == BeatEvent::KIND_SENT) return std::nullopt;
      what = ProbedBeatWords(response.beat());
      break;
    case v1::ProbeSessionResponse::kTransition:
      what = EventWords(response.transition(), color);
      break;
    default:
      return std::nullopt;
  }
  return fmt::format("{}  {}", LocalTime(ToWallTime(response.time())), what);
}

std::vector<std::string> ProbeSummaryLines(const std::string& target, const v1::ProbeSummary& summary, WallTime now) {
  v1::Session session;
  session.mutable_spec()->set_url(target);
  *session.mutable_status() = summary.status();
  std::vector<std::string> lines = {fmt::format("--- {} ---", target),
                                    spec::WhySentence("it", session, {.now = now, .zone = absl::LocalTimeZone()})};
  for (const v1::BeatStatus& beat : summary.status().beats()) {
    std::string line =
        fmt::format("{}: {} sent, {} acked, {} missed", beat.name(), beat.sent(), beat.acked(), beat.missed());
    for (const v1::ProbeSummary::BeatRtt& rtt : summary.rtts()) {
      if (rtt.name() != beat.name()) continue;
      line += fmt::format(", rtt min/p50/p99/max = {}/{}/{}/{} ms", Milliseconds(ToDuration(rtt.min())),
                          Milliseconds(ToDuration(rtt.p50())), Milliseconds(ToDuration(rtt.p99())),
                          Milliseconds(ToDuration(rtt.max())));
    }
    lines.push_back(line);
  }
  if (summary.dropped() > 0) lines.push_back(fmt::format("{} events were not told", summary.dropped()));
  return lines;
}

bool ProbeWentWell(const v1::ProbeSummary& summary) {
  const auto& beats = summary.status().beats();
  const bool lost = std::any_of(beats.begin(), beats.end(), [](const auto& beat) { return beat.missed() > 0; });
  const bool answered = std::any_of(beats.begin(), beats.end(), [](const auto& beat) { return beat.acked() > 0; });
  return summary.status().health() == v1::HEALTH_HEALTHY && answered && !lost;
}

std::string FrameLine(const TappedFrame& frame) {
  return fmt::format("{}  {:<3}  {} {} B  {}", LocalTime(ToWallTime(frame.time())),
                     PlainWord(TappedFrame::Direction_Name(frame.direction())),
                     PlainWord(TappedFrame::Kind_Name(frame.kind())), frame.size(), PayloadWords(frame));
}

}  // namespace holter::cli
