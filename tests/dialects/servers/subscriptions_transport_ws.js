// graphql-ws, the older protocol of that name: {"type":"ka"} from the server once connection_init is acknowledged.
'use strict';

const {buildSchema, execute, subscribe} = require('graphql');
const {SubscriptionServer} = require('subscriptions-transport-ws');
const {listen, period} = require('./ready');

const schema = buildSchema('type Query { hello: String }');

listen('/graphql', (server) => {
  SubscriptionServer.create({schema, execute, subscribe, keepAlive: period}, {server, path: '/graphql'});
});
