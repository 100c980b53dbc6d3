"""Configuration keys (1.6) and variables of components (2.0.1) as stations tell them, and as they take them over."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from saas.devices.actions import promote
from saas.kit.redaction import HIDDEN

from ... import keys
from ...keys import Key
from ...models import Item, Station, StationCommand, Variable
from ...reports import with_part
from .. import equipment
from .base import Done, Json, Said, keep, moment, note

SETTABLE, FIXED = "ReadWrite", "ReadOnly"
TAKEN = {"Accepted": False, "RebootRequired": True}  # → whether it counts only after the next boot
PASSWORD_KEY, PASSWORD = "AuthorizationKey", keys.parse("SecurityCtrlr/BasicAuthPassword")
CONNECTOR_STATUS = ("Connector", "AvailabilityState")
GONE = ("UnknownComponent", "UnknownVariable", "NotSupportedAttributeType")
NAMES = ("component", "component_instance", "evse", "connector", "name", "instance", "attribute")
Values = Mapping[Key, Mapping[str, object]]


def got_keys(done: Done) -> None:
    """GetConfiguration: the keys with their values; unknown ones are gone, and when all were asked for, all others."""
    found = done.answer.get("configurationKey") or []
    values: dict[Key, Mapping[str, object]] = {
        Key(one["key"]): {"value": one.get("value"), "mutability": FIXED if one["readonly"] else SETTABLE}
        for one in found
    }
    store(done.station, values, done.now)
    rows = Variable.objects.filter(station=done.station)
    rows.filter(key__in=done.answer.get("unknownKey") or []).delete()
    if not done.payload.get("key"):
        rows.exclude(key__in=[one["key"] for one in found]).delete()


def changed_key(done: Done) -> None:
    """ChangeConfiguration: the value counts, now or after the next boot. Of a password that counts, the old one is
    refused from now on."""
    if done.payload["key"] == PASSWORD_KEY and done.status == "Accepted":
        promote(device_id=done.station.device_id, now=done.now)
    if done.status in TAKEN:
        value = {"value": _shown(done.command.payload["value"]), "reboot_required": TAKEN[done.status]}
        store(done.station, {Key(done.payload["key"]): value}, done.now)


def got_variables(done: Done) -> None:
    """GetVariables."""
    results = done.answer["getVariableResult"]
    told = {
        _key(one): {"value": one.get("attributeValue", "")} for one in results if one["attributeStatus"] == "Accepted"
    }
    store(done.station, told, done.now)
    _forget(done.station, results)


def set_variables(done: Done) -> None:
    """SetVariables: each result stands for the datum of the same component, variable and attribute."""
    wanted = {_key(datum): datum["attributeValue"] for datum in done.command.payload["setVariableData"]}
    results = done.answer["setVariableResult"]
    taken = {
        _key(one): {"value": _shown(wanted[_key(one)]), "reboot_required": TAKEN[one["attributeStatus"]]}
        for one in results
        if one["attributeStatus"] in TAKEN and _key(one) in wanted
    }
    store(done.station, taken, done.now)
    _forget(done.station, results)
    if any(_key(one) == PASSWORD and one["attributeStatus"] == "Accepted" for one in results):
        promote(device_id=done.station.device_id, now=done.now)


def report(said: Said) -> Json:
    """NotifyReport: one part of a report; a complete inventory also says what is not there any more."""
    values: dict[Key, Mapping[str, object]] = {}
    for one in said.payload.get("reportData") or []:
        for attribute in one["variableAttribute"]:
            key = keys.of_json(one["component"], one["variable"], attribute.get("type"))
            values[key] = {
                "value": attribute.get("value"),
                "mutability": attribute.get("mutability", SETTABLE),
                "characteristics": one.get("variableCharacteristics"),
            }
    store(said.station, values, said.now)
    if part(said, "report")["complete"]:
        _clear_stale(said)
    return {}


def part(said: Said, kind: str) -> Json:
    """Note that a part of a report came; the report's state."""
    number = said.payload["requestId"]
    name = f"{kind}:{number}"
    before = Item.objects.filter(station=said.station, kind=Item.Kind.REPORT, key=name).first()
    state = with_part(before.data if before else {}, said.payload["seqNo"], more=bool(said.payload.get("tbc")))
    keep(said.station, Item.Kind.REPORT, name, {"kind": kind, "request_id": number, **state}, said.now)
    return state


def store(station: Station, values: Values, now: datetime) -> None:
    """Insert or change variables; columns that are not given keep what they had. All values name the same columns."""
    if not values:
        return
    once = {str(key): (key, columns) for key, columns in values.items()}  # strange names may read the same
    rows = [
        Variable(station=station, key=name, at=now, **{part: getattr(key, part) for part in NAMES}, **columns)
        for name, (key, columns) in sorted(once.items())
    ]
    given = {name for columns in values.values() for name in columns}
    Variable.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["station", "key"], update_fields=["at", *given]
    )


def booted(station: Station) -> None:
    """What waited for a boot counts now."""
    Variable.objects.filter(station=station, reboot_required=True).update(reboot_required=False)


def event(said: Said) -> Json:
    """NotifyEvent: each event is kept, and says the variable's value on the way; of a connector also its status."""
    values: dict[Key, Mapping[str, object]] = {}
    for one in said.payload["eventData"]:
        key = keys.of_json(one["component"], one["variable"])
        values[key] = {"value": one["actualValue"]}
        if (key.component, key.name) == CONNECTOR_STATUS and key.evse and key.connector:
            _status(said, key.evse, key.connector, one)
    known = set(Variable.objects.filter(station=said.station, key__in=map(str, values)).values_list("key", flat=True))
    store(said.station, {key: value for key, value in values.items() if str(key) in known}, said.now)
    note(said, ", ".join(f"{key} = {value['value']}" for key, value in values.items()))
    return {}


def _status(said: Said, evse: int, connector: int, one: Json) -> None:
    """2.0.1 lets a station say the status of a connector by NotifyEvent in the place of StatusNotification."""
    word = one["actualValue"]
    error = "OtherError" if word == "Faulted" else "NoError"
    equipment.told(
        station=said.station, evse=evse, connector=connector, at=moment(one["timestamp"], said.now), now=said.now,
        said={"status": word, "error_code": error, "info": ""},
    )  # fmt: skip


def _clear_stale(said: Said) -> None:
    """Variables that a full inventory, begun at the call that asked for it, did not name."""
    asked = StationCommand.objects.filter(
        station=said.station, action="GetBaseReport", payload__requestId=said.payload["requestId"]
    ).last()
    if asked is not None and asked.payload["reportBase"] == "FullInventory":
        Variable.objects.filter(station=said.station, at__lt=asked.created_at).delete()


def _forget(station: Station, results: Iterable[Json]) -> None:
    gone = [str(_key(one)) for one in results if one["attributeStatus"] in GONE]
    Variable.objects.filter(station=station, key__in=gone).delete()


def _key(datum: Mapping[str, Any]) -> Key:
    return keys.of_json(datum["component"], datum["variable"], datum.get("attributeType"))


def _shown(value: str) -> str | None:
    return None if value == HIDDEN else value
