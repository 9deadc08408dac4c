// What the linter has no rule for: that the files are fresh, load through the sidecar, lie well on the grid and lead to each other.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BOARDS, asFile, fileName } from '../src/boards';
import { Panel, boards, load, names, text } from './files';

test('the committed files are what the code makes: npm run build', () => {
  assert.deepEqual(names(), BOARDS.map(fileName).sort());
  for (const board of BOARDS) assert.equal(text(fileName(board)), asFile(board), fileName(board));
});

test('a file loads as it is', () => {
  for (const name of names()) {
    const raw = JSON.parse(text(name));
    assert.ok(!('__inputs' in raw) && !('__requires' in raw), `${name} wants to be imported by hand`);
    const board = load(name);
    assert.equal(board.id, null);
    assert.equal(`${board.uid}.json`, name);
    assert.ok(board.uid.length <= 40, 'Grafana takes 40 characters');
    assert.deepEqual(board.tags, ['holter']);
    assert.equal(board.timezone, 'browser');
    assert.equal(board.graphTooltip, 1);
    assert.equal(board.refresh, '30s');
    assert.ok(board.schemaVersion >= 39 && board.schemaVersion <= 42, 'the classic schema');
  }
});

test('all together fit into one ConfigMap', () => {
  assert.ok(
    names()
      .map((name) => text(name).length)
      .reduce((total, size) => total + size) <
      1024 * 1024,
  );
});

test('titles, uids and the ids of panels are unique', () => {
  const unique = (values: unknown[]) => assert.equal(new Set(values).size, values.length);
  unique(boards().map(({ uid }) => uid));
  unique(boards().map(({ title }) => title));
  for (const board of boards()) unique(board.panels.map(({ id }) => id));
});

test('variables are in the order in which they depend on each other', () => {
  for (const board of boards()) {
    const known: string[] = [];
    for (const { name, query } of board.templating.list) {
      for (const [, used] of query.matchAll(/\$(\w+)/g))
        assert.ok(known.includes(used), `${board.title}: ${name} uses ${used}`);
      known.push(name);
    }
    assert.deepEqual(known.slice(0, 5), ['datasource', 'job', 'instance', 'tenant', 'group']);
  }
  assert.ok(load('holter-session.json').templating.list.some(({ name }) => name === 'session'));
});

/** What is wrong with how panels lie on Grafana's 24 columns. */
function layoutFaults(all: Panel[]): string[] {
  const faults: string[] = [];
  const cells = new Map<string, string>();
  for (const {
    title,
    gridPos: { x, y, w, h },
  } of all) {
    for (let column = x; column < x + w; ++column) {
      for (let line = y; line < y + h; ++line) {
        const cell = `${column},${line}`;
        if (column >= 24) faults.push(`${title} reaches over the edge`);
        if (cells.has(cell)) faults.push(`${title} lies on ${cells.get(cell)}`);
        cells.set(cell, title);
      }
    }
  }
  const bottom = Math.max(...all.map(({ gridPos }) => gridPos.y + gridPos.h));
  for (let line = 0; line < bottom; ++line) {
    for (let column = 0; column < 24; ++column)
      if (!cells.has(`${column},${line}`)) faults.push(`a hole at ${column},${line}`);
  }
  return faults;
}

test('panels fill the grid: no overlap, no hole, every line 24 wide', () => {
  for (const board of boards()) assert.deepEqual(layoutFaults(board.panels), [], board.title);
});

test('the check of the grid can fail', () => {
  const moved = (change: Partial<Panel['gridPos']>) => {
    const [first, second, ...others] = load('holter-fleet.json').panels;
    return layoutFaults([first, { ...second, gridPos: { ...second.gridPos, ...change } }, ...others]);
  };
  assert.match(moved({ w: 5 }).join(), /lies on/);
  assert.match(moved({ w: 3 }).join(), /a hole/);
  assert.match(moved({ x: 22 }).join(), /over the edge/);
});

test('links keep the time and the variables, and lead to boards that have them', () => {
  for (const board of boards()) {
    assert.equal(board.links.length, 1);
    assert.ok(
      board.links.every(({ includeVars, keepTime, placement }) => includeVars && keepTime && placement === undefined),
    );
    for (const [, uid, query] of JSON.stringify(board).matchAll(/"url":"\/d\/([\w-]+)\?([^"]*)"/g)) {
      const target = boards().find((other) => other.uid === uid);
      assert.ok(target, `${board.title} leads to ${uid}`);
      assert.match(
        query,
        /^\$\{datasource:queryparam\}&\$\{job:queryparam\}&\$\{instance:queryparam\}&.*&\$\{__url_time_range\}$/,
      );
      for (const [, name] of query.matchAll(/var-(\w+)=/g))
        assert.ok(
          target.templating.list.some((variable) => variable.name === name),
          name,
        );
    }
  }
  const urls = (name: string) =>
    text(name)
      .match(/"url": "[^"]*"/g)
      ?.join() ?? '';
  assert.match(urls('holter-fleet.json'), /holter-group/);
  assert.match(urls('holter-group.json'), /holter-session/);
  assert.match(urls('holter-slo.json'), /holter-group/);
});

test('what a table says of a column is said of one that it has', () => {
  for (const board of boards()) {
    for (const panel of board.panels.filter(({ type }) => type === 'table')) {
      const { indexByName, renameByName } = panel.transformations!.find(({ id }) => id === 'organize')!.options;
      const columns = Object.keys(indexByName).map((name) => renameByName[name] ?? name);
      const spoken = [
        ...panel.fieldConfig!.overrides.map(({ matcher }) => matcher.options),
        ...panel.options!.sortBy!.map(({ displayName }) => displayName),
      ];
      for (const name of spoken) assert.ok(columns.includes(name), `${board.title}, ${panel.title}: ${name}`);
    }
  }
});

test('restarts and storms are annotated', () => {
  for (const { annotations } of boards()) {
    assert.deepEqual(
      annotations.list.map(({ name }) => name),
      ['Restarts', 'Reconnect storms'],
    );
    assert.ok(annotations.list.every(({ datasource }) => datasource.uid === '${datasource}'));
  }
});
