// SockJS: a session of its own for each dial, "o", then a ping frame of RFC 6455 every heartbeat_delay, where other transports get "h".
'use strict';

const {createServer} = require('sockjs');
const {listen, period} = require('./ready');

listen('/echo/000/${hex_id}/websocket', (server) => {
  createServer({heartbeat_delay: period, log: () => {}}).installHandlers(server, {prefix: '/echo'});
});
