// What is it with this one session?
import { board, sessionVariable } from '../board';
import { byLayer } from '../layers';
import { UIDS } from '../links';
import { FULL, graph, moment, stat, timeline } from '../panels';
import { SESSION, increase, rate, series, sum } from '../promql';
import { reasons } from '../reasons';
import { table } from '../table';
import { LAYER_COLOURS, STATE_WORDS, UP_WORDS } from '../words';

/** Two Holters that hold the same session are one line. */
const BY_SESSION = 'tenant, group, session';
const one = (expression: string) => `max by (${BY_SESSION}) (${expression})`;
const rtt = (layer: string) => one(series('holter_session_rtt_seconds', SESSION, `layer="${layer}"`));
const more = (above: string, below: string) => `clamp_min(${rtt(above)} - ${rtt(below)}, 0)`;

const numbers = [
  stat({
    title: 'Up',
    about: 'Healthy or degraded. Empty while the session is paused.',
    width: 3,
    unit: 'none',
    words: UP_WORDS,
    queries: [{ expr: one(series('holter_session_up', SESSION)) }],
  }),
  stat({
    title: 'State',
    about: 'What its connection does.',
    width: 3,
    unit: 'none',
    words: STATE_WORDS,
    queries: [{ expr: one(series('holter_session_state', SESSION)) }],
  }),
  moment({
    title: 'Last alive',
    about: 'When it last proved life.',
    width: 4,
    expr: one(series('holter_session_last_alive_timestamp_seconds', SESSION)),
  }),
  stat({
    title: 'Time up',
    about: 'Share of the time shown in which it was up.',
    width: 3,
    unit: 'percentunit',
    instant: true,
    steps: { red: 0, orange: 0.99, green: 0.999 },
    queries: [{ expr: one(`avg_over_time(${series('holter_session_up', SESSION)}[$__range])`) }],
  }),
  stat({
    title: 'Lost connections',
    about: 'Connections lost and begun anew in the time shown.',
    width: 3,
    unit: 'short',
    instant: true,
    queries: [{ expr: one(increase('holter_session_reconnects_total', SESSION)) }],
  }),
  stat({
    title: 'Missed heartbeats',
    about: 'On both layers, in the time shown.',
    width: 4,
    unit: 'short',
    instant: true,
    queries: [{ expr: sum(increase('holter_session_heartbeats_missed_total', SESSION), BY_SESSION) }],
  }),
  moment({
    title: 'Certificate expires',
    about: "When the first certificate of the peer's chain expires. Only for wss, and with --session-series=full.",
    width: 4,
    expr: one(series('holter_session_tls_expiry_timestamp_seconds', SESSION)),
  }),
];

const declared = table({
  title: 'Declared',
  about: 'Host and labels of the declaration. With --session-series=full.',
  width: FULL - 4,
  height: 4,
  unit: 'none',
  rows: ['tenant', 'group', 'session', 'host'],
  worst: 'session',
  hidden: ['Value', '__name__', 'job', 'instance'],
  columns: [{ name: 'Value', expr: series('holter_session_info', SESSION) }],
});

const declaredAt = moment({
  title: 'Declared at',
  about: 'Its counters begin then, or with the start of holterd. With --session-series=full.',
  width: 4,
  expr: one(series('holter_session_created_timestamp_seconds', SESSION)),
});

export const session = board({
  uid: UIDS.session,
  title: 'Session',
  about: 'One session: since when, how fast, why not?',
  variables: [sessionVariable()],
  rows: [
    { title: 'Now', panels: [...numbers, declared, declaredAt] },
    {
      title: 'Liveness',
      panels: [
        timeline({
          title: 'Up',
          about: 'Healthy or degraded; a gap is a pause.',
          width: FULL,
          height: 4,
          unit: 'none',
          words: UP_WORDS,
          queries: [{ expr: one(series('holter_session_up', SESSION)), legend: 'up' }],
        }),
        timeline({
          title: 'State',
          about: 'What its connection does.',
          width: FULL,
          height: 4,
          unit: 'none',
          words: STATE_WORDS,
          queries: [{ expr: one(series('holter_session_state', SESSION)), legend: 'state' }],
        }),
      ],
    },
    {
      title: 'How fast: three layers',
      panels: [
        ...byLayer(
          'round trip',
          'Last round trip at each scrape.',
          's',
          (layer) => [
            { expr: rtt(layer), legend: layer },
            // The kernel's smoothed figure holds the peer's thinking time; beside the least one it shows that a peer delays its ACKs.
            ...(layer === 'tcp' ? [{ expr: rtt('tcp_smoothed'), legend: 'smoothed' }] : []),
          ],
          { colours: LAYER_COLOURS },
        ),
        graph({
          title: 'Where the time goes',
          width: FULL,
          unit: 's',
          stacked: true,
          about: "What each layer adds: the network, the peer's socket loop, the peer's application.",
          colours: {
            network: LAYER_COLOURS.tcp,
            'socket loop': LAYER_COLOURS.protocol,
            application: LAYER_COLOURS.app,
          },
          queries: [
            { expr: rtt('tcp'), legend: 'network' },
            { expr: more('protocol', 'tcp'), legend: 'socket loop' },
            { expr: more('app', 'protocol'), legend: 'application' },
          ],
        }),
      ],
    },
    {
      title: 'Faults',
      panels: [
        graph({
          title: 'Missed heartbeats',
          about: 'Heartbeats whose deadline passed, by layer.',
          width: FULL / 2,
          unit: 'cps',
          stacked: true,
          colours: LAYER_COLOURS,
          queries: [
            { expr: sum(rate('holter_session_heartbeats_missed_total', SESSION), 'layer'), legend: '{{layer}}' },
          ],
        }),
        graph({
          title: 'Lost connections',
          about: 'Connections lost and begun anew.',
          width: FULL / 2,
          unit: 'cps',
          stacked: true,
          queries: [{ expr: one(rate('holter_session_reconnects_total', SESSION)), legend: 'lost' }],
        }),
      ],
    },
    { title: 'Why, in its group', panels: reasons() },
  ],
});
