// Is anything wrong, and where?
import { board } from '../board';
import { rttHeatmaps, rttQuantiles } from '../layers';
import { UIDS, groupOfRow, groupOfSeries } from '../links';
import { FULL, graph, stat, timeline } from '../panels';
import { GROUP, increase, lost, quantile, rate, ratio, reconnects, series, sum, worst } from '../promql';
import { reasons } from '../reasons';
import { connectionsLost, sessionsDeclared, sessionsDown } from '../shared';
import { table } from '../table';
import { HEALTH_COLOURS, STATE_COLOURS } from '../words';

const BY_GROUP = 'tenant, group';
const ALIVE = series('holter_sessions', GROUP, 'health=~"healthy|degraded"');
const HELD = series('holter_sessions', GROUP, 'state!="paused"');

const numbers = [
  sessionsDeclared(4),
  stat({
    title: 'Alive',
    about: 'Share of the sessions that are healthy or degraded. Paused ones are left out.',
    width: 4,
    unit: 'percentunit',
    steps: { red: 0, orange: 0.9, green: 0.99 },
    queries: [{ expr: ratio(sum(ALIVE), sum(HELD)) }],
  }),
  sessionsDown(4, 'orange'),
  stat({
    title: 'Unknown',
    about: 'Sessions of which nothing has proved life yet, or nothing is declared that could.',
    width: 4,
    unit: 'short',
    queries: [{ expr: sum(series('holter_sessions', GROUP, 'health="unknown",state!="paused"')) }],
  }),
  connectionsLost(4),
  stat({
    title: 'Missed heartbeats',
    about: 'Share of the heartbeats sent whose deadline passed without an answer.',
    width: 4,
    unit: 'percentunit',
    steps: { green: 0, orange: 0.01, red: 0.05 },
    queries: [
      {
        expr: ratio(
          sum(rate('holter_heartbeats_missed_total', GROUP)),
          sum(rate('holter_heartbeats_sent_total', GROUP)),
        ),
      },
    ],
  }),
];

const liveness = timeline({
  title: 'Liveness of the worst groups',
  about:
    'Share of the sessions of a group that are healthy or degraded: the 20 groups that lost most in the time shown.',
  width: FULL,
  unit: 'percentunit',
  links: [groupOfSeries()],
  steps: { 'dark-red': 0, red: 0.5, orange: 0.9, green: 0.99 },
  queries: [
    {
      expr: worst(20, ratio(sum(ALIVE, BY_GROUP), sum(HELD, BY_GROUP)), BY_GROUP),
      legend: '{{tenant}} {{group}}',
    },
  ],
});

const ofWorst = (expression: string) => `${expression} and on (${BY_GROUP}) topk(20, ${lost(BY_GROUP)})`;
const worstGroups = table({
  title: 'Worst groups',
  about: 'The 20 groups that lost most session time in the time shown; a group opens its board.',
  width: FULL,
  unit: 'short',
  rows: ['tenant', 'group'],
  worst: 'Not healthy',
  link: { label: 'group', to: groupOfRow().build() },
  columns: [
    { name: 'Not healthy', expr: `topk(20, ${lost(BY_GROUP)})`, unit: 's' },
    { name: 'Sessions', expr: ofWorst(sum(series('holter_sessions', GROUP), BY_GROUP)) },
    {
      name: 'Down',
      expr: ofWorst(sum(series('holter_sessions', GROUP, 'health="down"'), BY_GROUP)),
      steps: { green: 0, red: 1 },
    },
    { name: 'Lost connections', decimals: 0, expr: ofWorst(reconnects('$__range', BY_GROUP)) },
    {
      name: 'Missed heartbeats',
      decimals: 0,
      expr: ofWorst(sum(increase('holter_heartbeats_missed_total', GROUP), BY_GROUP)),
    },
    {
      name: 'Protocol RTT p99',
      expr: ofWorst(quantile(0.99, 'holter_heartbeat_rtt_seconds', GROUP, 'layer="protocol"', BY_GROUP)),
      unit: 's',
    },
    {
      name: 'Application RTT p99',
      expr: ofWorst(quantile(0.99, 'holter_heartbeat_rtt_seconds', GROUP, 'layer="app"', BY_GROUP)),
      unit: 's',
    },
  ],
});

export const fleet = board({
  uid: UIDS.fleet,
  title: 'Fleet',
  about: 'All sessions: is anything wrong, where, and why?',
  rows: [
    { title: 'Now', panels: numbers },
    {
      title: 'Liveness',
      panels: [
        graph({
          title: 'Sessions by health',
          about: 'What the heartbeats say.',
          width: FULL / 2,
          unit: 'short',
          stacked: true,
          colours: HEALTH_COLOURS,
          queries: [{ expr: sum(series('holter_sessions', GROUP), 'health'), legend: '{{health}}' }],
        }),
        graph({
          title: 'Sessions by state',
          about: 'What the connections do.',
          width: FULL / 2,
          unit: 'short',
          stacked: true,
          colours: STATE_COLOURS,
          queries: [{ expr: sum(series('holter_sessions', GROUP), 'state'), legend: '{{state}}' }],
        }),
        liveness,
        worstGroups,
      ],
    },
    { title: 'Why', panels: reasons() },
    { title: 'How fast: three layers', panels: [...rttHeatmaps(), ...rttQuantiles()] },
    {
      title: 'Traffic',
      panels: [
        graph({
          title: 'Messages',
          about: 'Data messages; heartbeats of the application are among them, pings are not.',
          width: FULL / 2,
          unit: 'cps',
          queries: [
            { expr: sum(rate('holter_received_messages_total', GROUP)), legend: 'received' },
            { expr: sum(rate('holter_sent_messages_total', GROUP)), legend: 'sent' },
          ],
        }),
        graph({
          title: 'Bytes',
          about: 'All bytes on open sessions.',
          width: FULL / 2,
          unit: 'Bps',
          queries: [
            { expr: sum(rate('holter_received_bytes_total', GROUP)), legend: 'received' },
            { expr: sum(rate('holter_sent_bytes_total', GROUP)), legend: 'sent' },
          ],
        }),
      ],
    },
  ],
});
