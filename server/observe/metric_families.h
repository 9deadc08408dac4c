// Every aggregate that Holter exports: name, help, buckets. The one list of names; docs/metrics.md is compared to it by
// a test.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "base/clock.h"

namespace holter::observe {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
template <typename T>
using Family = prometheus::Family<T>;

// Upper bounds of buckets, in seconds.
const Histogram::BucketBoundaries& RttBuckets();
const Histogram::BucketBoundaries& PhaseBuckets();
const Histogram::BucketBoundaries& RecoveryBuckets();
const Histogram::BucketBoundaries& LifetimeBuckets();
const Histogram::BucketBoundaries& LagBuckets();
const Histogram::BucketBoundaries& OperationBuckets();

// Of a tenant and group.
struct GroupFamilies {
  explicit GroupFamilies(prometheus::Registry& registry);

  Family<Gauge>& sessions;
  Family<Counter>& transitions;
  Family<Counter>& connect_attempts;
  Family<Counter>& connect_failures;
  Family<Histogram>& connect_phase;
  Family<Counter>& reconnects;
  Family<Counter>& beats_sent;
  Family<Counter>& beats_acked;
  Family<Counter>& beats_missed;
  Family<Counter>& beats_late;
  Family<Counter>& beats_foreign;
  Family<Counter>& beats_duplicate;
  Family<Counter>& beats_unsolicited;
  Family<Counter>& beats_excused;
  Family<Histogram>& rtt;
  Family<Histogram>& recovery;
  Family<Histogram>& lifetime;
  Family<Counter>& observed;
  Family<Counter>& healthy;
  Family<Counter>& messages_received;
  Family<Counter>& messages_sent;
  Family<Counter>& bytes_received;
  Family<Counter>& bytes_sent;
  Family<Gauge>& peer_certificate_expiry;
};

// Of the process.
struct ProcessFamilies {
  explicit ProcessFamilies(prometheus::Registry& registry);

  Family<Gauge>& build_info;
  Family<Gauge>& start;
  Family<Gauge>& capacity_sessions;
  Family<Gauge>& capacity_sessions_used;
  Family<Gauge>& open_files;
  Family<Gauge>& dialing;
  Family<Gauge>& waiting;
  Family<Counter>& groups_overflowed;
  Family<Histogram>& loop_lag;
  Family<Counter>& loop_stalls;
  Family<Counter>& rpc_requests;
  Family<Histogram>& rpc_duration;
  Family<Histogram>& store_commit;
  Family<Counter>& store_changes;
  Family<Counter>& store_failures;
  Family<Gauge>& store_degraded;
  Family<Counter>& events_dropped;
  Family<Counter>& exceptions;
  Family<Counter>& reloads;
  Family<Counter>& reload_failures;
  Family<Gauge>& reload_good;
  Family<Counter>& audit_lost;
  Family<Counter>& egress;
  Family<Gauge>& quota_used;
  Family<Gauge>& quota_limit;
  Family<Gauge>& listener_certificate_expiry;
};

inline double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace holter::observe
