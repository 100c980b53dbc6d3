"""Reading and setting values, in the words of each protocol. Pure: requests out, answers in.

A key is a configuration key of OCPP 1.6; of 2.0.1 `Component.Variable`, `Component.Variable.instance`, or what
tenants.stations.keys reads (`Component[instance]@evse/Variable[instance]`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from saas.kit.errors import Invalid
from tenants.stations import keys as names
from tenants.stations import requests
from tenants.stations.keys import Key
from tenants.stations.requests import Request

from .comparing import same

V16, V201 = "ocpp1.6", "ocpp2.0.1"
PROTOCOLS = (V16, V201)
CHUNK = 10  # keys a request: stations' limits (GetConfigurationMaxKeys, ItemsPerMessageGetVariables) are often small
UNKNOWN, READONLY, DIFFERS = "unknown", "readonly", "differs"
LONGEST_KEY = {V16: 50, V201: 152}
LONGEST_VALUE = {V16: 500, V201: 1000}
GOOD = frozenset({"Accepted", "RebootRequired"})


@dataclass(frozen=True)
class Seen:
    """What a station answered about one key. `value` None: it did not tell one."""

    value: str | None
    known: bool = True
    readonly: bool = False

    def row(self) -> dict[str, object]:
        """As it is kept in a row."""
        return {"value": self.value, "known": self.known, "readonly": self.readonly}


def key_of(protocol: str, text: str) -> Key:
    """The key that a template names. Invalid for one that cannot be read."""
    if protocol == V16 or "/" in text:
        return names.parse(text)
    component, _, rest = text.partition(".")
    variable, _, instance = rest.partition(".")
    if not component or not variable:
        raise Invalid("A variable is named Component.Variable or Component.Variable.instance.", key=text[:100])
    return Key(name=variable, component=component, instance=instance)


def fits(protocol: str, key: str, value: str) -> str:
    """What is wrong with an entry of a template; empty when nothing is."""
    if not 0 < len(key) <= LONGEST_KEY[protocol] or key != key.strip() or not key.isprintable():
        return f"{key!r} is not a key"
    if len(value) > LONGEST_VALUE[protocol]:
        return f"the value of {key} is longer than {LONGEST_VALUE[protocol]}"
    try:
        key_of(protocol, key)
    except Invalid as error:
        return f"{key}: {error}"
    return ""


def chunk(keys: Iterable[str], seen: Mapping[str, object]) -> list[str]:
    """The next keys to ask for."""
    return list(islice((key for key in keys if key not in seen), CHUNK))


def reading(protocol: str, keys: Iterable[str]) -> Request:
    """The call that asks for these keys."""
    return requests.get_configuration(protocol, keys=[_said(protocol, key) for key in keys])


def setting(protocol: str, key: str, value: str) -> Request:
    """The call that sets one key."""
    return requests.set_configuration(protocol, values={_said(protocol, key): value})[0]


def seen(protocol: str, keys: Iterable[str], answer: Mapping[str, Any]) -> dict[str, Seen]:
    """What the answer to `reading` says of each key. A key that the station passes over is unknown to it."""
    told = _told_16(answer) if protocol == V16 else _told_201(answer)
    return {key: told.get(_said(protocol, key).casefold(), Seen(None, known=False)) for key in keys}


def verdict(protocol: str, answer: Mapping[str, Any]) -> str:
    """The status that the answer to `setting` bears: one of GOOD, or the station's word for no."""
    if protocol == V16:
        return str(answer.get("status", ""))
    results = answer.get("setVariableResult") or [{}]
    return str(results[0].get("attributeStatus", ""))


def differences(wanted: Mapping[str, str], told: Mapping[str, Seen]) -> dict[str, dict[str, Any]]:
    """Key → {kind, expected, actual} for each value that is not as wanted."""
    found = {key: _difference(key, expected, told[key]) for key, expected in wanted.items()}
    return {key: difference for key, difference in found.items() if difference}


def _difference(key: str, expected: str, told: Seen) -> dict[str, Any] | None:
    if told.known and (told.value is None or same(key, expected, told.value)):
        return None  # what a station does not tell (a password) cannot be compared
    kind = UNKNOWN if not told.known else READONLY if told.readonly else DIFFERS
    return {"kind": kind, "expected": expected, "actual": told.value}


def _said(protocol: str, key: str) -> str:
    return str(key_of(protocol, key))


def _told_16(answer: Mapping[str, Any]) -> dict[str, Seen]:
    rows = answer.get("configurationKey") or []
    return {str(r["key"]).casefold(): Seen(r.get("value"), readonly=bool(r.get("readonly"))) for r in rows}


def _told_201(answer: Mapping[str, Any]) -> dict[str, Seen]:
    told: dict[str, Seen] = {}
    for row in answer.get("getVariableResult") or []:
        status = row.get("attributeStatus")
        if status in ("Accepted", "Rejected"):  # rejected: it is there, yet not to be read (a password)
            key = names.of_json(row["component"], row["variable"], row.get("attributeType"))
            told[str(key).casefold()] = Seen(row.get("attributeValue"))
    return told
