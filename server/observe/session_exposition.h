// The series of single sessions: read once at scrape time, then written family by family in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "core/session_status.h"
#include "registry/session_registry.h"

namespace holter::observe {

// How much /metrics tells of single sessions.
enum class SeriesLevel : uint8_t { kNone, kBasic, kFull };

struct SessionExpositionOptions {
  SeriesLevel level = SeriesLevel::kBasic;
  // Sessions whose series would go beyond it are left out whole, the last by name first.
  size_t max_series = 200'000;
};

// One scrape. The text format wants all samples of a family together, and a session must be locked only while it is
// copied, so Add keeps what the families need: 64 bytes a session and the text of its labels. Used by one thread at a
// time.
class SessionExposition {
 public:
  // `now` and `wall` are the same moment on both clocks.
  SessionExposition(const SessionExpositionOptions& options, TimePoint now, WallTime wall);

  // `view.cell` is not looked at.
  void Add(const registry::SessionView& view, const core::SessionVitals& vitals);

  // Appends the next piece, some tens of KiB, to `out`. False: everything has been written and nothing was appended.
  bool Next(std::string& out);

  size_t series_dropped() const { return dropped_; }

 private:
  // Layers of RTT, in the order of their words.
  enum Layer : uint8_t { kTcp, kTcpSmoothed, kProtocol, kApp, kLayerCount };

  // A session as the families need it. Times are of the calendar; 0: none.
  struct Sample {
    int64_t last_alive_ms = 0;
    int64_t tls_expiry_s = 0;
    int64_t created_ms = 0;
    uint32_t labels = 0;          // offset in text_; the next sample's is the end
    uint32_t info = 0;            // offset in info_
    float rtt[kLayerCount] = {};  // NaN: none
    uint32_t protocol_missed = 0;
    uint32_t app_missed = 0;
    uint32_t reconnects = 0;
    core::State state = core::State::kConnecting;
    core::Health health = core::Health::kUnknown;
    bool has_protocol = false;
    bool has_app = false;

    // A paused session is neither up nor down.
    bool HasUp() const { return state != core::State::kPaused; }
  };

  struct FamilyWriter {
    const char* name;
    const char* type;
    const char* help;
    SeriesLevel least;
    void (SessionExposition::*write)(std::string& out, std::string_view name, size_t index) const;
  };
  static const FamilyWriter kFamilies[];
  static const size_t kFamilyCount;

  Sample Read(const core::SessionVitals& vitals) const;
  size_t CountSeries(const Sample& sample) const;
  void AppendInfo(const registry::SessionView& view);
  int64_t CalendarMilliseconds(TimePoint at) const;
  std::string_view LabelsOf(size_t index) const;

  // Each appends the samples of one session to one family.
  void WriteUp(std::string& out, std::string_view name, size_t index) const;
  void WriteState(std::string& out, std::string_view name, size_t index) const;
  void WriteRtt(std::string& out, std::string_view name, size_t index) const;
  void WriteMissed(std::string& out, std::string_view name, size_t index) const;
  void WriteReconnects(std::string& out, std::string_view name, size_t index) const;
  void WriteLastAlive(std::string& out, std::string_view name, size_t index) const;
  void WriteCreated(std::string& out, std::string_view name, size_t index) const;
  void WriteTlsExpiry(std::string& out, std::string_view name, size_t index) const;
  void WriteInfo(std::string& out, std::string_view name, size_t index) const;
  void Begin(std::string& out, std::string_view name, size_t index, std::string_view more) const;

  const SessionExpositionOptions options_;
  const TimePoint now_;
  const WallTime wall_;
  std::vector<Sample> samples_;
  std::string text_;  // labels of all samples, escaped, one after another
  std::string info_;  // what holter_session_info adds
  size_t series_ = 0;
  size_t dropped_ = 0;
  bool dropped_written_ = false;
  size_t family_ = 0;  // where Next goes on
  size_t index_ = 0;
};

}  // namespace holter::observe
