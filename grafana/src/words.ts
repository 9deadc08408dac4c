// What the numbers and words of the metrics look like; the words are those of docs/metrics.md.
import type { ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { MappingType } from '@grafana/grafana-foundation-sdk/dashboard';

export type Colours = Record<string, string>;

export const HEALTH_COLOURS: Colours = { healthy: 'green', degraded: 'yellow', down: 'red', unknown: 'text' };
export const STATE_COLOURS: Colours = {
  open: 'green',
  connecting: 'blue',
  backoff: 'orange',
  stopped: 'dark-red',
  paused: 'text',
};
/** What the kernel knew at the moment of death. */
export const PATH_COLOURS: Colours = { network: 'purple', peer: 'orange', local: 'blue', unknown: 'text' };
export const LAYER_COLOURS: Colours = { tcp: 'blue', protocol: 'purple', app: 'orange' };

function mapping(entries: [value: number, text: string, color: string][]): ValueMapping[] {
  return [
    {
      type: MappingType.ValueToText,
      options: Object.fromEntries(entries.map(([value, text, color], index) => [value, { text, color, index }])),
    },
  ];
}

export const UP_WORDS = mapping([
  [1, 'up', 'green'],
  [0, 'down', 'red'],
]);
export const STATE_WORDS = mapping(
  ['connecting', 'open', 'backoff', 'stopped', 'paused'].map((word, index) => [index + 1, word, STATE_COLOURS[word]]),
);
export const YES_WORDS = mapping([
  [1, 'yes', 'green'],
  [0, 'no', 'red'],
]);
