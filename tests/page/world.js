// holterd, its peers and a browser, as a test of the status page wants them. Everything that was started ends with the test.
'use strict';

const {execFileSync, spawn} = require('child_process');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');
const {chromium} = require('playwright-core');
const {WebSocketServer} = require('../peers/node_modules/ws');

const ROOT = path.join(__dirname, '..', '..');
const PATIENCE = 20000;
const SCRIPT = "<script>window.owned = true</script><img src=x onerror='window.owned = true'>";

async function awaitThat(condition, what) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`${what}: nothing within ${PATIENCE} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const BEATS = `
    protocol_heartbeat: {interval: 200ms, timeout: 2s}
    beats:
    - name: op-ping
      interval: 200ms
      timeout: 500ms
      misses_allowed: 1
      send: {json: {op: ping, id: "\${seq}"}}
      expect: {json: [{pointer: /op, equals: pong}]}
      correlate: {pointer: /id, equals: seq}
`;

// Sessions as YAML: two that answer, one slow, one silent, one refused, one whose peer says scripts.
function sessionsOf(peer, hostile) {
  const session = (name, group, url, more = BEATS, labels = '{}') =>
    `- name: ${name}\n  group: ${group}\n  labels: ${labels}\n  spec:\n    url: ${url}\n${more}`;
  return 'sessions:\n' + [
    session('feed-1', 'feeds', `ws://${peer}/healthy?token=canary`),
    session('feed-2', 'feeds', `ws://${peer}/healthy`),
    session('slow-1', 'slow', `ws://${peer}/slow?ms=150`),
    session('silent-1', 'feeds', `ws://${peer}/silent?every=1&for=1`),
    session('refused-1', 'broken', `ws://${peer}/refused`),
    session('hostile-1', 'broken', `ws://${hostile}/`, '', `{team: ${JSON.stringify(SCRIPT)}}`),
  ].join('\n');
}

// What the test runs against. `holterd` and `holter` are the programs.
class World {
  constructor(holterd, holter) {
    this.holterd = holterd;
    this.holter = holter;
    this.children = [];
    this.scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'holter-page-'));
  }

  async start() {
    // /usr/bin/python3: the peer needs Debian's websockets, whatever comes first in PATH.
    const peer = this.spawn('/usr/bin/python3', [path.join(ROOT, 'tools', 'demo_peer.py')]);
    await awaitThat(() => peer.text.includes('PORT='), 'the peer');
    this.peer = '127.0.0.1:' + peer.text.trim().replace('PORT=', '');
    this.hostile = new WebSocketServer({host: '127.0.0.1', port: 0});
    this.hostile.on('connection', (socket) => socket.close(4001, SCRIPT));
    await awaitThat(() => this.hostile.address(), 'the hostile peer');
    await this.startHolterd();
    this.apply(sessionsOf(this.peer, `127.0.0.1:${this.hostile.address().port}`));
    this.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      args: ['--no-sandbox'],  // a sandbox cannot be had by root in a container, and only our own page is opened
    });
  }

  async startHolterd(flags = []) {
    const file = path.join(this.scratch, `ports-${this.children.length}.json`);
    this.daemon = this.spawn(this.holterd, [
      '--store=memory', `--ports-file=${file}`, '--grpc-listen=127.0.0.1:0', '--http-listen=127.0.0.1:0', ...flags]);
    await awaitThat(() => fs.existsSync(file) || this.daemon.exitCode !== null, 'holterd');
    const ports = JSON.parse(fs.readFileSync(file));
    this.grpc = ports.grpc;
    this.url = `http://${ports.http}`;
  }

  spawn(program, argv) {
    const child = spawn(program, argv, {stdio: ['ignore', 'pipe', 'ignore']});
    child.text = '';
    child.stdout.on('data', (data) => { child.text += data; });
    this.children.push(child);
    return child;
  }

  cli(...argv) {
    return execFileSync(this.holter, [...argv, `--server=${this.grpc}`], {encoding: 'utf8', timeout: PATIENCE, stdio: 'pipe'});
  }

  apply(yaml) {
    const file = path.join(this.scratch, 'sessions.yaml');
    fs.writeFileSync(file, yaml);
    return this.cli('apply', '-f', file);
  }

  // Status, fields and body of a GET of `target`, which is sent as it stands.
  get(target) {
    const {hostname, port} = new URL(this.url);
    return new Promise((resolve, reject) => {
      http.get({hostname, port, path: target, agent: false}, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (data) => { body += data; }).on('end', () => resolve({status: answer.statusCode, headers: answer.headers, body}));
      }).on('error', reject);
    });
  }

  // A page of the browser that remembers what went wrong on it and what it asked of others.
  async open(target = '/', options = {}) {
    const context = await this.browser.newContext({viewport: {width: 1280, height: 900}, ...options});
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.faults = [];
    page.on('pageerror', (error) => page.faults.push(String(error)));
    page.on('console', (message) => { if (message.type() === 'error') page.faults.push(message.text()); });
    page.on('request', (request) => { if (!request.url().startsWith(this.url)) page.faults.push(`asked ${request.url()}`); });
    await page.goto(this.url + target);
    return page;
  }

  async end() {
    if (this.browser) await this.browser.close();
    if (this.hostile) {
      for (const socket of this.hostile.clients) socket.terminate();
      this.hostile.close();
    }
    for (const child of this.children) child.kill('SIGKILL');
    fs.rmSync(this.scratch, {recursive: true, force: true});
  }
}

module.exports = {PATIENCE, SCRIPT, World, awaitThat};
