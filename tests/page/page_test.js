#!/usr/bin/env node
// The status page in a real browser and in one for terminals.  usage: page_test.js HOLTERD HOLTER
'use strict';

const assert = require('assert');
const {execFileSync} = require('child_process');
const {after, before, test} = require('node:test');
const {PATIENCE, SCRIPT, World, awaitThat} = require('./world');

const [holterd, holter] = process.argv.slice(2);
let world;

before(async () => {
  world = new World(holterd, holter);
  await world.start();
  await awaitThat(() => /slow-1\s+OPEN\s+HEALTHY/.test(world.cli('list')) && /hostile-1 .*DOWN/.test(world.cli('list')) &&
    /silent-1 .*DOWN/.test(world.cli('list')), 'the sessions as they are to be');
});
after(() => world.end());

const names = (page) => page.locator('table.sessions tbody td.name').allInnerTexts();
const row = (page, name) => page.locator('table.sessions tbody tr', {has: page.getByRole('link', {name: new RegExp(name + '$')})});
const tile = (page, health) => page.locator(`.tile.${health} b`);
// Waits until an element says so.
const says = (locator, text) => locator.filter({hasText: text}).waitFor();
const nothingWentWrong = (page) => assert.deepStrictEqual(page.faults, []);

test('the worst stand first, with why', async () => {
  const page = await world.open('/');
  const listed = await names(page);
  assert.deepStrictEqual(listed.slice(0, 3).sort(), ['hostile-1', 'refused-1', 'silent-1']);
  assert.deepStrictEqual(listed.slice(3).sort(), ['feed-1', 'feed-2', 'slow-1']);
  assert.strictEqual(listed[3], 'slow-1', 'the slowest of those that are well');
  assert.match(await row(page, 'refused-1').innerText(), /DOWN[^]*HTTP status 503/);
  assert.strictEqual(await tile(page, 'down').innerText(), '3');
  assert.strictEqual(await tile(page, 'healthy').innerText(), '3');
  assert.match(await page.title(), /^3 down · Holter$/);
  nothingWentWrong(page);
});

test('a search finds names, groups and hosts, and takes a filter', async () => {
  const page = await world.open('/');
  const search = async (text) => {
    await page.getByRole('searchbox').fill(text);
    await page.getByRole('searchbox').press('Enter');
    await page.waitForURL((url) => url.searchParams.get('q') === text);
  };
  await search('slow');
  assert.deepStrictEqual(await names(page), ['slow-1']);
  await search('feeds');
  assert.strictEqual((await names(page)).length, 3);
  await search('reason = upgrade_status');
  assert.deepStrictEqual(await names(page), ['refused-1']);
  await search('nobody-is-called-so');
  await says(page.locator('.pages'), 'No session is like that.');
  nothingWentWrong(page);
  await search('reason = ');
  await says(page.locator('.notice.bad'), 'filter');
});

test('a number leads to those that it counts, and back', async () => {
  const page = await world.open('/');
  await page.locator('.tile.down a').click();
  await says(page.locator('.choices'), 'health down');
  assert.strictEqual((await names(page)).length, 3);
  await page.getByRole('link', {name: 'upgrade_status'}).click();
  await says(page.locator('.choices'), 'reason upgrade_status');
  assert.deepStrictEqual(await names(page), ['refused-1']);
  await page.locator('.choice', {hasText: 'health'}).click();
  await page.locator('.choice', {hasText: 'reason'}).click();
  assert.strictEqual((await names(page)).length, 6);
  nothingWentWrong(page);
});

test('the order can be chosen', async () => {
  const page = await world.open('/');
  await page.getByLabel('Sort').selectOption('name');
  await page.getByRole('button', {name: 'Show'}).click();
  await page.waitForURL(/sort=name/);
  const listed = await names(page);
  assert.deepStrictEqual(listed, [...listed].sort());
  await page.getByRole('link', {name: 'Ping ms'}).click();
  await page.waitForURL(/sort=rtt/);
  assert.strictEqual((await names(page))[0], 'slow-1');
  nothingWentWrong(page);
});

test('pages lead from one to the next', async () => {
  const many = Array.from({length: 120}, (_, i) => `- name: tenants/many/sessions/s-${String(i).padStart(3, '0')}\n  paused: true\n  spec: {url: ws://127.0.0.1:1/}\n`);
  world.apply('sessions:\n' + many.join(''));
  const page = await world.open('/?tenant=many&sort=name');
  await says(page.locator('.pages'), '1–50 of 120');
  await page.getByRole('link', {name: 'Next page'}).click();
  await says(page.locator('.pages'), '51–100 of 120');
  assert.strictEqual((await names(page))[0], 's-050');
  await page.getByRole('link', {name: 'Next page'}).click();
  await says(page.locator('.pages'), '101–120 of 120');
  assert.strictEqual(await page.getByRole('link', {name: 'Next page'}).count(), 0);
  await page.getByRole('link', {name: 'First page'}).click();
  await says(page.locator('.pages'), '1–50 of 120');
  nothingWentWrong(page);
  world.cli('delete', '--tenant=many', ...many.map((_, i) => `s-${String(i).padStart(3, '0')}`));
});

