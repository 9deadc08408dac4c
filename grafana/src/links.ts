// From the general to the special. Every link keeps the time shown and the variables that the next board has too.
import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';

export const TAG = 'holter';

export const UIDS = {
  fleet: 'holter-fleet',
  group: 'holter-group',
  session: 'holter-session',
  self: 'holter-self',
  slo: 'holter-slo',
} as const;

/** The other boards, at the top of each. */
export function boards(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Holter')
    .type(DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(false)
    .includeVars(true)
    .keepTime(true);
}

const KEPT = ['datasource', 'job', 'instance'].map((name) => `\${${name}:queryparam}`).join('&');

function dataLink(title: string, uid: string, values: Record<string, string>): DashboardLinkBuilder {
  const chosen = Object.entries(values).map(([name, value]) => `var-${name}=${value}`);
  return new DashboardLinkBuilder(title).url(`/d/${uid}?${[KEPT, ...chosen].join('&')}&\${__url_time_range}`);
}

const cell = (name: string) => `\${__data.fields.${name}:percentencode}`;
const label = (name: string) => `\${__field.labels.${name}:percentencode}`;

/** From a row of a table, or from a series of a graph. */
export const groupOfRow = () => dataLink('This group', UIDS.group, { tenant: cell('tenant'), group: cell('group') });
export const groupOfSeries = () =>
  dataLink('This group', UIDS.group, { tenant: label('tenant'), group: label('group') });
export const sessionOfRow = () =>
  dataLink('This session', UIDS.session, { tenant: cell('tenant'), group: cell('group'), session: cell('session') });
export const sessionOfSeries = () =>
  dataLink('This session', UIDS.session, { tenant: label('tenant'), group: label('group'), session: label('session') });
