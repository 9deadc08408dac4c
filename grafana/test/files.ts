// What lies in dashboards/, as a tool sees it that knows nothing of how it was made.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');
export const FOLDER = join(ROOT, 'dashboards');

export interface Target {
  refId: string;
  expr: string;
  datasource?: { uid: string };
}
export interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  targets?: Target[];
  datasource?: { uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: {
    defaults: { unit?: string };
    overrides: { matcher: { options: string }; properties: { id: string; value: any }[] }[];
  };
  transformations?: { id: string; options: any }[];
  options?: { sortBy?: { displayName: string }[] };
}
export interface Variable {
  type: string;
  name: string;
  label?: string;
  query: string;
  datasource?: { uid: string };
  multi: boolean;
  allValue?: string;
  refresh?: number;
}
export interface Board {
  id: null;
  uid: string;
  title: string;
  tags: string[];
  timezone: string;
  editable: boolean;
  graphTooltip: number;
  refresh: string;
  schemaVersion: number;
  panels: Panel[];
  templating: { list: Variable[] };
  annotations: { list: { name: string; target: Target; datasource: { uid: string } }[] };
  links: { type: string; includeVars: boolean; keepTime: boolean; placement?: string }[];
}

export const names = () =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort();
export const text = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
export const load = (name: string): Board => JSON.parse(text(name));
export const boards = () => names().map(load);

/** All but the rows' titles. */
export const panels = (board: Board) => board.panels.filter((panel) => panel.type !== 'row');

/** What Grafana puts in for its own variables; the values tell them apart from what was written out. */
export const RATE_INTERVAL = '61s';
export function expand(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', RATE_INTERVAL)
    .replaceAll('$__range', '62s')
    .replaceAll('$objective', '0.995');
}
