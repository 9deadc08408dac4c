// SocketCluster's first protocol: "#1" asks, "#2" answers within pingTimeout, or 4001.
'use strict';

const {attach} = require('socketcluster-server-14');
const {listen, period} = require('./ready');

listen('/socketcluster/', (server) => {
  attach(server, {pingInterval: period, pingTimeout: 3 * period, authKey: 'a key for tests', ackTimeout: 3 * period});
});
