// Which sessions of a group are ill, and of what?
import { board } from '../board';
import { byLayer, rttHeatmaps, rttQuantiles } from '../layers';
import { UIDS, sessionOfRow, sessionOfSeries } from '../links';
import { FULL, graph, moment, stat, timeline } from '../panels';
import { GROUP, increase, quantile, rate, ratio, series, sum } from '../promql';
import { reasons } from '../reasons';
import { connectionsLost, recovery, sessionsDeclared, sessionsDown } from '../shared';
import { table } from '../table';
import { STATE_WORDS, UP_WORDS } from '../words';

const BY_SESSION = 'tenant, group, session';
const oneEach = (expression: string) => `max by (${BY_SESSION}) (${expression})`;
/** Share of the time shown in which a session was not up. */
const downtime = (at = '') => `1 - ${oneEach(`avg_over_time(${series('holter_session_up', GROUP)}[$__range]${at})`)}`;

const numbers = [
  sessionsDeclared(3),
  sessionsDown(3, 'red'),
  stat({
    title: 'Degraded',
    about: 'Sessions of which one heartbeat or watchdog complains while another is fine.',
    width: 3,
    unit: 'short',
    steps: { green: 0, orange: 1 },
    queries: [{ expr: sum(series('holter_sessions', GROUP, 'health="degraded"')) }],
  }),
  stat({
    title: 'Healthy time',
    about: 'Share of the observed session time that was healthy, in the time shown.',
    width: 3,
    unit: 'percentunit',
    instant: true,
    steps: { red: 0, orange: 0.99, green: 0.999 },
    queries: [
      {
        expr: ratio(
          sum(increase('holter_healthy_seconds_total', GROUP)),
          sum(increase('holter_observed_seconds_total', GROUP)),
        ),
      },
    ],
  }),
  connectionsLost(3),
  stat({
    title: 'Missed heartbeats',
    about: 'Heartbeats whose deadline passed without an answer, in the time shown.',
    width: 3,
    unit: 'short',
    instant: true,
    queries: [{ expr: sum(increase('holter_heartbeats_missed_total', GROUP)) }],
  }),
  moment({
    title: 'First certificate expires',
    about: 'When the first certificate expires among those that the peers of open sessions have shown. Only for wss.',
    width: 6,
    expr: `min(${series('holter_peer_certificate_expiry_timestamp_seconds', GROUP)})`,
  }),
];

const liveness = timeline({
  title: 'Liveness of the worst sessions',
  about: 'The 30 sessions that were down longest in the time shown; a gap is a pause.',
  width: FULL,
  height: 11,
  unit: 'none',
  words: UP_WORDS,
  links: [sessionOfSeries()],
  queries: [
    {
      expr: `${oneEach(series('holter_session_up', GROUP))} and on (${BY_SESSION}) topk(30, ${downtime(' @ end()')})`,
      legend: '{{session}}',
    },
  ],
});

const ofWorst = (expression: string) => `${expression} and on (${BY_SESSION}) topk(30, ${downtime()})`;
const lastRtt = (layer: string) => oneEach(series('holter_session_rtt_seconds', GROUP, `layer="${layer}"`));
const worstSessions = table({
  title: 'Worst sessions',
  about: 'The 30 sessions that were down longest in the time shown; a session opens its board.',
  width: FULL,
  unit: 'short',
  rows: ['tenant', 'group', 'session'],
  worst: 'Down',
  link: { label: 'session', to: sessionOfRow().build() },
  columns: [
    {
      name: 'Down',
      expr: `topk(30, ${downtime()})`,
      unit: 'percentunit',
      steps: { green: 0, orange: 0.01, red: 0.1 },
    },
    { name: 'State', expr: ofWorst(oneEach(series('holter_session_state', GROUP))), words: STATE_WORDS },
    {
      name: 'Lost connections',
      decimals: 0,
      expr: ofWorst(oneEach(increase('holter_session_reconnects_total', GROUP))),
    },
    {
      name: 'Missed heartbeats',
      decimals: 0,
      expr: ofWorst(sum(increase('holter_session_heartbeats_missed_total', GROUP), BY_SESSION)),
    },
    {
      name: 'Last alive',
      unit: 'dateTimeFromNow',
      expr: ofWorst(`1000 * ${oneEach(series('holter_session_last_alive_timestamp_seconds', GROUP))}`),
    },
    { name: 'TCP', expr: ofWorst(lastRtt('tcp')), unit: 's' },
    { name: 'Protocol', expr: ofWorst(lastRtt('protocol')), unit: 's' },
    { name: 'Application', expr: ofWorst(lastRtt('app')), unit: 's' },
  ],
});

const OUTCOMES = ['missed', 'late', 'foreign', 'duplicate', 'unsolicited', 'excused'];
const beats = (['protocol', 'app'] as const).flatMap((layer) => {
  const name = layer === 'app' ? 'Application' : 'Protocol';
  const outcome = (word: string) => ({
    expr: sum(rate(`holter_heartbeats_${word}_total`, GROUP, `layer="${layer}"`)),
    legend: word,
  });
  return [
    graph({
      title: `${name} heartbeats`,
      about: 'Sent, and answered in time.',
      width: FULL / 4,
      unit: 'cps',
      queries: [outcome('sent'), outcome('acked')],
    }),
    graph({
      title: `${name} heartbeats gone wrong`,
      about:
        'missed: no answer in time; late: after the deadline; foreign: to something never asked; duplicate: answered before; ' +
        'unsolicited: nothing was outstanding; excused: Holter itself did not run, nobody is blamed.',
      width: FULL / 4,
      unit: 'cps',
      stacked: true,
      queries: OUTCOMES.map(outcome),
    }),
  ];
});

export const group = board({
  uid: UIDS.group,
  title: 'Group',
  about: 'The sessions of a group: which are ill, and of what?',
  rows: [
    { title: 'Now', panels: numbers },
    { title: 'Liveness', panels: [liveness, worstSessions] },
    { title: 'Why', panels: reasons() },
    {
      title: 'How fast: three layers',
      panels: [
        ...rttHeatmaps(),
        ...rttQuantiles(),
        ...byLayer(
          'slowest sessions',
          'Last round trips of the ten slowest sessions at each moment.',
          's',
          (layer) => [{ expr: `topk(10, ${lastRtt(layer)})`, legend: '{{session}}' }],
          { links: [sessionOfSeries()] },
        ),
      ],
    },
    { title: 'Heartbeats', panels: beats },
    {
      title: 'Connections',
      panels: [
        graph({
          title: 'Attempts',
          about: 'Attempts that ended, and those of them that failed.',
          width: FULL / 4,
          unit: 'cps',
          queries: [
            { expr: sum(rate('holter_connect_attempts_total', GROUP)), legend: 'attempts' },
            { expr: sum(rate('holter_connect_failures_total', GROUP)), legend: 'failed' },
          ],
        }),
        graph({
          title: 'Phases of an attempt, p95',
          about: 'Time of a phase that ended well.',
          width: FULL / 4,
          unit: 's',
          queries: [{ expr: quantile(0.95, 'holter_connect_phase_seconds', GROUP, '', 'phase'), legend: '{{phase}}' }],
        }),
        graph({
          title: 'Lifetime at the end, median',
          about: 'How long connections had been open when they ended: one age for all is a timer in between.',
          width: FULL / 4,
          unit: 's',
          queries: [
            { expr: quantile(0.5, 'holter_session_lifetime_seconds', GROUP, '', 'reason'), legend: '{{reason}}' },
          ],
        }),
        recovery(FULL / 4),
      ],
    },
  ],
});
