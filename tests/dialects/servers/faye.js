// Bayeux: a /meta/connect is answered after `timeout`, and the client has to send the next one.
'use strict';

const {NodeAdapter} = require('faye');
const {listen, period} = require('./ready');

listen('/bayeux', (server) => new NodeAdapter({mount: '/bayeux', timeout: period / 1000}).attach(server));
