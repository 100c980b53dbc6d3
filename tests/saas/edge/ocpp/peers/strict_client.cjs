// A charge point of `ocpp-rpc` in strict mode: it checks every answer against the standard's schemas.
// usage: node strict_client.cjs <endpoint> <identity> <ocpp1.6|ocpp2.0.1>; prints what it was answered.
const { RPCClient } = require("ocpp-rpc");

const [endpoint, identity, protocol] = process.argv.slice(2);
const AT = (minute) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const client = new RPCClient({ endpoint, identity, protocols: [protocol], strictMode: true, reconnect: false });

async function session16() {
  const told = {};
  told.boot = await client.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
  await client.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Preparing" });
  told.authorize = await client.call("Authorize", { idTag: "TAG1" });
  told.start = await client.call("StartTransaction", { connectorId: 1, idTag: "TAG1", meterStart: 5, timestamp: AT(0) });
  const transactionId = told.start.transactionId;
  await client.call("MeterValues", {
    connectorId: 1, transactionId, meterValue: [{ timestamp: AT(5), sampledValue: [{ value: "900" }] }],
  });
  told.stop = await client.call("StopTransaction", { transactionId, meterStop: 1800, timestamp: AT(10) });
  told.transfer = await client.call("DataTransfer", { vendorId: "V" });
  return told;
}

async function session201() {
  const told = {};
  const chargingStation = { vendorName: "V", model: "M" };
  told.boot = await client.call("BootNotification", { chargingStation, reason: "PowerUp" });
  const idToken = { idToken: "TAG1", type: "ISO14443" };
  told.authorize = await client.call("Authorize", { idToken });
  const event = (eventType, triggerReason, seqNo, value, more) => client.call("TransactionEvent", {
    eventType, triggerReason, seqNo, timestamp: AT(seqNo), transactionInfo: { transactionId: "tx-1" }, evse: { id: 1 },
    meterValue: [{ timestamp: AT(seqNo), sampledValue: [{ value }] }], ...more,
  });
  told.start = await event("Started", "Authorized", 0, 5, { idToken });
  told.update = await event("Updated", "MeterValuePeriodic", 1, 900);
  told.stop = await event("Ended", "StopAuthorized", 2, 1800);
  told.report = await client.call("NotifyReport", { requestId: 1, generatedAt: AT(0), seqNo: 0 });
  return told;
}

async function main() {
  await client.connect();
  const told = protocol === "ocpp1.6" ? await session16() : await session201();
  await client.close();
  process.stdout.write(JSON.stringify(told));
}

main().catch((wrong) => {
  console.error(wrong, wrong.details);
  process.exit(1);
});
