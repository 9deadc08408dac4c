// Tables of the worst: one instant query a column, the rows joined by their labels.
import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import { DashboardLink, DynamicConfigValue, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';

import { Spec, Steps, dress, tableTarget, thresholds } from './panels';

export interface Column {
  name: string;
  expr: string;
  /** That of the table, if there is none. */
  unit?: string;
  decimals?: number;
  words?: ValueMapping[];
  steps?: Steps;
}

export interface TableSpec extends Omit<Spec, 'queries' | 'words' | 'steps' | 'colours' | 'links'> {
  /** Labels that name a row, in the order of their columns. */
  rows: string[];
  columns: Column[];
  /** Opens what the first of `rows` that it names stands for. */
  link?: { label: string; to: DashboardLink };
  /** The column with the worst at its top. */
  worst: string;
  /** Columns that say nothing. */
  hidden?: string[];
}

function properties({ unit, decimals, words, steps }: Column): DynamicConfigValue[] {
  return [
    ...(unit ? [{ id: 'unit', value: unit }] : []),
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(words ? [{ id: 'mappings', value: words }] : []),
    ...(steps ? [{ id: 'thresholds', value: thresholds(steps).build() }] : []),
    ...(words || steps ? [{ id: 'custom.cellOptions', value: { type: 'color-text' } }] : []),
  ];
}

export function table(spec: TableSpec): PanelBuilder {
  const queries = spec.columns.map(({ expr }) => ({ expr }));
  const panel = dress(new PanelBuilder(), { ...spec, queries }, 9);
  queries.forEach((query, index) => panel.withTarget(tableTarget(query, index)));
  // "Value #A" is how Grafana names the value of the query A once several are merged.
  const values = spec.columns.map((column, index) => [`Value #${String.fromCharCode(65 + index)}`, column.name]);
  const order = [...spec.rows, ...values.map(([value]) => value)];
  panel
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: Object.fromEntries(['Time', ...(spec.hidden ?? [])].map((name) => [name, true])),
        includeByName: {},
        indexByName: Object.fromEntries(order.map((name, index) => [name, index])),
        renameByName: Object.fromEntries(values),
      },
    })
    .sortBy([new TableSortByFieldStateBuilder().displayName(spec.worst).desc(true)]);
  for (const column of spec.columns) {
    if (properties(column).length > 0) panel.overrideByName(column.name, properties(column));
  }
  if (spec.link) panel.overrideByName(spec.link.label, [{ id: 'links', value: [spec.link.to] }]);
  return panel;
}
