#include "observe/metric_families.h"

namespace holter::observe {
namespace {

Family<Counter>& Count(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

Family<Gauge>& Level(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

Family<Histogram>& Spread(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace

// Peers of one machine or zone answer in less than a millisecond, hence the bounds below it.
const Histogram::BucketBoundaries& RttBuckets() {
  static const Histogram::BucketBoundaries kBounds = {
      0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return kBounds;
}

const Histogram::BucketBoundaries& PhaseBuckets() {
  static const Histogram::BucketBoundaries kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                      0.1,    0.25,  0.5,    1,     2.5,  5,     10};
  return kBounds;
}

const Histogram::BucketBoundaries& RecoveryBuckets() {
  static const Histogram::BucketBoundaries kBounds = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400};
  return kBounds;
}

const Histogram::BucketBoundaries& LifetimeBuckets() {
  static const Histogram::BucketBoundaries kBounds = {1, 10, 60, 300, 900, 3600, 14400, 43200, 86400, 259200, 604800};
  return kBounds;
}

// Up to 30 s, so that a process that was stopped for some seconds shows by how much.
const Histogram::BucketBoundaries& LagBuckets() {
  static const Histogram::BucketBoundaries kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                      0.25,   0.5,   1,      2.5,   5,    10,    30};
  return kBounds;
}

const Histogram::BucketBoundaries& OperationBuckets() {
  static const Histogram::BucketBoundaries kBounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                      0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
  return kBounds;
}

GroupFamilies::GroupFamilies(prometheus::Registry& r)
    : sessions(Level(r, "holter_sessions", "Sessions that are declared, by state and health.")),
      transitions(Count(r, "holter_session_transitions_total",
                        "Entries into a state or a health, with the reason and what the kernel knew.")),
      connect_attempts(Count(r, "holter_connect_attempts_total", "Attempts to open a session that have ended.")),
      connect_failures(Count(r, "holter_connect_failures_total", "Attempts to open a session that failed.")),
      connect_phase(
          Spread(r, "holter_connect_phase_seconds", "Time that a phase of an attempt took when it ended well.")),
      reconnects(Count(r, "holter_reconnects_total", "Open connections that ended and are to be replaced.")),
      beats_sent(Count(r, "holter_heartbeats_sent_total", "Heartbeats sent.")),
      beats_acked(Count(r, "holter_heartbeats_acked_total", "Heartbeats answered in time.")),
      beats_missed(Count(r, "holter_heartbeats_missed_total", "Heartbeats not answered in time.")),
      beats_late(Count(r, "holter_heartbeats_late_total", "Answers that came after their deadline.")),
      beats_foreign(Count(r, "holter_heartbeats_foreign_total", "Answers to something that was never asked.")),
      beats_duplicate(Count(r, "holter_heartbeats_duplicate_total", "Answers to a heartbeat that had been answered.")),
      beats_unsolicited(Count(r, "holter_heartbeats_unsolicited_total", "Answers while nothing was outstanding.")),
      beats_excused(Count(r, "holter_heartbeats_excused_total",
                          "Heartbeats whose deadline passed while Holter itself was starved; nobody is blamed.")),
      rtt(Spread(r, "holter_heartbeat_rtt_seconds", "Round trips; layer tcp is the kernel's least round trip.")),
      recovery(Spread(r, "holter_recovery_seconds", "How long a session was down before it was healthy again.")),
      lifetime(Spread(r, "holter_session_lifetime_seconds", "How long a connection was open when it ended.")),
      observed(
          Count(r, "holter_observed_seconds_total", "Session-seconds with a known health: healthy, degraded or down.")),
      healthy(Count(r, "holter_healthy_seconds_total", "Session-seconds in health HEALTHY.")),
      messages_received(Count(r, "holter_received_messages_total", "Data messages received.")),
      messages_sent(Count(r, "holter_sent_messages_total", "Data messages sent.")),
      bytes_received(Count(r, "holter_received_bytes_total", "Bytes received on open sessions.")),
      bytes_sent(Count(r, "holter_sent_bytes_total", "Bytes sent on open sessions.")),
      peer_certificate_expiry(
          Level(r, "holter_peer_certificate_expiry_timestamp_seconds",
                "When the first certificate expires among those that peers of open sessions have shown.")) {}

ProcessFamilies::ProcessFamilies(prometheus::Registry& r)
    : build_info(Level(r, "holter_build_info", "Always 1; the version is a label.")),
      start(Level(r, "holter_start_timestamp_seconds", "When the process started.")),
      capacity_sessions(Level(r, "holter_capacity_sessions", "Sessions that the limit of open files has room for.")),
      capacity_sessions_used(Level(r, "holter_capacity_sessions_used", "Sessions that hold room.")),
      open_files(Level(r, "holter_open_files", "Sockets of sessions, closing ones included.")),
      dialing(Level(r, "holter_connects_in_flight", "Attempts in flight.")),
      waiting(Level(r, "holter_connects_waiting", "Attempts that wait for their turn.")),
      groups_overflowed(Count(r, "holter_groups_overflowed_total",
                              "Declarations counted under \"other\" because the limit of names was reached.")),
      loop_lag(Spread(r, "holter_loop_lag_seconds", "How late an event loop ran its timer.")),
      loop_stalls(Count(r, "holter_loop_stalls_total", "Times that an event loop ran its timer 250 ms late or more.")),
      rpc_requests(Count(r, "holter_rpc_requests_total", "Calls that ended, by method and canonical code.")),
      rpc_duration(Spread(r, "holter_rpc_duration_seconds", "How long calls took.")),
      store_commit(Spread(r, "holter_store_commit_seconds", "How long commits of the store took, sync included.")),
      store_changes(Count(r, "holter_store_changes_total",
                          "Rows changed by commits that succeeded: declarations and what belongs to them.")),
      store_failures(Count(r, "holter_store_commit_failures_total", "Commits of the store that failed.")),
      store_degraded(Level(r, "holter_store_degraded", "1 while the store takes no changes, by reason.")),
      events_dropped(Count(r, "holter_session_events_dropped_total", "Events that the history did not take.")),
      exceptions(Count(r, "holter_exceptions_total", "Exceptions caught at the edge of a room.")),
      reloads(
          Count(r, "holter_reloads_total", "Readings of what may change while holterd runs, that were taken over.")),
      reload_failures(Count(r, "holter_reload_failures_total", "Readings that were refused; what was before stands.")),
      reload_good(Level(r, "holter_last_reload_successful", "1 if the last reading was taken over, else 0.")),
      audit_lost(Count(r, "holter_audit_records_lost_total", "Records that the audit log could not take.")),
      egress(Count(r, "holter_egress_verdicts_total", "Addresses judged before they were dialled, by what decided.")),
      quota_used(Level(r, "holter_quota_used", "What a tenant uses of what is limited.")),
      quota_limit(Level(r, "holter_quota_limit", "How much of it the tenant may use.")),
      listener_certificate_expiry(Level(r, "holter_listener_certificate_expiry_timestamp_seconds",
                                        "When the certificate that the listener shows ends.")) {}

}  // namespace holter::observe
