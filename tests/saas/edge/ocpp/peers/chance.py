"""Payloads by chance from the official schemas: lawful ones, and lawful ones that were broken in one place."""

import copy
from collections.abc import Callable
from random import Random
from typing import Any

from saas.edge.ocpp import schemas

LETTERS = "aZ09 -_.:äß中😀'\"\\<>"
TIMES = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123Z", "1970-01-01T00:00:00+00:00", "2031-12-31T23:59:59-11:00")


def lawful(version: str, action: str, dice: Random) -> dict[str, Any]:
    """A request of the action, from empty to full."""
    schema = schemas.strict(version, action)
    payload: dict[str, Any] = _of(schema, schema.get("definitions", {}), dice)
    return payload


def broken(payload: dict[str, Any], dice: Random) -> dict[str, Any]:
    """The payload with one thing wrong; now and then it stays lawful."""
    copied = copy.deepcopy(payload)
    place = copied
    while dice.random() < 0.5 and (inner := [value for value in place.values() if isinstance(value, dict)]):
        place = dice.choice(inner)
    dice.choice(_BREAKS)(place, dice)
    return copied


def _drop(place: dict[str, Any], dice: Random) -> None:
    if place:
        del place[dice.choice(list(place))]


def _twist(place: dict[str, Any], dice: Random) -> None:
    if place:
        place[dice.choice(list(place))] = dice.choice(
            [None, -1, 10**400, 1.5, "", "x" * 5000, [], {}, [[]], True, "NaN"]
        )


def _add(place: dict[str, Any], dice: Random) -> None:
    place[dice.choice(["x", "customData", "__proto__", "ключ"])] = dice.choice([1, {"vendorId": 1}, "y"])


_BREAKS: tuple[Callable[[dict[str, Any], Random], None], ...] = (_drop, _twist, _add)


def _of(schema: dict[str, Any], definitions: dict[str, Any], dice: Random) -> Any:
    if "$ref" in schema:
        return _of(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions, dice)
    if "enum" in schema:
        return dice.choice(schema["enum"])
    return _KINDS[schema.get("type", "object")](schema, definitions, dice)


def _object(schema: dict[str, Any], definitions: dict[str, Any], dice: Random) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    chosen = [name for name in schema.get("properties", {}) if name in required or dice.random() < 0.4]
    return {name: _of(schema["properties"][name], definitions, dice) for name in chosen}


def _array(schema: dict[str, Any], definitions: dict[str, Any], dice: Random) -> list[Any]:
    least = schema.get("minItems", 0)
    count = dice.randint(least, min(schema.get("maxItems", 3), least + 2))
    return [_of(schema["items"], definitions, dice) for _ in range(count)]


def _text(schema: dict[str, Any], _definitions: dict[str, Any], dice: Random) -> str:
    if schema.get("format") == "date-time":
        return dice.choice(TIMES)
    if schema.get("format") == "uri":
        return "https://example.com/x"
    if "maxLength" not in schema and dice.random() < 0.5:
        return dice.choice(["0", "12.5", "-3", "1e9", "NaN", "Infinity", "99999999999999999999"])
    most = min(schema.get("maxLength", 30), 300)
    length = dice.choice([schema.get("minLength", 0), min(3, most), most])
    return "".join(dice.choice(LETTERS) for _ in range(length))


def _integer(schema: dict[str, Any], _definitions: dict[str, Any], dice: Random) -> int:
    low, high = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1)
    return dice.choice([low, high, min(high, max(low, 1)), min(high, max(low, 0))])


def _number(_schema: dict[str, Any], _definitions: dict[str, Any], dice: Random) -> float:
    return dice.choice([0, 1, -1.5, 1e300, 3.14159, 230.1])


_KINDS: dict[str, Callable[..., Any]] = {
    "object": _object,
    "array": _array,
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": lambda _schema, _definitions, dice: dice.random() < 0.5,
}
