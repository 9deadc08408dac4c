// Engine.IO 3: the client asks "2", the server answers "3" and closes after pingInterval + pingTimeout of silence.
'use strict';

const {attach} = require('engine.io-3');
const {listen, period} = require('./ready');

listen('/engine.io/?EIO=3&transport=websocket', (server) => attach(server, {pingInterval: period, pingTimeout: period}));
