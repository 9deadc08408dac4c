// Panels that more than one board shows.
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';

import { quantiles } from './layers';
import { graph, stat } from './panels';
import { GROUP, reconnects, series, sum } from './promql';

export function sessionsDeclared(width: number): Builder<Panel> {
  return stat({
    title: 'Sessions',
    about: 'Sessions that are declared, paused ones included.',
    width,
    unit: 'short',
    queries: [{ expr: sum(series('holter_sessions', GROUP)) }],
  });
}

/** `colour`: how bad one of them is on this board. */
export function sessionsDown(width: number, colour: 'orange' | 'red'): Builder<Panel> {
  return stat({
    title: 'Down',
    about: 'Sessions that are down now.',
    width,
    unit: 'short',
    steps: { green: 0, [colour]: 1 },
    queries: [{ expr: sum(series('holter_sessions', GROUP, 'health="down"')) }],
  });
}

export function connectionsLost(width: number): Builder<Panel> {
  return stat({
    title: 'Lost connections',
    about: 'Open connections that ended and were replaced, in the time shown, unless somebody asked for it.',
    width,
    unit: 'short',
    instant: true,
    queries: [{ expr: reconnects('$__range') }],
  });
}

export function recovery(width: number): Builder<Panel> {
  return graph({
    title: 'Recovery',
    about: 'How long sessions were down before they were healthy again.',
    width,
    unit: 's',
    queries: quantiles('holter_recovery_seconds', GROUP),
  });
}
