// What the servers of this folder share: arguments, an ephemeral port of 127.0.0.1, one line when they are ready, and an end.
//
//   node SERVER.js [PERIOD] [MORE]      PERIOD, in milliseconds, is from one heartbeat to the next
//
// Prints {"url": "ws://…"} when it listens. Ends with SIGTERM, or when its stdin is closed.
'use strict';

const http = require('http');

exports.period = Number(process.argv[2] ?? 500);
exports.argument = process.argv[3];

process.on('SIGTERM', () => process.exit(0));
process.stdin.on('end', () => process.exit(0)).on('close', () => process.exit(0)).resume();

// Says where this process serves.
exports.say = (port, path) => console.log(JSON.stringify({url: `ws://127.0.0.1:${port}${path}`}));

// Has `server` listen, and says so. Not set: a server of HTTP to attach to.
exports.listen = (path, attach, server = http.createServer()) => {
  attach(server);
  server.listen(0, '127.0.0.1', () => exports.say(server.address().port, path));
};
