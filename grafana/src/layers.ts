// The three layers side by side: network, the peer's socket loop, the peer's application. What differs from left to right says who is slow.
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';

import { FULL, Query, graph, heatmap } from './panels';
import { GROUP, buckets, quantile } from './promql';

const LAYERS = [
  { layer: 'tcp', name: 'TCP', about: "The kernel's least round trip: the network alone." },
  { layer: 'protocol', name: 'Protocol', about: "WebSocket ping to pong: the network and the peer's socket loop." },
  { layer: 'app', name: 'Application', about: "Heartbeat to its ack: all of the above and the peer's application." },
];
const WIDTH = FULL / LAYERS.length;

export function rttHeatmaps(): Builder<Panel>[] {
  return LAYERS.map(({ layer, name, about }) =>
    heatmap({
      title: `${name} round trips`,
      about,
      width: WIDTH,
      unit: 's',
      expr: buckets('holter_heartbeat_rtt_seconds', GROUP, `layer="${layer}"`),
    }),
  );
}

export function rttQuantiles(): Builder<Panel>[] {
  return LAYERS.map(({ layer, name, about }) =>
    graph({
      title: `${name} round trip quantiles`,
      about,
      width: WIDTH,
      height: 6,
      unit: 's',
      queries: quantiles('holter_heartbeat_rtt_seconds', GROUP, `layer="${layer}"`),
    }),
  );
}

export function quantiles(histogram: string, scope: string, more = ''): Query[] {
  return [0.5, 0.95, 0.99].map((q) => ({ expr: quantile(q, histogram, scope, more), legend: `p${q * 100}` }));
}

/** A graph a layer of what `expr` says of it. */
export function byLayer(
  title: string,
  about: string,
  unit: string,
  queries: (layer: string) => Query[],
  more: object = {},
): Builder<Panel>[] {
  return LAYERS.map(({ layer, name }) =>
    graph({
      title: `${name} ${title}`,
      about,
      width: WIDTH,
      unit,
      queries: queries(layer),
      ...more,
    }),
  );
}
