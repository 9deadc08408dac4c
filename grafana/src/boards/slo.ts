// Do we keep what we promised, and how fast do we spend what is left?
import { CustomVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

import { board } from '../board';
import { UIDS, groupOfRow, groupOfSeries } from '../links';
import { FULL, graph, stat } from '../panels';
import { GROUP, increase, lost, rate, ratio, series, sum, worst } from '../promql';
import { reasons } from '../reasons';
import { recovery } from '../shared';
import { Column, table } from '../table';

const BY_GROUP = 'tenant, group';
const HEALTHY = 'holter_healthy_seconds_total';
const OBSERVED = 'holter_observed_seconds_total';
const BUDGET = '(1 - $objective)';

/** Share of the observed session time that was healthy, in the time shown. */
const kept = (by = '') => ratio(sum(increase(HEALTHY, GROUP), by), sum(increase(OBSERVED, GROUP), by));
const keptNow = (by = '') => ratio(sum(rate(HEALTHY, GROUP), by), sum(rate(OBSERVED, GROUP), by));
const left = (by = '') => `1 - (1 - ${kept(by)}) / ${BUDGET}`;
/** Of each group, over a window of the recording rules, which is what the alerts look at too. They sum over the instances. */
const burn = (window: string) =>
  `${series(`slo:sli_error:ratio_rate${window}`, 'job=~"$job",tenant=~"$tenant",group=~"$group"')} / ${BUDGET}`;

/** At first that of the rules (deploy/prometheus/thresholds.yaml). */
const objective = new CustomVariableBuilder('objective')
  .label('Objective')
  .values('0.9,0.95,0.99,0.995,0.999,0.9999')
  .current({ selected: true, text: '0.995', value: '0.995' });

const numbers = [
  stat({
    title: 'Healthy',
    about: 'Share of the observed session time that was healthy, in the time shown.',
    width: 6,
    unit: 'percentunit',
    instant: true,
    queries: [{ expr: kept() }],
  }),
  stat({
    title: 'Budget left',
    about: 'Of what may go wrong by the objective, in the time shown. Below nought it is overspent.',
    width: 6,
    unit: 'percentunit',
    instant: true,
    steps: { red: -1, orange: 0, green: 0.25 },
    queries: [{ expr: left() }],
  }),
  stat({
    title: 'Not healthy',
    about: 'Session time lost in the time shown, over all sessions.',
    width: 6,
    unit: 's',
    instant: true,
    queries: [{ expr: lost('') }],
  }),
  stat({
    title: 'Burn rate',
    about: 'How many times faster than the objective allows the budget is spent now.',
    width: 6,
    unit: 'none',
    steps: { green: 0, orange: 1, red: 6 },
    queries: [{ expr: `(1 - ${keptNow()}) / ${BUDGET}` }],
  }),
];

/** Two windows and the pace at which, in both of them, HolterErrorBudgetBurnsFast or …BurnsSlowly fires. */
const PACES = [
  { short: '5m', long: '1h', pace: 14.4, gone: 'two days' },
  { short: '30m', long: '6h', pace: 6, gone: 'five days' },
  { short: '2h', long: '1d', pace: 3, gone: 'ten days' },
  { short: '6h', long: '3d', pace: 1, gone: 'a month' },
];
const burnRates = PACES.map(({ short, long, pace, gone }) =>
  graph({
    title: `Fastest burn over ${short} and ${long}`,
    about: `Of the group that burns fastest. Both above the line: at this pace the budget of a month is gone in ${gone}, and an alert fires.`,
    width: FULL / PACES.length,
    unit: 'short',
    steps: { green: 0, red: pace },
    queries: [short, long].map((window) => ({ expr: `max(${burn(window)})`, legend: window })),
  }),
);

export const slo = board({
  uid: UIDS.slo,
  title: 'SLO',
  about: 'Healthy session time against the objective, and what spends the budget.',
  variables: [objective],
  from: 'now-24h',
  rows: [
    { title: 'In the time shown', panels: numbers },
    {
      title: 'Budget',
      panels: [
        ...burnRates,
        graph({
          title: 'Healthy, the worst groups',
          about: 'The ten groups that lost most in the time shown.',
          width: FULL,
          unit: 'percentunit',
          max: 1,
          near: true,
          links: [groupOfSeries()],
          queries: [
            { expr: worst(10, keptNow(BY_GROUP), BY_GROUP), legend: '{{tenant}} {{group}}' },
            { expr: `0 * ${sum(rate(OBSERVED, GROUP))} + $objective`, legend: 'objective' },
          ],
        }),
        table({
          title: 'Groups',
          about: 'The groups with least of their budget left.',
          width: FULL,
          unit: 'percentunit',
          rows: ['tenant', 'group'],
          worst: 'Not healthy',
          link: { label: 'group', to: groupOfRow().build() },
          columns: [
            { name: 'Not healthy', expr: lost(BY_GROUP), unit: 's' },
            { name: 'Healthy', expr: kept(BY_GROUP) },
            {
              name: 'Budget left',
              expr: left(BY_GROUP),
              steps: { red: -1, orange: 0, green: 0.25 },
            },
            ...PACES.map(({ long, pace }): Column => ({
              name: `Burn ${long}`,
              expr: sum(burn(long), BY_GROUP),
              unit: 'short',
              steps: { green: 0, red: pace },
            })),
            {
              name: 'Budget left, 30d',
              expr: `1 - ${sum(burn('30d'), BY_GROUP)}`,
              steps: { red: -1, orange: 0, green: 0.25 },
            },
          ],
        }),
      ],
    },
    { title: 'What spends it', panels: reasons() },
    {
      title: 'How long it takes',
      panels: [recovery(FULL)],
    },
  ],
});
