"""Messages on displays, monitors, customer data, network profiles, security events, and vendors' own words."""

from collections.abc import Callable
from typing import Any

from ...models import Item
from ...reports import with_part
from .base import Done, Json, Said, drop, keep, note, progress
from .configuration import part

Kind = Item.Kind
GONE = ("Accepted", "Unknown", "NotFound")

# Vendor → message → answer. OCA's Plug & Charge over 1.6: there is no responder for certificates of vehicles here.
PNC = "org.openchargealliance.iso15118pnc"
NO_CERTIFICATE = '{"status":"Failed","exiResponse":""}'
VENDORS: dict[str, dict[str, Callable[[Said], Json]]] = {
    PNC: {
        "Get15118EVCertificate": lambda _: {"status": "Accepted", "data": NO_CERTIFICATE},
        "GetCertificateStatus": lambda _: {"status": "Accepted", "data": '{"status":"Failed"}'},
    }
}


def vendor_data(said: Said) -> Json:
    """DataTransfer from a station: kept whoever the vendor is, answered as the table says."""
    vendor, message = said.payload["vendorId"], said.payload.get("messageId", "")
    note(said, f"{vendor} {message}".strip())
    if vendor not in VENDORS:
        return {"status": "UnknownVendorId"}
    answer = VENDORS[vendor].get(message)
    return answer(said) if answer else {"status": "UnknownMessageId"}


def security_event(said: Said) -> Json:
    """SecurityEventNotification."""
    note(said, f"{said.payload['type']} {said.payload.get('techInfo', '')}".strip())
    return {}


def message_set(done: Done) -> None:
    """SetDisplayMessage."""
    if done.status == "Accepted":
        message = done.payload["message"]
        keep(done.station, Kind.DISPLAY_MESSAGE, message["id"], message, done.now)


def message_cleared(done: Done) -> None:
    """ClearDisplayMessage."""
    if done.status in GONE:
        drop(done.station, Kind.DISPLAY_MESSAGE, [done.payload["id"]])


def messages_reported(said: Said) -> Json:
    """NotifyDisplayMessages."""
    for message in said.payload.get("messageInfo") or []:
        keep(said.station, Kind.DISPLAY_MESSAGE, message["id"], message, said.now)
    return {}


def monitors_set(done: Done) -> None:
    """SetVariableMonitoring: results come in the order of what was asked."""
    for asked, result in zip(done.payload["setMonitoringData"], done.answer["setMonitoringResult"], strict=False):
        if result["status"] == "Accepted" and "id" in result:
            keep(done.station, Kind.MONITOR, result["id"], {**asked, "id": result["id"]}, done.now)


def monitors_cleared(done: Done) -> None:
    """ClearVariableMonitoring."""
    results = done.answer["clearMonitoringResult"]
    drop(done.station, Kind.MONITOR, [one["id"] for one in results if one["status"] in GONE])


def monitors_reported(said: Said) -> Json:
    """NotifyMonitoringReport."""
    for one in said.payload.get("monitor") or []:
        place = {"component": one["component"], "variable": one["variable"]}
        for monitor in one["variableMonitoring"]:
            keep(said.station, Kind.MONITOR, monitor["id"], {**place, **monitor}, said.now)
    part(said, "monitoring")
    return {}


def customer_told(said: Said) -> Json:
    """NotifyCustomerInformation: a text in parts."""
    number, order = said.payload["requestId"], said.payload["seqNo"]
    before = Item.objects.filter(station=said.station, kind=Kind.CUSTOMER, key=str(number)).first()
    held: dict[str, Any] = before.data if before else {}
    texts = {**held.get("texts", {}), str(order): said.payload["data"]}
    state = with_part(held, order, more=bool(said.payload.get("tbc")))
    whole = "".join(text for _, text in sorted(texts.items(), key=lambda pair: int(pair[0])))
    keep(said.station, Kind.CUSTOMER, number, {**state, "texts": texts, "text": whole}, said.now)
    return {}


def network_profile(done: Done) -> None:
    """SetNetworkProfile; its secrets are not kept."""
    if done.status == "Accepted":
        shown = done.command.payload
        keep(done.station, Kind.NETWORK_PROFILE, shown["configurationSlot"], shown["connectionData"], done.now)


def availability(done: Done) -> None:
    """ChangeAvailability: `Scheduled` waits for the end of what runs; the connector's own status says when it is so."""
    progress(done.station, "availability", done.status, done.now)
