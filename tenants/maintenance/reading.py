"""What devices say → what is wrong: their own words into the vocabulary. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from saas.contracts import faults
from saas.contracts.faults import Fault

Own = Mapping[tuple[str, str], str]
VAGUE = frozenset({"OtherError", "InternalError", "NoError", ""})
TRUE = frozenset({"true", "1", "yes", "on"})


class Meaning(NamedTuple):
    """`code` names the alert at its unit; `fault` None: nothing is wrong."""

    code: str
    fault: Fault | None
    detail: dict[str, str]


def of_status(said: Mapping[str, str], own: Own) -> Meaning:
    """An OCPP error: `errorCode`, and the vendor's `vendorId`, `vendorErrorCode`, `info`.

    A vendor's code that a table knows says more than OCPP's own; one that none knows is OtherError, with the raw code
    kept. Several codes in one field, by commas, are one alert of the first that is known.
    """
    error, vendor, raw = said.get("errorCode", ""), said.get("vendorId", ""), said.get("vendorErrorCode", "")
    detail = {name: value for name, value in said.items() if value}
    codes = [code.strip() for code in raw.split(",") if code.strip()]
    known = next((found for code in codes if (found := faults.of_vendor(vendor, code, own))), None)
    if known is not None:
        return Meaning(_vendor_code(vendor, raw), known, detail)
    if codes and error in VAGUE:
        return Meaning(_vendor_code(vendor, raw), faults.UNKNOWN, detail)
    return Meaning(error[:80], faults.OCPP16.get(error, faults.UNKNOWN), detail)


def of_adapter(code: str, reason: str) -> Meaning:
    """A fault event of an adapter."""
    return Meaning(code[:80], faults.ADAPTER.get(code, faults.UNKNOWN), {"reason": reason} if reason else {})


class Monitored(NamedTuple):
    """One event of NotifyEvent: where it is, what it means, and whether it is over."""

    evse: int
    meaning: Meaning
    over: bool


def of_event(data: Mapping[str, Any], own: Own) -> Monitored | None:
    """One `eventData` of OCPP 2.0.1. None where the variable says nothing of faults."""
    component, variable = data.get("component") or {}, data.get("variable") or {}
    names = (str(component.get("name", "")), str(variable.get("name", "")))
    tech = str(data.get("techCode") or "")
    fault = (faults.of_vendor("", tech, own) if tech else None) or faults.of_event(*names)
    if fault is None:
        return None
    instance = component.get("instance") or variable.get("instance")
    code = ".".join([*names, *([str(instance)] if instance else [])])[:80]
    detail = {
        "techCode": tech,
        "techInfo": str(data.get("techInfo") or "")[:300],
        "value": str(data.get("actualValue")),
    }
    over = bool(data.get("cleared")) or str(data.get("actualValue", "")).strip().casefold() not in TRUE
    number = (component.get("evse") or {}).get("id", 0)
    evse = number if isinstance(number, int) and 0 <= number < 2**15 else 0
    return Monitored(evse, Meaning(code, fault, {name: text for name, text in detail.items() if text}), over)


def of_security(payload: Mapping[str, Any]) -> Meaning:
    """A security event."""
    kind, info = str(payload.get("type", "")), str(payload.get("techInfo") or "")[:300]
    return Meaning(kind[:80], faults.of_security(kind), {"techInfo": info} if info else {})


def _vendor_code(vendor: str, raw: str) -> str:
    return f"{vendor}:{raw}"[:80] if vendor else raw[:80]
