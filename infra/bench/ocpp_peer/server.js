// npm ocpp-rpc in strict mode (every message is validated) with handlers that do nothing. Prints its port.
const { RPCServer } = require('ocpp-rpc');

const server = new RPCServer({ protocols: ['ocpp1.6', 'ocpp2.0.1'], strictMode: true, pingIntervalMs: 30000 });
server.auth((accept, _reject, handshake) => accept({ sessionId: handshake.identity }));
server.on('client', (client) => {
  client.handle('MeterValues', () => ({}));
  client.handle('TransactionEvent', () => ({}));
  client.handle(({ method }) => { throw new Error(`no handler for ${method}`); });
});
server.listen(0, '127.0.0.1').then((http) => console.log(JSON.stringify({ port: http.address().port })));