test('a session tells why, and draws its round trips while one looks', async () => {
  const page = await world.open('/');
  await page.getByRole('link', {name: 'slow-1'}).click();
  await says(page.locator('.story'), 'slow-1 is HEALTHY');
  await page.evaluate(() => { window.sameDocument = true; });
  await page.locator('svg.chart polyline.c1[points*=" "]').waitFor({state: 'attached'});
  await says(page.locator('.legend'), /op-ping: last 1\d\d ms, median 1\d\d/);
  const sent = Number(await page.locator('#beats tbody tr').first().locator('td').nth(4).innerText());
  await page.waitForFunction((before) => Number(document.querySelector('#beats tbody tr').cells[4].textContent) > before, sent);
  assert.strictEqual(await page.evaluate(() => window.sameDocument), true, 'it was not loaded anew');
  nothingWentWrong(page);
  await page.goto(world.url + '/tenants/default/sessions/silent-1');
  await says(page.locator('.story.down'), 'the peer does not answer');
  await says(page.locator('#events'), 'DOWN');
  assert.doesNotMatch(await (await world.open('/tenants/default/sessions/feed-1')).content(), /canary/);
});

test('the page follows what happens, and leaves alone what is typed', async () => {
  const page = await world.open('/');
  await page.evaluate(() => { window.sameDocument = true; });
  await page.getByRole('searchbox').fill('half a wor');
  world.cli('pause', 'feed-2');
  await says(row(page, 'feed-2'), 'PAUSED');
  assert.strictEqual(await page.getByRole('searchbox').inputValue(), 'half a wor');
  assert.strictEqual(await page.evaluate(() => window.sameDocument), true);
  nothingWentWrong(page);
});

test('it stands still when told to', async () => {
  const page = await world.open('/');
  await page.clock.install();
  await page.reload();
  let asked = 0;
  page.on('request', () => { ++asked; });
  const answered = page.waitForResponse((response) => response.ok());
  await page.clock.runFor(6000);
  await answered;
  assert.ok(asked > 0, 'it asks again while it is live');
  await page.getByRole('button', {name: 'Live'}).click();
  assert.strictEqual(await page.getByRole('button', {name: 'Live'}).getAttribute('aria-pressed'), 'false');
  asked = 0;
  await page.clock.runFor(60000);
  assert.strictEqual(asked, 0);
});

test('nothing that others wrote runs', async () => {
  const page = await world.open('/tenants/default/sessions/hostile-1');
  await says(page.locator('.detail'), SCRIPT);
  await says(page.locator('dl'), 'team=' + SCRIPT);
  await says(page.locator('#events'), SCRIPT);
  for (const target of ['/tenants/default/sessions/' + encodeURIComponent(SCRIPT), '/?q=' + encodeURIComponent(SCRIPT),
    '/?tenant=' + encodeURIComponent(SCRIPT), '/']) {
    await page.goto(world.url + target);
    assert.strictEqual(await page.evaluate(() => window.owned), undefined, target);
    assert.strictEqual(await page.locator('img').count(), 0, target);
  }
  // Even a script that got through would not run.
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.owned = true';
    document.body.append(script);
  });
  assert.strictEqual(await page.evaluate(() => window.owned), undefined);
  assert.throws(() => world.cli('create', SCRIPT, 'ws://127.0.0.1:1/'), 'no session is called so');
});

test('it says that Holter is gone', async () => {
  const other = new World(holterd, holter);
  await other.startHolterd();
  other.browser = world.browser;
  const page = await other.open('/');
  await says(page.locator('.states'), '0 sessions');
  other.daemon.kill('SIGKILL');
  await says(page.locator('#stale'), 'Holter does not answer');
  other.browser = undefined;
  await other.end();
});

test('a terminal shows the same', () => {
  const dump = (target) => execFileSync('w3m', ['-dump', '-cols', '150', world.url + target], {encoding: 'utf8', timeout: PATIENCE});
  const fleet = dump('/');
  assert.match(fleet, /3 down/);
  assert.match(fleet, /DOWN +refused-1 +broken .*HTTP status 503/);
  assert.match(fleet, /HEALTHY +slow-1/);
  const session = dump('/tenants/default/sessions/slow-1');
  assert.match(session, /slow-1 is HEALTHY.*: every heartbeat is answered/);
  assert.match(session, /op-ping +alive +1\d\d/);
  assert.doesNotMatch(fleet + session, /canary/);
});

test('without a status page there is none', async () => {
  const other = new World(holterd, holter);
  await other.startHolterd(['--status-page=off']);
  for (const target of ['/', '/tenants/default/sessions/feed-1', '/page/script.js']) {
    assert.strictEqual((await other.get(target)).status, 404, target);
  }
  await other.end();
});
