#!/usr/bin/env node
// The life of a session, over plain gRPC: try, create, watch until HEALTHY, update, pause, resume, read errors, delete.
// The protos are read as they are; nothing is generated. usage: session_life.js --server HOST:PORT --url ws://…
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const {parseArgs} = require('util');

const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const protobuf = require('protobufjs');

const DEADLINE = 10_000;  // milliseconds, of a call
const PATIENCE = 30_000;  // milliseconds, of a watch

const PROTO = path.join(__dirname, '..', '..', 'proto');
const {holter} = grpc.loadPackageDefinition(protoLoader.loadSync(
    'holter/v1/session_service.proto',
    {includeDirs: [PROTO], keepCase: true, longs: String, enums: String, defaults: true}));

// The types of error details. A detail is packed as bytes with a type URL, so they are decoded by hand.
const rpc = new protobuf.Root();
rpc.resolvePath = (_, target) => path.join(PROTO, target);
rpc.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

function detailsOf(error) {
  const [packed] = error.metadata.get('grpc-status-details-bin');
  if (!packed) return [];
  return rpc.lookupType('google.rpc.Status').decode(packed).details.map(({type_url, typeUrl, value}) => {
    const type = (type_url || typeUrl).split('/').pop();
    return {type, ...rpc.lookupType(type).toObject(rpc.lookupType(type).decode(value))};
  });
}

function tell(error) {
  console.log(`${grpc.status[error.code]}: ${error.details}`);
  for (const detail of detailsOf(error)) {
    switch (detail.type) {
      case 'google.rpc.ErrorInfo':
        console.log(`  reason ${detail.reason} of ${detail.domain}, ${JSON.stringify(detail.metadata || {})}`);
        break;
      case 'google.rpc.BadRequest':
        for (const bad of detail.fieldViolations) console.log(`  field ${bad.field}: ${bad.description}`);
        break;
      case 'google.rpc.ResourceInfo':
        console.log(`  resource ${detail.resourceName}`);
        break;
      case 'google.rpc.PreconditionFailure':
        for (const bad of detail.violations) console.log(`  precondition ${bad.type}: ${bad.description}`);
        break;
      case 'google.rpc.QuotaFailure':
        for (const {subject, description} of detail.violations) {
          console.log(`  quota, asked for ${subject}: ${description}`);
        }
        break;
      case 'google.rpc.RetryInfo':
        console.log(`  try again after ${Number(detail.retryDelay.seconds || 0) + (detail.retryDelay.nanos || 0) / 1e9} s`);
        break;
    }
  }
}

function connect({server, ca, 'token-file': tokenFile}) {
  const metadata = new grpc.Metadata();
  if (tokenFile) {
    if (!ca && !['127.0.0.1', 'localhost', '[::1]'].includes(server.slice(0, server.lastIndexOf(':')))) {
      throw new Error('a token is not sent to another machine in the clear: --ca');
    }
    metadata.set('authorization', 'Bearer ' + fs.readFileSync(tokenFile, 'utf8').trim());
  }
  const credentials = ca ? grpc.credentials.createSsl(fs.readFileSync(ca)) : grpc.credentials.createInsecure();
  return {stub: new holter.v1.SessionService(server, credentials), metadata};
}

class Life {
  constructor(options) {
    Object.assign(this, connect(options));
    this.url = options.url;
    this.parent = `tenants/${options.tenant}`;
    this.id = 'example-node-' + crypto.randomBytes(4).toString('hex');
    this.name = `${this.parent}/sessions/${this.id}`;
  }

  call(method, request) {
    return new Promise((resolve, reject) => {
      const options = {deadline: Date.now() + DEADLINE};
      this.stub[method](request, this.metadata, options, (error, answer) => error ? reject(error) : resolve(answer));
    });
  }

  // Makes a call that has to be refused, and tells all that the refusal says.
  async refused(method, request, code) {
    const error = await this.call(method, request).then(() => null, (refusal) => refusal);
    assert(error, `${grpc.status[code]} was expected`);
    if (error.code !== code) throw error;
    tell(error);
  }

