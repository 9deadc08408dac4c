#!/usr/bin/env node
// A peer for tests: ws of npm, with nothing changed.
//
// Answers pings as the library does, and the text {"op":"ping","id":X} with {"op":"pong","id":X}. Prints "PORT=<port>" when it listens.
//
//   ws_peer.js [--host ADDRESS] [--port PORT] [--cert FILE --key FILE]
'use strict';

const fs = require('fs');
const http = require('http');
const https = require('https');
const {parseArgs} = require('util');
const {WebSocketServer} = require('ws');

const {values} = parseArgs({
  options: {
    host: {type: 'string', default: '127.0.0.1'}, port: {type: 'string', default: '0'}, cert: {type: 'string'}, key: {type: 'string'},
  },
});

const server = values.cert
  ? https.createServer({cert: fs.readFileSync(values.cert), key: fs.readFileSync(values.key)})
  : http.createServer();

new WebSocketServer({server}).on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, isBinary) => {
    if (isBinary) return;
    let request;
    try {
      request = JSON.parse(data.toString());
    } catch {
      return;
    }
    if (request !== null && request.op === 'ping') socket.send(JSON.stringify({op: 'pong', id: request.id}));
  });
});

server.listen(Number(values.port), values.host, () => console.log(`PORT=${server.address().port}`));
