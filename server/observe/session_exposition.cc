#include "observe/session_exposition.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "core/url.h"
#include "observe/text_format.h"

namespace holter::observe {
namespace {

constexpr size_t kPiece = size_t{64} << 10;
constexpr const char* kRttLayers[] = {R"(layer="tcp")", R"(layer="tcp_smoothed")", R"(layer="protocol")",
                                      R"(layer="app")"};
constexpr std::string_view kProtocolLayer = R"(layer="protocol")";
constexpr std::string_view kAppLayer = R"(layer="app")";

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

float SecondsOf(Duration duration) { return std::chrono::duration<float>(duration).count(); }

float SecondsOrNone(const std::optional<Duration>& duration) { return duration ? SecondsOf(*duration) : kNone; }

}  // namespace

const SessionExposition::FamilyWriter SessionExposition::kFamilies[] = {
    {"holter_session_up", "gauge", "1 while the session is healthy or degraded; not written for a paused one.",
     SeriesLevel::kBasic, &SessionExposition::WriteUp},
    {"holter_session_state", "gauge", "1 connecting, 2 open, 3 backoff, 4 stopped, 5 paused.", SeriesLevel::kBasic,
     &SessionExposition::WriteState},
    {"holter_session_rtt_seconds", "gauge", "Last round trip by layer; tcp is the kernel's least.", SeriesLevel::kBasic,
     &SessionExposition::WriteRtt},
    {"holter_session_heartbeats_missed_total", "counter", "Heartbeats not answered in time.", SeriesLevel::kBasic,
     &SessionExposition::WriteMissed},
    {"holter_session_reconnects_total", "counter", "Connections lost and begun anew.", SeriesLevel::kBasic,
     &SessionExposition::WriteReconnects},
    {"holter_session_last_alive_timestamp_seconds", "gauge", "When the session last proved life.", SeriesLevel::kBasic,
     &SessionExposition::WriteLastAlive},
    {"holter_session_created_timestamp_seconds", "gauge", "When the session was declared under its name.",
     SeriesLevel::kFull, &SessionExposition::WriteCreated},
    {"holter_session_tls_expiry_timestamp_seconds", "gauge", "When the first certificate of the peer's chain expires.",
     SeriesLevel::kFull, &SessionExposition::WriteTlsExpiry},
    {"holter_session_info", "gauge", "Always 1; host and the labels of the declaration.", SeriesLevel::kFull,
     &SessionExposition::WriteInfo},
};
const size_t SessionExposition::kFamilyCount = std::size(kFamilies);

SessionExposition::SessionExposition(const SessionExpositionOptions& options, TimePoint now, WallTime wall)
    : options_(options), now_(now), wall_(wall) {
  static_assert(sizeof(Sample) <= 64);
}

void SessionExposition::Add(const registry::SessionView& view, const core::SessionVitals& vitals) {
  if (options_.level == SeriesLevel::kNone) {
    return;
  }
  Sample sample = Read(vitals);
  const size_t series = CountSeries(sample);
  if (dropped_ > 0 || series_ + series > options_.max_series) {
    dropped_ += series;
    return;
  }
  series_ += series;
  sample.created_ms = std::chrono::round<std::chrono::milliseconds>(view.created.time_since_epoch()).count();
  sample.labels = static_cast<uint32_t>(text_.size());
  sample.info = static_cast<uint32_t>(info_.size());
  text_ += "tenant=\"";
  AppendLabelValue(text_, view.tenant);
  text_ += "\",session=\"";
  AppendLabelValue(text_, view.session);
  text_ += "\",group=\"";
  AppendLabelValue(text_, view.group);
  text_ += '"';
  if (options_.level == SeriesLevel::kFull) {
    AppendInfo(view);
  }
  samples_.push_back(sample);
}

SessionExposition::Sample SessionExposition::Read(const core::SessionVitals& vitals) const {
  Sample sample;
  sample.state = vitals.state;
  sample.health = vitals.health;
  sample.reconnects = static_cast<uint32_t>(vitals.reconnects);
  if (vitals.last_alive) {
    sample.last_alive_ms = CalendarMilliseconds(*vitals.last_alive);
  }
  if (vitals.tls_expiry) {
    sample.tls_expiry_s =
        std::chrono::duration_cast<std::chrono::seconds>(vitals.tls_expiry->time_since_epoch()).count();
  }
  sample.rtt[kTcp] = vitals.tcp_rtt ? SecondsOf(vitals.tcp_rtt->min) : kNone;
  const bool smoothed = vitals.tcp_rtt && options_.level == SeriesLevel::kFull;
  sample.rtt[kTcpSmoothed] = smoothed ? SecondsOf(vitals.tcp_rtt->smoothed) : kNone;
  sample.has_protocol = vitals.protocol.active;
  sample.protocol_missed = vitals.protocol.missed;
  sample.rtt[kProtocol] = SecondsOrNone(vitals.protocol.last_rtt);
  sample.has_app = vitals.app.active;
  sample.app_missed = vitals.app.missed;
  sample.rtt[kApp] = SecondsOrNone(vitals.app.last_rtt);
  return sample;
}

size_t SessionExposition::CountSeries(const Sample& sample) const {
  size_t count = 2 + size_t{sample.HasUp()};  // state, reconnects
  for (const float rtt : sample.rtt) {
    count += !std::isnan(rtt);
  }
  count += size_t{sample.has_protocol} + size_t{sample.has_app} + size_t{sample.last_alive_ms != 0};
  if (options_.level == SeriesLevel::kFull) {
    count += 2 + size_t{sample.tls_expiry_s != 0};
  }
  return count;
}

// Keys are [a-zA-Z_][a-zA-Z0-9_]*, the API refuses others; the prefix keeps them apart from Holter's own.
void SessionExposition::AppendInfo(const registry::SessionView& view) {
  const auto url = core::ParseUrl(view.url);
  info_ += "host=\"";
  AppendLabelValue(info_, url.ok() ? url->HostHeader() : std::string());
  info_ += '"';
  if (view.labels == nullptr) {
    return;
  }
  for (const auto& [key, value] : *view.labels) {
    info_.append(",label_").append(key).append("=\"");
    AppendLabelValue(info_, value);
    info_ += '"';
  }
}

int64_t SessionExposition::CalendarMilliseconds(TimePoint at) const {
  return std::chrono::round<std::chrono::milliseconds>(wall_.time_since_epoch() - (now_ - at)).count();
}

bool SessionExposition::Next(std::string& out) {
  if (!dropped_written_) {
    dropped_written_ = true;
    constexpr std::string_view name = "holter_session_series_dropped";
    AppendFamilyHeader(out, name, "gauge", "Series of single sessions that this scrape left out because of the limit.");
    out.append(name).append(" ");
    AppendNumber(out, dropped_);
    out += '\n';
    return true;
  }
  const size_t before = out.size();
  for (; family_ < kFamilyCount; ++family_, index_ = 0) {
    const FamilyWriter& family = kFamilies[family_];
    if (samples_.empty() || options_.level < family.least) {
      continue;
    }
    if (index_ == 0) {
      AppendFamilyHeader(out, family.name, family.type, family.help);
    }
    while (index_ < samples_.size()) {
      (this->*family.write)(out, family.name, index_++);
      if (out.size() - before >= kPiece) {
        return true;
      }
    }
  }
  return out.size() > before;
}

std::string_view SessionExposition::LabelsOf(size_t index) const {
  const size_t begin = samples_[index].labels;
  const size_t end = index + 1 < samples_.size() ? samples_[index + 1].labels : text_.size();
  return std::string_view(text_).substr(begin, end - begin);
}

void SessionExposition::Begin(std::string& out, std::string_view name, size_t index, std::string_view more) const {
  out.append(name).append("{").append(LabelsOf(index));
  if (!more.empty()) {
    out.append(",").append(more);
  }
  out.append("} ");
}

void SessionExposition::WriteUp(std::string& out, std::string_view name, size_t index) const {
  if (!samples_[index].HasUp()) {
    return;
  }
  const core::Health health = samples_[index].health;
  Begin(out, name, index, {});
  out.append(health == core::Health::kHealthy || health == core::Health::kDegraded ? "1\n" : "0\n");
}

void SessionExposition::WriteState(std::string& out, std::string_view name, size_t index) const {
  Begin(out, name, index, {});
  AppendNumber(out, static_cast<int>(samples_[index].state));
  out += '\n';
}

void SessionExposition::WriteRtt(std::string& out, std::string_view name, size_t index) const {
  for (size_t layer = 0; layer < kLayerCount; ++layer) {
    const float rtt = samples_[index].rtt[layer];
    if (!std::isnan(rtt)) {
      Begin(out, name, index, kRttLayers[layer]);
      AppendNumber(out, rtt);
      out += '\n';
    }
  }
}

void SessionExposition::WriteMissed(std::string& out, std::string_view name, size_t index) const {
  const Sample& sample = samples_[index];
  if (sample.has_protocol) {
    Begin(out, name, index, kProtocolLayer);
    AppendNumber(out, sample.protocol_missed);
    out += '\n';
  }
  if (sample.has_app) {
    Begin(out, name, index, kAppLayer);
    AppendNumber(out, sample.app_missed);
    out += '\n';
  }
}

void SessionExposition::WriteReconnects(std::string& out, std::string_view name, size_t index) const {
  Begin(out, name, index, {});
  AppendNumber(out, samples_[index].reconnects);
  out += '\n';
}

void SessionExposition::WriteLastAlive(std::string& out, std::string_view name, size_t index) const {
  if (samples_[index].last_alive_ms != 0) {
    Begin(out, name, index, {});
    AppendMillisecondsAsSeconds(out, samples_[index].last_alive_ms);
    out += '\n';
  }
}

void SessionExposition::WriteCreated(std::string& out, std::string_view name, size_t index) const {
  Begin(out, name, index, {});
  AppendMillisecondsAsSeconds(out, samples_[index].created_ms);
  out += '\n';
}

void SessionExposition::WriteTlsExpiry(std::string& out, std::string_view name, size_t index) const {
  if (samples_[index].tls_expiry_s != 0) {
    Begin(out, name, index, {});
    AppendNumber(out, samples_[index].tls_expiry_s);
    out += '\n';
  }
}

void SessionExposition::WriteInfo(std::string& out, std::string_view name, size_t index) const {
  const size_t begin = samples_[index].info;
  const size_t end = index + 1 < samples_.size() ? samples_[index + 1].info : info_.size();
  Begin(out, name, index, std::string_view(info_).substr(begin, end - begin));
  out.append("1\n");
}

}  // namespace holter::observe
