"""The most frequent calls of stations: decoded and judged in one pass, straight from the bytes of the frame.

Their types are made at the start from the same strict schemas (see schemas.py) that judge everything else, with the
names of OCPP. What `read` does not understand at once is nobody's fault yet: the schema has the word then, and
`converted` makes the same type of what it lets pass. So error codes have one source, and translators see one shape.
An optional field that is not there is None.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Annotated, Any, Literal

import msgspec

from . import schemas
from .facts import instant_ms
from .frames import MAX_ID, UNREADABLE_ID, Call

ACTIONS: Mapping[str, tuple[str, ...]] = {"1.6": ("MeterValues",), "2.0.1": ("MeterValues", "TransactionEvent")}
Decoders = Mapping[bytes, Callable[[bytes], tuple[int, str, str, Any]]]
_UNDERSTOOD = frozenset(
    {"$id", "$schema", "title", "description", "comment", "javaType", "default", "definitions", "$ref", "type", "enum"}
    | {"properties", "required", "additionalProperties", "items", "additionalItems", "minItems", "maxItems"}
    | {"minLength", "maxLength", "minimum", "maximum", "format"}
)
_MINUTE = re.compile(r"(?!0)\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)
_REST = re.compile(r":([0-5]\d)(?:\.(\d{1,9}))?Z", re.ASCII)


class Moment:
    """A time as the station wrote it, and in milliseconds since 1970."""

    __slots__ = ("ms", "text")

    def __init__(self, text: str, ms: int) -> None:
        self.text = text
        self.ms = ms

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def read(decoders: Decoders, message: bytes) -> Call | None:
    """A call of one of ACTIONS that breaks no rule; None for anything else."""
    words = message.split(b'"', 4)
    decode = decoders.get(words[3]) if len(words) == 5 else None
    if decode is None or (b"\\" in message and b"\\u0000" in message):
        return None
    try:
        _, message_id, action, payload = decode(message)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return Call(message_id, action, payload) if message_id != UNREADABLE_ID else None


def converted(version: str, action: str, payload: dict[str, Any]) -> Any:
    """The typed form of what passed `schemas.check_request`."""
    return msgspec.convert(payload, type_of(version, action), strict=False, dec_hook=_any_moment)


def part(version: str, action: str, field: str, content: Any) -> Any:
    """The typed form of one field of such a payload; None stays None."""
    wanted = type_of(version, action).__annotations__[field]
    return content if content is None else msgspec.convert(content, wanted, strict=False, dec_hook=_any_moment)


@cache
def decoders(version: str) -> Decoders:
    """By the action as it stands in a frame."""
    return {action.encode(): _decoder(action, type_of(version, action)) for action in ACTIONS[version]}


@cache
def type_of(version: str, action: str) -> Any:
    """The struct of a payload."""
    return _Types(schemas.strict(version, action)).of(action)


def _decoder(action: str, payload: Any) -> Callable[[bytes], tuple[int, str, str, Any]]:
    message_id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]
    frame = tuple[Literal[2], message_id, Literal[action], payload]  # type: ignore[valid-type]
    return msgspec.json.Decoder(frame, dec_hook=_usual_moment).decode


class _Types:
    """Types of the objects of one schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._definitions = schema.get("definitions", {})
        self._schema = schema
        self._made: dict[str, Any] = {}

    def of(self, name: str) -> Any:
        """The type of the whole."""
        return self._type(self._schema, name)

    def _type(self, schema: dict[str, Any], name: str) -> Any:
        if strange := schema.keys() - _UNDERSTOOD:
            raise ValueError(f"{name}: no type knows {', '.join(strange)}.")
        if "$ref" in schema:
            return self._named(schema["$ref"].rsplit("/", 1)[1])
        if "enum" in schema:
            return Literal[tuple(schema["enum"])]
        return getattr(self, f"_{schema['type']}")(schema, name)

    def _named(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._type(self._definitions[name], name)
        return self._made[name]

    def _object(self, schema: dict[str, Any], name: str) -> Any:
        """Fields in the order of the alphabet: encoded, they are what the sorted payload is."""
        required = schema.get("required", ())
        fields: list[Any] = []
        for field, part in sorted(schema["properties"].items()):
            kind = self._type(part, field)
            fields.append((field, kind) if field in required else (field, kind, None))
        return msgspec.defstruct(
            name,
            fields,
            kw_only=True,
            frozen=True,
            gc=False,
            omit_defaults=True,
            forbid_unknown_fields=schema.get("additionalProperties") is False,
        )

    def _array(self, schema: dict[str, Any], name: str) -> Any:
        limits = msgspec.Meta(min_length=schema.get("minItems"), max_length=schema.get("maxItems"))
        return Annotated[list[self._type(schema["items"], name)], limits]  # type: ignore[misc]

    def _string(self, schema: dict[str, Any], name: str) -> Any:
        if form := schema.get("format"):
            if form != "date-time":
                raise ValueError(f"{name}: no type knows the format {form}.")
            return Moment
        return Annotated[str, msgspec.Meta(min_length=schema.get("minLength"), max_length=schema.get("maxLength"))]

    def _integer(self, schema: dict[str, Any], _name: str) -> Any:
        return Annotated[int, msgspec.Meta(ge=schema.get("minimum"), le=schema.get("maximum"))]

    def _number(self, schema: dict[str, Any], name: str) -> Any:
        if schema.keys() & {"minimum", "maximum"}:
            raise ValueError(f"{name}: no type knows limits of a number.")
        return int | float

    def _boolean(self, _schema: dict[str, Any], _name: str) -> Any:
        return bool


def _any_moment(_kind: type, text: Any) -> Any:
    """Of any time that the schema let pass."""
    return Moment(text, instant_ms(text))


@lru_cache(maxsize=4096)
def _usual_moment(_kind: type, text: Any) -> Any:
    """Of a time as nearly all stations write it; ValueError or TypeError for another one.

    A message says its time more than once, and stations that send every minute share their seconds with others.
    """
    return Moment(text, _minute_ms(text[:16]) + _rest_ms(text[16:]))


@lru_cache(maxsize=1024)
def _minute_ms(text: str) -> int:
    if not _MINUTE.fullmatch(text) or text < "1970":
        raise ValueError(text)
    return int(datetime.fromisoformat(text + "+00:00").timestamp()) * 1000


@lru_cache(maxsize=8192)
def _rest_ms(text: str) -> int:
    found = _REST.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0")[:3])
