#include "tests/sim/peer.h"

namespace holter::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Happening::Kind;

constexpr core::Reason kReasons[] = {core::Reason::kDns,
                                     core::Reason::kConnectRefused,
                                     core::Reason::kConnectTimeout,
                                     core::Reason::kUnreachable,
                                     core::Reason::kTlsUntrusted,
                                     core::Reason::kTlsTimeout,
                                     core::Reason::kUpgradeInvalid,
                                     core::Reason::kSecret,
                                     core::Reason::kLocalResource};
constexpr int kStatuses[] = {301, 401, 403, 404, 408, 429, 500, 503};
constexpr uint16_t kCodes[] = {0, 1000, 1001, 1008, 1011, 1013, 4000};

Duration Between(Duration least, Duration most, Random& random) {
  return least + Duration(static_cast<Duration::rep>(static_cast<double>((most - least).count()) * Uniform01(random)));
}

bool Chance(double probability, Random& random) { return Uniform01(random) < probability; }

Happening Opened(Random& random) {
  return {.kind = Kind::kOpened, .after = Between(milliseconds(1), milliseconds(300), random)};
}

Happening Failed(core::DialFailure failure, Random& random) {
  return {.kind = Kind::kDialFailed,
          .after = Between(milliseconds(0), seconds(10), random),
          .payload = {},
          .failure = std::move(failure)};
}

Happening Closed(Duration after, uint16_t code) {
  Happening happening{.kind = Kind::kClosed, .after = after};
  happening.close.code = code;
  happening.close.reason = code == 0 ? core::Reason::kPeerReset : core::Reason::kPeerClosed;
  return happening;
}

core::DialFailure Refusal(Random& random) {
  return {.reason = kReasons[random() % std::size(kReasons)], .detail = "refused"};
}

core::DialFailure Status(Random& random) {
  core::DialFailure failure{.reason = core::Reason::kUpgradeStatus, .detail = "status"};
  failure.http_status = kStatuses[random() % std::size(kStatuses)];
  if (Chance(0.5, random)) failure.retry_after = Between(seconds(0), seconds(2000), random);
  return failure;
}

Duration RoundTrip(PeerKind kind, Random& random) {
  if (kind == PeerKind::kSlow) return Between(milliseconds(100), seconds(9), random);
  return Between(milliseconds(1), milliseconds(200), random);
}

}  // namespace

std::vector<Happening> OnDial(PeerKind kind, Random& random) {
  switch (kind) {
    case PeerKind::kRefusing:
      return {Failed(Refusal(random), random)};
    case PeerKind::kStatus:
      return {Failed(Status(random), random)};
    case PeerKind::kNeverAgain:
      return {Failed({.reason = core::Reason::kUpgradeStatus, .detail = "gone", .http_status = 410}, random)};
    case PeerKind::kHangUp: {
      const Happening opened = Opened(random);
      return {opened, Closed(opened.after + milliseconds(1), kCodes[random() % std::size(kCodes)])};
    }
    case PeerKind::kUnstable: {
      const Happening opened = Opened(random);
      return {opened, Closed(opened.after + Between(seconds(1), seconds(300), random), Chance(0.5, random) ? 0 : 1001)};
    }
    default:
      return {Opened(random)};
  }
}

std::vector<Happening> OnPing(PeerKind kind, std::string_view payload, Random& random) {
  Happening pong{.kind = Kind::kPong, .after = RoundTrip(kind, random), .payload = std::string(payload)};
  switch (kind) {
    case PeerKind::kZombie:
      return {};
    case PeerKind::kForgetful:
      if (Chance(0.1, random)) return {};
      return {pong};
    case PeerKind::kEmptyPong:
      pong.payload.clear();
      return {pong};
    case PeerKind::kNoisy: {
      Happening invented = pong;
      invented.after /= 2;
      invented.payload = Chance(0.5, random) ? "" : "x" + std::string(payload);
      Happening repeated = pong;
      repeated.after *= 2;
      return {invented, pong, repeated};
    }
    default:
      return {pong};
  }
}

std::vector<Happening> OnQuestion(PeerKind kind, std::string_view payload, Random& random) {
  if (kind == PeerKind::kZombie || kind == PeerKind::kHalfZombie) return {};
  if (kind == PeerKind::kForgetful && Chance(0.1, random)) return {};
  std::string answer = "a" + std::string(payload.substr(1));
  return {{.kind = Kind::kMessage, .after = RoundTrip(kind, random), .payload = std::move(answer)}};
}

}  // namespace holter::sim