  // Waits for a status that `wanted` holds for.
  watch(wanted) {
    const request = {parent: this.parent, filter: `session = "${this.id}"`};
    const stream = this.stub.WatchSessions(request, this.metadata, {deadline: Date.now() + PATIENCE});
    return new Promise((resolve, reject) => {
      stream.on('data', ({changes}) => {
        for (const {session} of changes) {
          if (!session || !session.status) continue;
          console.log(`  ${session.status.state} ${session.status.health}`);
          if (!wanted(session.status)) continue;
          resolve();
          stream.cancel();
          return;
        }
      });
      stream.on('error', reject);  // the cancellation, too: by then there is nothing left to reject
      stream.on('end', () => reject(new Error('the watch ended')));
    });
  }

  async live() {
    const session = {group: 'examples', spec: {url: this.url, protocol_heartbeat: {interval: '200ms', timeout: '2s'}}};
    const create = {parent: this.parent, session_id: this.id, session};
    await this.call('CreateSession', {...create, validate_only: true});
    console.log('may be created');
    // With a request_id the call may be repeated when its answer was lost: it is taken once.
    create.request_id = crypto.randomUUID();
    const created = await this.call('CreateSession', create);
    assert.strictEqual((await this.call('CreateSession', create)).uid, created.uid);
    console.log(`created ${created.name}`);
    await this.watch(({health}) => health === 'HEALTH_HEALTHY');
    await this.update(created);
    await this.pauseAndResume();
    await this.readErrors(created);
    await this.call('DeleteSession', {name: this.name});
    console.log('deleted');
  }

  async update({etag}) {
    const updated = await this.call('UpdateSession', {
      session: {name: this.name, etag, labels: {team: 'a'}},  // only if nobody changed it since
      update_mask: {paths: ['labels']},
      request_id: crypto.randomUUID(),
    });
    assert.strictEqual(updated.labels.team, 'a');
    assert.notStrictEqual(updated.etag, etag);
    console.log('updated; the connection stayed');
  }

  async pauseAndResume() {
    await this.call('PauseSession', {name: this.name});
    await this.watch(({state}) => state === 'STATE_PAUSED');
    console.log('paused');
    await this.refused('ReconnectSession', {name: this.name}, grpc.status.FAILED_PRECONDITION);
    await this.call('ResumeSession', {name: this.name});
    await this.watch(({health}) => health === 'HEALTH_HEALTHY');
    console.log('resumed');
  }

  async readErrors({etag}) {
    const spec = {url: 'http://not-a-websocket/', protocol_heartbeat: {interval: '20'}};
    const bad = {parent: this.parent, session_id: 'Bad Id', session: {spec}};
    await this.refused('CreateSession', bad, grpc.status.INVALID_ARGUMENT);
    await this.refused('GetSession', {name: this.name + '-not'}, grpc.status.NOT_FOUND);
    await this.refused('DeleteSession', {name: this.name, etag}, grpc.status.ABORTED);
    await this.askForMore();
  }

  // Where the tenant has a quota another session may be one too many.
  async askForMore() {
    const more = {parent: this.parent, session_id: this.id + '-more', session: {spec: {url: this.url}}, validate_only: true};
    try {
      await this.call('CreateSession', more);
      console.log('another one would be taken');
    } catch (error) {
      if (error.code !== grpc.status.RESOURCE_EXHAUSTED) throw error;
      tell(error);
    }
  }
}

const {values} = parseArgs({options: {
  server: {type: 'string', default: '127.0.0.1:7600'},
  url: {type: 'string'},  // of the peer, ws://…
  tenant: {type: 'string', default: 'default'},
  ca: {type: 'string'},  // PEM file; makes the connection TLS
  'token-file': {type: 'string'},
}});
if (!values.url) {
  console.error('usage: session_life.js --server HOST:PORT --url ws://…');
  process.exit(2);
}
new Life(values).live().then(() => process.exit(0), (error) => {
  if (error.metadata) tell(error);
  console.error(error);
  process.exit(1);
});
