// RSocket: the client's SETUP frame says how often it sends KEEPALIVE, and how long either side may be silent.
'use strict';

const {RSocketServer} = require('rsocket-core');
const {default: RSocketWebSocketServer} = require('rsocket-websocket-server');
const {WebSocketServer} = require('ws');
const {say} = require('./ready');

// The transport tells nobody which port it was given; the factory of its server finds out.
const factory = (options) => new WebSocketServer(options).on('listening', function listening() {
  say(this.address().port, '/');
});
const transport = new RSocketWebSocketServer({host: '127.0.0.1', port: 0}, undefined, factory);
new RSocketServer({getRequestHandler: () => ({}), transport}).start();
