// Socket.IO 2: the main namespace is entered by the server ("40"), and the heartbeat of Engine.IO 3 below it is the client's.
'use strict';

const attach = require('socket.io-2');
const {listen, period} = require('./ready');

listen('/socket.io/?EIO=3&transport=websocket', (server) => {
  attach(server, {pingInterval: period, pingTimeout: period});
});
