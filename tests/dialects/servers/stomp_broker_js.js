// STOMP 1.1 and 1.2: a line feed from both sides, at the periods that CONNECT and CONNECTED settle.
'use strict';

const StompServer = require('stomp-broker-js');
const {listen, period} = require('./ready');

listen('/stomp', (server) => new StompServer({server, path: '/stomp', heartbeat: [period, period], heartbeatErrorMargin: period}));
