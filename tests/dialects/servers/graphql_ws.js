// graphql-transport-ws: connection_init within connectionInitWaitTimeout, or 4408; pings of both layers both ways.
'use strict';

const {buildSchema} = require('graphql');
const {useServer} = require('graphql-ws/use/ws');
const {WebSocketServer} = require('ws');
const {listen, period} = require('./ready');

const schema = buildSchema('type Query { hello: String }');

listen('/graphql', (server) => {
  useServer({schema, connectionInitWaitTimeout: 3 * period}, new WebSocketServer({server, path: '/graphql'}), period);
});
