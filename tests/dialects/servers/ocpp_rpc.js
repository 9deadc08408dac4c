// OCPP 1.6J: BootNotification gives the interval, in seconds, of the Heartbeat calls; ping frames beside them.
'use strict';

const {RPCServer} = require('ocpp-rpc');
const {period, say} = require('./ready');

const server = new RPCServer({protocols: ['ocpp1.6'], pingIntervalMs: period});
server.auth((accept) => accept());
server.on('client', (client) => {
  client.handle('BootNotification', () => ({status: 'Accepted', interval: Math.round(period / 1000), currentTime: new Date().toISOString()}));
  client.handle('Heartbeat', () => ({currentTime: new Date().toISOString()}));
});
server.listen(0, '127.0.0.1').then((listener) => say(listener.address().port, '/station-1'));
