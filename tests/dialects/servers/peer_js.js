// PeerJS: the client sends {"type":"HEARTBEAT"}, nothing answers, and alive_timeout of silence ends the connection.
'use strict';

const {PeerServer} = require('peer');
const {period, say} = require('./ready');

PeerServer({host: '127.0.0.1', port: 0, path: '/p', alive_timeout: 3 * period}, (listener) => {
  say(listener.address().port, '/p/peerjs?key=peerjs&id=holter&token=holter');
});
