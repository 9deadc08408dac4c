// The PromQL that boards are made of. Every selector names job and instance; the scopes below add what a board has variables for.

/** Of a Holter as a whole. */
export const SELF = 'job=~"$job",instance=~"$instance"';
/** Of the chosen tenants. */
export const TENANT = `${SELF},tenant=~"$tenant"`;
/** Of the chosen tenants and groups. */
export const GROUP = `${TENANT},group=~"$group"`;
/** Of the one chosen session. */
export const SESSION = `${GROUP},session="$session"`;

export function series(metric: string, scope: string, more = ''): string {
  const matchers = [scope, more].filter(Boolean).join(',');
  return matchers ? `${metric}{${matchers}}` : metric;
}

export function rate(counter: string, scope: string, more = ''): string {
  return `rate(${series(counter, scope, more)}[$__rate_interval])`;
}

/** Over the time that the board shows. */
export function increase(counter: string, scope: string, more = ''): string {
  return `increase(${series(counter, scope, more)}[$__range])`;
}

export function sum(expression: string, by = ''): string {
  return by ? `sum by (${by}) (${expression})` : `sum(${expression})`;
}

/** Buckets of a histogram, as a heatmap wants them. */
export function buckets(histogram: string, scope: string, more = ''): string {
  return sum(rate(`${histogram}_bucket`, scope, more), 'le');
}

export function quantile(q: number, histogram: string, scope: string, more = '', by = ''): string {
  return `histogram_quantile(${q}, ${sum(rate(`${histogram}_bucket`, scope, more), by ? `${by}, le` : 'le')})`;
}

/** A ratio that is absent, not NaN, where there is nothing to divide by. */
export function ratio(part: string, whole: string): string {
  return `${part} / (${whole} > 0)`;
}

/** Session-seconds that were observed and not healthy, in the time that the board shows. `at` makes it one value for all of a graph. */
export function lost(by: string, at = ''): string {
  const total = (counter: string) => sum(`increase(${series(counter, GROUP)}[$__range]${at})`, by);
  return `${total('holter_observed_seconds_total')} - ${total('holter_healthy_seconds_total')}`;
}

/** Narrows a graph to those that lost most in the time shown: the same ones at every step, which a plain topk would not give. */
export function worst(count: number, expression: string, by: string): string {
  return `${expression} and on (${by}) topk(${count}, ${lost(by, ' @ end()')})`;
}

/**
 * Connections lost in a window, but for those that somebody asked to be replaced. A series with a reason begins with its first event, which
 * increase() does not see; the recording rule does.
 */
export function reconnects(window: string, by = ''): string {
  const over = (counter: string, more = '') => sum(`increase(${series(counter, GROUP, more)}[${window}])`, by);
  const raw = over('holter_reconnects_total', 'reason!="operator"');
  return `(${over('instance_tenant_group:holter_reconnects:sum')} or ${raw})`;
}
