// What all boards share: variables, annotations, links, time.
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';

import { TAG, boards } from './links';
import { DATASOURCE, rangeTarget } from './panels';
import { GROUP, SELF, TENANT, reconnects, series, sum } from './promql';

export interface Row {
  title: string;
  panels: Builder<Panel>[];
}

export interface BoardSpec {
  uid: string;
  title: string;
  about: string;
  /** After datasource, job, instance, tenant and group. */
  variables?: Builder<VariableModel>[];
  from?: string;
  rows: Row[];
}

function query(name: string, label: string, metric: string, scope: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(`label_values(${series(metric, scope)}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}

/** A choice of several, all at first. */
function choice(name: string, label: string, metric: string, scope: string, all: string): QueryVariableBuilder {
  return query(name, label, metric, scope)
    .multi(true)
    .includeAll(true)
    .allValue(all)
    .current({ selected: true, text: 'All', value: '$__all' });
}

/** One session. Its state is exported even while it is paused, when nothing else is. */
export function sessionVariable(): QueryVariableBuilder {
  return query('session', 'Session', 'holter_session_state', GROUP);
}

function commonVariables(): Builder<VariableModel>[] {
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    choice('job', 'Job', 'holter_build_info', '', '.+'),
    choice('instance', 'Instance', 'holter_build_info', 'job=~"$job"', '.+'),
    choice('tenant', 'Tenant', 'holter_sessions', SELF, '.+'),
    // .* and not .+: a session without a group is in the group of no name.
    choice('group', 'Group', 'holter_sessions', TENANT, '.*'),
  ];
}

function annotation(name: string, colour: string, expr: string, title: string, tags: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .hide(false)
    .iconColor(colour)
    .target(rangeTarget({ expr }, 0))
    .titleFormat(title)
    .textFormat('')
    .tagKeys(tags);
}

function annotations(): AnnotationQueryBuilder[] {
  // The value is the time of the mark.
  const started = `1000 * ${series('holter_start_timestamp_seconds', SELF)}`;
  const sessions = sum(series('holter_sessions', GROUP, 'state!="paused"'), 'tenant, group');
  return [
    annotation('Restarts', 'blue', started, 'Holter started', 'instance').useValueForTime(true),
    // As the alert HolterReconnectStorm has it.
    annotation(
      'Reconnect storms',
      'orange',
      `${reconnects('5m', 'tenant, group')} > 0.5 * (${sessions} >= 5)`,
      'Reconnect storm',
      'tenant,group',
    ),
  ];
}

export function board(spec: BoardSpec): Dashboard {
  const dashboard = new DashboardBuilder(`Holter / ${spec.title}`)
    .id(null)
    .uid(spec.uid)
    .description(spec.about)
    .tags([TAG])
    .readonly()
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: spec.from ?? 'now-1h', to: 'now' })
    .refresh('30s')
    .variables([...commonVariables(), ...(spec.variables ?? [])])
    .annotations(annotations())
    .links([boards()]);
  for (const row of spec.rows) {
    dashboard.withRow(new RowBuilder(row.title));
    row.panels.forEach((panel) => dashboard.withPanel(panel));
  }
  const built = withoutPlacement(dashboard.build());
  built.panels?.forEach((panel, index) => {
    panel.id = index + 1;
  });
  return built;
}

/** The SDK moves links and annotations into a menu unless told otherwise, and cannot be told otherwise. */
function withoutPlacement(built: Dashboard): Dashboard {
  return JSON.parse(
    JSON.stringify(built, (key, value) => (key === 'placement' && value === 'inControlsMenu' ? undefined : value)),
  );
}
