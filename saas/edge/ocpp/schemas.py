"""The official JSON schemas (from the `ocpp` wheel), made as strict as the standard's own text, and compiled.

The published schemas let bad dates, negative counts and connector 0 of a transaction pass; the tables below add what
the standard says in words. One pass of jsonschema-rs then judges a payload.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NoReturn

import jsonschema_rs

from .frames import Fault

_FOLDERS = {"1.6": "v16", "2.0.1": "v201"}
_SUFFIX = {"1.6": "", "2.0.1": "Request"}
_NATURAL = {"minimum": 0}
_REGISTER = {"minimum": 0, "maximum": 2**53}  # of a meter in Wh; any other whole number has 32 bits
_COUNT = {"minimum": 1, "maximum": 255}
_PLACE = {"minimum": 0, "maximum": 255}  # 0 is the station as a whole

# Per version: action ("*": all), name of the field anywhere in it, what the field must obey besides.
_RULES: Mapping[str, tuple[tuple[str, str, Mapping[str, Any]], ...]] = {
    "1.6": (
        ("*", "connectorId", _PLACE),
        ("StartTransaction", "connectorId", _COUNT),
        ("StartTransaction", "meterStart", _REGISTER),
        ("StopTransaction", "meterStop", _REGISTER),
    ),
    "2.0.1": (
        ("*", "evseId", _PLACE),
        ("*", "connectorId", _PLACE),
        ("*", "seqNo", _NATURAL),
        ("*", "numberOfPhasesUsed", _NATURAL),
        ("*", "cableMaxCurrent", _NATURAL),
        ("*", "timeSpentCharging", _NATURAL),
        ("TransactionEvent", "id", _COUNT),
        ("*", "transactionId", {"minLength": 1}),
        ("*", "stateOfCharge", {"minimum": 0, "maximum": 100}),
    ),
}

# Which rule of the schema was broken: what that is called (a key of frames.CODES).
_CODE_OF_KEYWORD = {
    "required": "occurrence",
    "minItems": "occurrence",
    "maxItems": "occurrence",
    "additionalItems": "occurrence",
    "additionalProperties": "format",
    "format": "format",
    "type": "type",
}


_MAY_BE_SECRET = re.compile(r"value$|password|key$|simPin", re.IGNORECASE)


@cache
def actions(version: str) -> frozenset[str]:
    """Every action that the version knows, in either direction."""
    names = (entry.name for entry in _folder(version).iterdir())
    requests = (name.removesuffix(".json") for name in names if not name.endswith("Response.json"))
    return frozenset(name.removesuffix("Request") for name in requests if not name.startswith("__"))


def check_request(version: str, action: str, payload: Mapping[str, Any]) -> None:
    """Raise Fault unless the payload is a lawful request of the action."""
    lawful, validator = _judge(version, action, _SUFFIX[version])
    try:
        if lawful(payload):
            return
        _blame(validator, payload)
    except ValueError as deep:
        _too_deep(deep)


def check_response(version: str, action: str, payload: Mapping[str, Any]) -> None:
    """Raise Fault unless the payload is a lawful answer to the action."""
    lawful, validator = _judge(version, action, "Response")
    try:
        if lawful(payload):
            return
        _blame(validator, payload)
    except ValueError as deep:
        _too_deep(deep)


def official(version: str, action: str, *, response: bool = False) -> dict[str, Any]:
    """The schema as published."""
    name = f"{action}{'Response' if response else _SUFFIX[version]}.json"
    schema: dict[str, Any] = json.loads(_folder(version).joinpath(name).read_text(encoding="utf-8-sig"))
    return schema


def strict(version: str, action: str, *, response: bool = False) -> dict[str, Any]:
    """The schema with the standard's own words added."""
    schema = official(version, action, response=response)
    for only, field, rule in _RULES[version]:
        if only in ("*", action):
            _tighten(schema, field, rule)
    for part in _objects(schema):
        if part.get("type") == "integer":
            part.setdefault("minimum", -(2**31))
            part.setdefault("maximum", 2**31 - 1)
    return schema


def _blame(validator: Any, payload: Mapping[str, Any]) -> NoReturn:
    wrong = next(iter(validator.iter_errors(payload)))
    keyword = str(wrong.schema_path[-1])
    where = "/".join(str(part) for part in wrong.instance_path)
    details = {"path": f"/{where}"[:200], "rule": keyword}
    raise Fault(_CODE_OF_KEYWORD.get(keyword, "property"), _worded(wrong, keyword), details=details)


def _too_deep(deep: ValueError) -> NoReturn:
    """The judge gives up on what is nested hundreds deep."""
    raise Fault("format", str(deep)[:200], details={"path": "/", "rule": "depth"}) from None


def _worded(wrong: Any, keyword: str) -> str:
    """What is wrong, without the value where it may be a secret: the words go into answers and logs."""
    path = "/".join(str(part) for part in wrong.instance_path)
    secret = _MAY_BE_SECRET.search(path)
    return f"The value breaks the rule {keyword}." if secret else str(wrong.message)[:200]


@cache
def _judge(version: str, action: str, suffix: str) -> tuple[Callable[[Mapping[str, Any]], bool], Any]:
    """What says yes or no, and what says why."""
    validator = _validator(version, action, suffix)
    return validator.is_valid, validator


@cache
def _validator(version: str, action: str, suffix: str) -> Any:
    return jsonschema_rs.validator_for(
        strict(version, action, response=suffix == "Response"), validate_formats=True, ignore_unknown_formats=True
    )


def _folder(version: str) -> Any:
    return files("ocpp") / _FOLDERS[version] / "schemas"


def _tighten(schema: dict[str, Any], field: str, rule: Mapping[str, Any]) -> None:
    for part in _objects(schema):
        described = part.get("properties", {}).get(field)
        if isinstance(described, dict) and "$ref" not in described:
            described.update(rule)


def _objects(node: Any) -> Iterable[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _objects(value)
