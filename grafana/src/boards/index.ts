import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

import { fleet } from './fleet';
import { group } from './group';
import { self } from './self';
import { session } from './session';
import { slo } from './slo';

/** From the general to the special. */
export const BOARDS: Dashboard[] = [fleet, group, session, self, slo];

/** As it lies in dashboards/; the folder of Grafana's sidecar is shared with other products, so the name says whose it is. */
export const fileName = (board: Dashboard) => `${board.uid}.json`;
export const asFile = (board: Dashboard) => `${JSON.stringify(board, null, 2)}\n`;
