// Queries against what is true elsewhere: Prometheus' own parser, the list of metrics, the names and thresholds of the rules.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { ROOT, boards, expand, panels } from './files';

const TREE = join(ROOT, '..');

function queries(): { from: string; expr: string }[] {
  return boards().flatMap((board) => [
    ...panels(board).flatMap(({ title, targets }) =>
      (targets ?? []).map(({ expr }) => ({ from: `${board.title}, ${title}`, expr })),
    ),
    ...board.annotations.list.map(({ name, target }) => ({ from: `${board.title}, ${name}`, expr: target.expr })),
    ...board.templating.list
      .filter(({ type }) => type === 'query')
      .map(({ name, query }) => ({
        from: `${board.title}, $${name}`,
        expr: query.replace(/^label_values\((.+), \w+\)$/, '$1'),
      })),
  ]);
}

/** What Prometheus says of expressions, as recording rules; empty if they are right. */
function complaints(expressions: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'holter-queries-'));
  try {
    const rules = expressions.map((expr, index) => ({ record: `query:${index}`, expr: expand(expr) }));
    writeFileSync(join(folder, 'rules.json'), JSON.stringify({ groups: [{ name: 'queries', rules }] }));
    const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', join(folder, 'rules.json')], {
      encoding: 'utf8',
    });
    if (error) throw error;
    return status === 0 ? '' : `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('Prometheus parses every query', () => {
  assert.equal(complaints(queries().map(({ expr }) => expr)), '');
});

test('Prometheus refuses a wrong query', () => {
  assert.match(complaints(['up', 'sum(up']), /unclosed|parse/);
});

const names = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, name]) => name));
const documented = names(readFileSync(join(TREE, 'docs', 'metrics.md'), 'utf8'), /^\| `(holter_\w+)`/gm);
const shown = new Set(
  [
    ...names(
      queries()
        .map(({ expr }) => expr)
        .join('\n'),
      /(?<![\w:])(holter_\w+)\{/g,
    ),
  ].map((name) => (documented.has(name) ? name : name.replace(/_(bucket|count|sum)$/, ''))),
);

test('every metric that is shown is documented', () => {
  assert.deepEqual(
    [...shown].filter((name) => !documented.has(name)),
    [],
  );
});

test('every metric that is documented is shown', () => {
  assert.ok(documented.size > 40, 'the table of docs/metrics.md was found');
  assert.deepEqual(
    [...documented].filter((name) => !shown.has(name)),
    [],
  );
});

const RULES = join(TREE, 'deploy', 'prometheus', 'holter.rules.yaml');
const THRESHOLDS = join(TREE, 'deploy', 'prometheus', 'thresholds.yaml');

test('what the boards take from recording rules is recorded', () => {
  const recorded = names(readFileSync(RULES, 'utf8'), /record: ([\w:]+)/g);
  const used = names(
    queries()
      .map(({ expr }) => expr)
      .join('\n'),
    /(?<![\w:])(\w+:[\w:]+)\{/g,
  );
  assert.ok(used.size > 0);
  assert.deepEqual(
    [...used].filter((name) => !recorded.has(name)),
    [],
  );
});

test('lines in graphs are where the alerts fire', () => {
  const thresholds = readFileSync(THRESHOLDS, 'utf8');
  const value = (name: string) => new RegExp(`^${name}: (\\S+)`, 'm').exec(thresholds)?.[1];
  const all = JSON.stringify(boards());
  const slo = boards().find(({ uid }) => uid === 'holter-slo')!;
  const lines = panels(slo)
    .filter(({ title }) => title.startsWith('Fastest burn'))
    .map((panel) => String((panel.fieldConfig!.defaults as any).thresholds.steps[1].value));
  assert.deepEqual(lines, ['sloFastBurn', 'sloMediumBurn', 'sloSlowBurn', 'sloCreepingBurn'].map(value));
  assert.equal(
    (slo.templating.list.find(({ name }) => name === 'objective') as any).current.value,
    value('sloObjective'),
  );
  assert.ok(
    all.includes(`> ${value('stormRatio')} * (`) && all.includes(`>= ${value('stormSessions')})`),
    'the annotation of storms',
  );
});
