// Is Holter itself well? Who watches must not be the one that is ill.
import { board } from '../board';
import { quantiles } from '../layers';
import { UIDS } from '../links';
import { FULL, graph, heatmap, moment, stat, timeline } from '../panels';
import { GROUP, SELF, TENANT, buckets, quantile, rate, ratio, series, sum } from '../promql';
import { YES_WORDS } from '../words';

const USED = sum(series('holter_capacity_sessions_used', SELF));

const numbers = [
  stat({
    title: 'Version',
    about: 'What runs.',
    width: 3,
    unit: 'none',
    names: true,
    queries: [{ expr: `count by (version) (${series('holter_build_info', SELF)})`, legend: '{{version}}' }],
  }),
  moment({
    title: 'Started',
    about: 'When the process that started last did so.',
    width: 3,
    expr: `max(${series('holter_start_timestamp_seconds', SELF)})`,
  }),
  stat({
    title: 'Room used',
    about: 'Sessions that hold room, of those that the limit of open files allows.',
    width: 3,
    unit: 'percentunit',
    steps: { green: 0, orange: 0.8, red: 0.95 },
    queries: [{ expr: ratio(USED, sum(series('holter_capacity_sessions', SELF))) }],
  }),
  stat({
    title: 'Loop lag p99',
    about: 'How late event loops ran their timers. While they are late, round trips are not to be trusted.',
    width: 3,
    unit: 's',
    steps: { green: 0, orange: 0.05, red: 0.25 },
    queries: [{ expr: quantile(0.99, 'holter_loop_lag_seconds', SELF) }],
  }),
  stat({
    title: 'Store takes changes',
    about: 'no: declarations are refused, sessions go on.',
    width: 3,
    unit: 'none',
    words: YES_WORDS,
    queries: [{ expr: `1 - max(${series('holter_store_degraded', SELF)})` }],
  }),
  stat({
    title: 'Last reload taken over',
    about: 'no: a file that may change while holterd runs was refused; what was before stands.',
    width: 3,
    unit: 'none',
    words: YES_WORDS,
    queries: [{ expr: `min(${series('holter_last_reload_successful', SELF)})` }],
  }),
  stat({
    title: 'Series left out',
    about: 'Series of single sessions beyond --session-series-limit: their sessions are on no board.',
    width: 3,
    unit: 'short',
    steps: { green: 0, orange: 1 },
    queries: [{ expr: sum(series('holter_session_series_dropped', SELF)) }],
  }),
  stat({
    title: 'Names counted under other',
    about: 'Declarations whose tenant or group is one too many for the metrics.',
    width: 3,
    unit: 'cps',
    steps: { green: 0, orange: 0.001 },
    queries: [{ expr: sum(rate('holter_groups_overflowed_total', SELF)) }],
  }),
];

const loops = [
  heatmap({
    title: 'Loop lag',
    about: 'How late event loops ran their timers, all loops.',
    width: 8,
    unit: 's',
    expr: buckets('holter_loop_lag_seconds', SELF),
  }),
  graph({
    title: 'Loop lag p99 by loop',
    about: 'One loop alone that is late: its sessions are too busy, or something blocks it.',
    width: 8,
    unit: 's',
    steps: { green: 0, red: 0.25 },
    queries: [
      { expr: quantile(0.99, 'holter_loop_lag_seconds', SELF, '', 'instance, loop'), legend: '{{instance}} {{loop}}' },
    ],
  }),
  graph({
    title: 'Stalls',
    about: 'Times that a loop was 250 ms late or more. Heartbeats that fell into one are excused.',
    width: 8,
    unit: 'cps',
    stacked: true,
    queries: [{ expr: sum(rate('holter_loop_stalls_total', SELF), 'instance, loop'), legend: '{{instance}} {{loop}}' }],
  }),
];

