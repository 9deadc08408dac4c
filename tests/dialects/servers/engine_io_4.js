// Engine.IO 4: the server asks "2", the client has pingTimeout to answer "3".
'use strict';

const {attach} = require('engine.io');
const {listen, period} = require('./ready');

listen('/engine.io/?EIO=4&transport=websocket', (server) => attach(server, {pingInterval: period, pingTimeout: period}));
