#!/usr/bin/env node
// Takes the pictures of docs/.  usage: screenshot.js HOLTERD HOLTER FOLDER
'use strict';

const path = require('path');
const {World, awaitThat} = require('./world');

const [holterd, holter, folder] = process.argv.slice(2);

// A small fleet in which something is wrong: a peer that answers pings while its application is silent, one that refuses, one that is not
// there, a slow one, and many that are well.
function fleetOf(peer) {
  const session = (name, group, target, labels = 'team: core') => `- name: ${name}
  group: ${group}
  labels: {${labels}}
  spec:
    url: ${target}
    protocol_heartbeat: {interval: 500ms, timeout: 2s}
    beats:
    - name: op-ping
      interval: 500ms
      timeout: 1s
      misses_allowed: 1
      send: {json: {op: ping, id: "\${seq}"}}
      expect: {json: [{pointer: /op, equals: pong}]}
      correlate: {pointer: /id, equals: seq}
`;
  const sessions = [
    session('chat-eu', 'chat', `ws://${peer}/silent?every=24&for=10`),
    session('ledger-1', 'ledger', `ws://${peer}/refused`),
    session('ledger-2', 'ledger', 'ws://127.0.0.1:1/'),
    session('prices-asia', 'prices', `ws://${peer}/slow?ms=140`),
  ];
  for (const [group, count] of [['prices', 14], ['orders', 9], ['chat', 5]]) {
    for (let i = 1; i <= count; ++i) sessions.push(session(`${group}-${i}`, group, `ws://${peer}/slow?ms=${i * 3}`));
  }
  return 'sessions:\n' + sessions.join('');
}

async function main() {
  const world = new World(holterd, holter);
  try {
    await world.start();
    world.cli('delete', 'feed-1', 'feed-2', 'slow-1', 'silent-1', 'refused-1', 'hostile-1');
    world.apply(fleetOf(world.peer));
    const take = async (target, scheme, name, height) => {
      const page = await world.open(target, {colorScheme: scheme, viewport: {width: 1180, height}});
      if (target !== '/') {  // until there is something to see: many answers, then none
        await page.waitForFunction(() => document.querySelectorAll('.dot').length > 40, null, {timeout: 60000});
        await page.locator('.story.down').waitFor({timeout: 60000});
        await page.waitForFunction(() => document.querySelectorAll('.miss').length > 4, null, {timeout: 60000});
      }
      await page.screenshot({path: path.join(folder, name)});
    };
    await awaitThat(() => /chat-eu .*DOWN/.test(world.cli('list')), 'a silent peer');
    world.cli('pause', 'orders-9');
    await take('/', 'light', 'status-page.png', 800);
    await take('/', 'dark', 'status-page-dark.png', 800);
    await take('/tenants/default/sessions/chat-eu', 'dark', 'status-page-session.png', 860);
    await take('/tenants/default/sessions/chat-eu', 'light', 'status-page-session-light.png', 860);
  } finally {
    await world.end();
  }
}

main();
