// Ethereum's JSON-RPC: any request is a probe; a block, and with it a newHeads notification, every blockTime.
'use strict';

const {server} = require('ganache');
const {period, say} = require('./ready');

const chain = server({logging: {quiet: true}, miner: {blockTime: period / 1000}, wallet: {totalAccounts: 1}});
chain.listen(0, '127.0.0.1').then(() => say(chain.address().port, '/'));
