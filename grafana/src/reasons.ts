// Why sessions are not alive: stacked, so that the height is how much goes wrong and the colours are why.
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';

import { FULL, graph } from './panels';
import { GROUP, rate, sum } from './promql';
import { PATH_COLOURS } from './words';

const WIDTH = FULL / 3;

export function reasons(): Builder<Panel>[] {
  return [
    graph({
      title: 'Lost connections by reason',
      about: 'Open connections that ended and are replaced, by why they ended.',
      width: WIDTH,
      unit: 'cps',
      stacked: true,
      queries: [{ expr: sum(rate('holter_reconnects_total', GROUP), 'reason'), legend: '{{reason}}' }],
    }),
    graph({
      title: 'Failed attempts by reason',
      about: 'Attempts to connect that did not end in an open session.',
      width: WIDTH,
      unit: 'cps',
      stacked: true,
      queries: [{ expr: sum(rate('holter_connect_failures_total', GROUP), 'reason'), legend: '{{reason}}' }],
    }),
    graph({
      title: 'Falls into DOWN by path',
      about:
        'What the kernel knew when a session went down. network: our bytes were not acknowledged; peer: they were, and the program ' +
        'was silent; local: Holter was starved.',
      width: WIDTH,
      unit: 'cps',
      stacked: true,
      colours: PATH_COLOURS,
      queries: [
        { expr: sum(rate('holter_session_transitions_total', GROUP, 'to="down"'), 'path'), legend: '{{path}}' },
      ],
    }),
  ];
}
