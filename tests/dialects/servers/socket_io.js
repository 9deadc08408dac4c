// Socket.IO 4: a namespace to enter ("40") within connectTimeout, and the heartbeat of Engine.IO 4 below it.
'use strict';

const {Server} = require('socket.io');
const {listen, period} = require('./ready');

listen('/socket.io/?EIO=4&transport=websocket', (server) => {
  new Server(server, {pingInterval: period, pingTimeout: period, connectTimeout: 4 * period});
});