const connections = [
  graph({
    title: 'Room',
    about: 'Sessions that hold room, their sockets, and what the limit of open files allows.',
    width: 8,
    unit: 'short',
    queries: [
      { expr: USED, legend: 'sessions' },
      { expr: sum(series('holter_open_files', SELF)), legend: 'sockets' },
      { expr: sum(series('holter_capacity_sessions', SELF)), legend: 'allowed' },
    ],
  }),
  graph({
    title: 'Attempts at a time',
    about: 'In flight, and waiting for their turn (--connect-rate, --connect-in-flight).',
    width: 8,
    unit: 'short',
    queries: [
      { expr: sum(series('holter_connects_in_flight', SELF)), legend: 'in flight' },
      { expr: sum(series('holter_connects_waiting', SELF)), legend: 'waiting' },
    ],
  }),
  graph({
    title: 'Largest groups',
    about: 'Who fills the room: the ten groups with most sessions.',
    width: 8,
    unit: 'short',
    stacked: true,
    queries: [
      { expr: `topk(10, ${sum(series('holter_sessions', GROUP), 'tenant, group')})`, legend: '{{tenant}} {{group}}' },
    ],
  }),
  graph({
    title: 'Egress verdicts',
    about: 'Addresses judged before they were dialled, by the rule that decided.',
    width: 8,
    unit: 'cps',
    stacked: true,
    queries: [
      { expr: sum(rate('holter_egress_verdicts_total', SELF), 'verdict, rule'), legend: '{{verdict}}: {{rule}}' },
    ],
  }),
  graph({
    title: 'Quotas used',
    about: 'Of quotas that are limited: 100 % and changes beyond it are refused.',
    width: 8,
    unit: 'percentunit',
    max: 1,
    queries: [
      {
        expr: `${sum(series('holter_quota_used', TENANT), 'tenant, quota')} / ${sum(series('holter_quota_limit', TENANT), 'tenant, quota')}`,
        legend: '{{tenant}} {{quota}}',
      },
    ],
  }),
  graph({
    title: 'Faults',
    width: 8,
    unit: 'cps',
    stacked: true,
    about:
      'What should never be: exceptions caught at the edge of a room, events that the history and audit records that the log did not take.',
    queries: [
      // The counter has no series before the first exception; the recording rule has, so that the first one is seen.
      {
        expr: `${sum(rate('instance:holter_exceptions:sum', SELF))} or ${sum(rate('holter_exceptions_total', SELF))}`,
        legend: 'exceptions',
      },
      { expr: sum(rate('holter_session_events_dropped_total', SELF)), legend: 'events dropped' },
      { expr: sum(rate('holter_audit_records_lost_total', SELF)), legend: 'audit records lost' },
    ],
  }),
];

const calls = [
  graph({
    title: 'Calls by method',
    about: 'Calls that ended.',
    width: 6,
    unit: 'reqps',
    queries: [{ expr: sum(rate('holter_rpc_requests_total', SELF), 'method'), legend: '{{method}}' }],
  }),
  graph({
    title: 'Calls that failed',
    about: 'By method and canonical code.',
    width: 6,
    unit: 'reqps',
    stacked: true,
    queries: [
      {
        expr: sum(rate('holter_rpc_requests_total', SELF, 'code!="OK"'), 'method, code'),
        legend: '{{method}} {{code}}',
      },
    ],
  }),
  graph({
    title: 'Duration of calls, p99',
    about: 'By method; of a watch it is how long the stream was open.',
    width: 6,
    unit: 's',
    queries: [{ expr: quantile(0.99, 'holter_rpc_duration_seconds', SELF, '', 'method'), legend: '{{method}}' }],
  }),
  moment({
    title: 'Certificate expires',
    about: 'When the certificate that the gRPC listener shows ends. Empty without TLS.',
    width: 6,
    height: 8,
    expr: `min(${series('holter_listener_certificate_expiry_timestamp_seconds', SELF)})`,
  }),
];

const store = [
  heatmap({
    title: 'Commits',
    about: 'How long commits took, sync included.',
    width: 8,
    unit: 's',
    expr: buckets('holter_store_commit_seconds', SELF),
  }),
  graph({
    title: 'Commit quantiles',
    about: 'A slow disk shows here first.',
    width: 8,
    unit: 's',
    queries: quantiles('holter_store_commit_seconds', SELF),
  }),
  graph({
    title: 'Changes',
    about: 'Rows changed, and commits that failed.',
    width: 8,
    unit: 'wps',
    queries: [
      { expr: sum(rate('holter_store_changes_total', SELF)), legend: 'rows' },
      { expr: sum(rate('holter_store_commit_failures_total', SELF)), legend: 'failed commits' },
    ],
  }),
  timeline({
    title: 'Why the store takes no changes',
    about: 'Red while the reason holds.',
    width: FULL / 2,
    height: 5,
    unit: 'none',
    steps: { green: 0, red: 1 },
    queries: [{ expr: `max by (reason) (${series('holter_store_degraded', SELF)})`, legend: '{{reason}}' }],
  }),
  graph({
    title: 'Reloads',
    about: 'Readings of what may change while holterd runs, and those that were refused.',
    width: FULL / 2,
    height: 5,
    unit: 'cps',
    queries: [
      { expr: sum(rate('holter_reloads_total', SELF), 'what'), legend: '{{what}}' },
      { expr: sum(rate('holter_reload_failures_total', SELF), 'what'), legend: '{{what}} refused' },
    ],
  }),
];

export const self = board({
  uid: UIDS.self,
  title: 'Holter itself',
  about: 'Loops, gRPC, store: is Holter itself well?',
  rows: [
    { title: 'Now', panels: numbers },
    { title: 'Event loops', panels: loops },
    { title: 'Connections', panels: connections },
    { title: 'gRPC', panels: calls },
    { title: 'Store and files', panels: store },
  ],
});
