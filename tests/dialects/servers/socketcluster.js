// SocketCluster 2: an empty text frame asks, an empty text frame answers within pingTimeout, or 4001.
'use strict';

const {attach} = require('socketcluster-server');
const {listen, period} = require('./ready');

listen('/socketcluster/', (server) => {
  const cluster = attach(server, {pingInterval: period, pingTimeout: 3 * period, authKey: 'a key for tests', ackTimeout: 3 * period});
  cluster.on?.('error', () => {});
});
