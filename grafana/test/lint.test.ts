import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Board, FOLDER, boards, load, panels } from './files';
import { Complaint, RULES } from './lint';

/** The linter's own file of exceptions, written as JSON, which YAML includes. */
interface Exceptions {
  exclusions: Record<string, { reason: string; entries: { dashboard: string; panel: string; targetIdx?: number }[] }>;
}
const exceptions: Exceptions = JSON.parse(readFileSync(join(FOLDER, '.lint'), 'utf8'));

const excused = (rule: string, board: Board, complaint: Complaint) =>
  exceptions.exclusions[rule]?.entries.find(
    (entry) =>
      entry.dashboard === board.title &&
      entry.panel === complaint.panel &&
      (entry.targetIdx ?? complaint.targetIdx) === complaint.targetIdx,
  );

for (const rule of RULES) {
  test(rule.name, () => {
    const complaints = boards().flatMap((board) =>
      [...rule.check(board)]
        .filter((complaint) => !excused(rule.name, board, complaint))
        .map(({ panel, about }) => `${board.title}, ${panel ?? 'board'}: ${about}`),
    );
    assert.deepEqual(complaints, []);
  });
}

test('every exception has a reason and is needed', () => {
  for (const [rule, { reason, entries }] of Object.entries(exceptions.exclusions)) {
    assert.ok(reason, rule);
    const used = boards().flatMap((board) =>
      [...RULES.find(({ name }) => name === rule)!.check(board)].map((found) => excused(rule, board, found)),
    );
    for (const entry of entries) assert.ok(used.includes(entry), `${rule}: ${JSON.stringify(entry)} excuses nothing`);
  }
});

/** For each rule a way to break it. */
const FAULTS: Record<string, (board: Board) => void> = {
  'template-datasource-rule': ({ templating }) => {
    templating.list[0].name = 'DS_PROMETHEUS';
  },
  'template-job-rule': ({ templating }) => {
    templating.list[1].multi = false;
  },
  'template-instance-rule': ({ templating }) => {
    templating.list[2].allValue = '.*';
  },
  'template-label-promql-rule': ({ templating }) => {
    templating.list[1].query = 'label_values(holter_build_info{, job)';
  },
  'template-on-time-change-reload-rule': ({ templating }) => {
    templating.list[1].refresh = 1;
  },
  'template-unused-rule': ({ templating }) => {
    templating.list.push({ ...templating.list[1], name: 'nobody' });
  },
  'panel-datasource-rule': (board) => {
    panels(board)[0].datasource = { uid: 'P1809F7CD0C75ACF3' };
  },
  'panel-title-description-rule': (board) => {
    panels(board)[0].description = '';
  },
  'panel-units-rule': (board) => {
    panels(board)[0].fieldConfig!.defaults.unit = 'beats';
  },
  'panel-no-targets-rule': (board) => {
    panels(board)[0].targets = [];
  },
  'target-promql-rule': (board) => {
    panels(board)[0].targets![0].expr = 'sum(holter_sessions';
  },
  'target-rate-interval-rule': (board) => {
    panels(board)[0].targets![0].expr = 'rate(holter_reconnects_total[5m])';
  },
  'target-job-rule': (board) => {
    panels(board)[0].targets![0].expr = 'holter_sessions{job="holter"}';
  },
  'target-instance-rule': (board) => {
    panels(board)[0].targets![0].expr = 'holter_sessions{job=~"$job"}';
  },
  'target-counter-agg-rule': (board) => {
    panels(board)[0].targets![0].expr = 'sum(holter_reconnects_total{job=~"$job"})';
  },
  'uneditable-dashboard-rule': (board) => {
    board.editable = true;
  },
};

for (const rule of RULES) {
  test(`${rule.name} can fail`, () => {
    const board = load('holter-fleet.json');
    assert.deepEqual([...rule.check(board)], []);
    FAULTS[rule.name](board);
    assert.notDeepEqual([...rule.check(board)], []);
  });
}
