"""The frame layer of OCPP-J: arrays of JSON, calls, results and errors. Pure.

A frame that breaks the rules raises Fault, whose `code` is a key of CODES; each version has its own word for it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

CALL, RESULT, ERROR = 2, 3, 4
MAX_ID = 36
UNREADABLE_ID = "-1"
_ID = re.compile(rb'^\s*\[\s*[24]\s*,\s*"([^"\\\x00-\x1f]{1,36})"')
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

# Our name of what is wrong: the code in OCPP 1.6J (its spelling kept), the code in 2.0.1.
CODES: Mapping[str, tuple[str, str]] = {
    "bad_frame": ("FormationViolation", "RpcFrameworkError"),
    "bad_type": ("ProtocolError", "MessageTypeNotSupported"),
    "unknown_action": ("NotImplemented", "NotImplemented"),
    "unsupported_action": ("NotSupported", "NotSupported"),
    "format": ("FormationViolation", "FormatViolation"),
    "type": ("TypeConstraintViolation", "TypeConstraintViolation"),
    "occurrence": ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    "property": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "security": ("SecurityError", "SecurityError"),
    "internal": ("InternalError", "InternalError"),
}
VERSIONS = ("1.6", "2.0.1")


class Fault(Exception):
    """A frame or payload that the standard forbids. `message_id` is the caller's when it could be read."""

    def __init__(
        self, code: str, text: str, *, message_id: str = UNREADABLE_ID, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.message_id = message_id
        self.details = details or {}


class Call(msgspec.Struct, frozen=True):
    """The station asks."""

    id: str
    action: str
    payload: dict[str, Any]


class Result(msgspec.Struct, frozen=True):
    """The station answers our call."""

    id: str
    payload: dict[str, Any]


class Refusal(msgspec.Struct, frozen=True):
    """The station answers our call with an error. It deserves no answer of its own."""

    id: str
    code: str
    text: str


Frame = Call | Result | Refusal


def parse(raw: str | bytes) -> Frame:
    """What a frame says. Raises Fault; a Fault in an answer (types 3 and 4) must not be answered."""
    data = raw.encode() if isinstance(raw, str) else raw
    try:
        frame = _decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as wrong:
        raise Fault("bad_frame", f"Not JSON: {wrong}", message_id=_readable_id(data)) from None
    if not isinstance(frame, list) or not frame:
        raise Fault("bad_frame", "A frame is a JSON array with a message type.")
    kind, message_id = frame[0], frame[1] if len(frame) > 1 else None
    if type(kind) is not int:
        raise Fault("bad_frame", "The message type is a whole number.", message_id=_valid_id(message_id))
    if kind not in _PARSERS:
        raise Fault("bad_type", f"Message type {kind} is not supported.", message_id=_valid_id(message_id))
    if _valid_id(message_id) != message_id or message_id == UNREADABLE_ID:
        raise Fault("bad_frame", f"The message id is a text of 1 to {MAX_ID} characters.")
    return _PARSERS[kind](frame)


def is_answer(raw: str | bytes) -> bool:
    """Does this (perhaps broken) frame pretend to be an answer? Such a frame is never answered."""
    head = raw[:16].lstrip() if isinstance(raw, str) else raw[:16].decode("latin-1").lstrip()
    return bool(re.match(r"\[\s*[34]\s*[,\]]", head))


def call(message_id: str, action: str, payload: Mapping[str, Any]) -> str:
    """A frame by which we ask."""
    return _encode([CALL, message_id, action, payload]).decode()


def result(message_id: str, payload: Mapping[str, Any]) -> str:
    """A frame by which we answer."""
    return _encode([RESULT, message_id, payload]).decode()


def error(fault: Fault, version: str) -> str:
    """A frame by which we refuse, in the words of the version."""
    code = CODES[fault.code][VERSIONS.index(version)]
    return _encode([ERROR, fault.message_id, code, str(fault)[:255], fault.details]).decode()


def _call(frame: list[Any]) -> Call:
    if len(frame) != 4 or not isinstance(frame[2], str) or not isinstance(frame[3], dict):
        raise Fault("bad_frame", "A call is [2, id, action, payload object].", message_id=frame[1])
    return Call(frame[1], frame[2], frame[3])


def _result(frame: list[Any]) -> Result:
    if len(frame) != 3 or not isinstance(frame[2], dict):
        raise Fault("bad_frame", "A result is [3, id, payload object].", message_id=frame[1])
    return Result(frame[1], frame[2])


def _refusal(frame: list[Any]) -> Refusal:
    texts = [part if isinstance(part, str) else "" for part in [*frame[2:4], "", ""][:2]]
    return Refusal(frame[1], *texts)


_PARSERS: Mapping[int, Callable[[list[Any]], Frame]] = {CALL: _call, RESULT: _result, ERROR: _refusal}


def _valid_id(candidate: object) -> str:
    fits = isinstance(candidate, str) and 0 < len(candidate) <= MAX_ID
    return candidate if fits else UNREADABLE_ID  # type: ignore[return-value]


def _readable_id(data: bytes) -> str:
    """The id of a frame whose JSON is broken further on, so that the station knows which call failed."""
    found = _ID.match(data)
    return found[1].decode("utf-8", "replace") if found else UNREADABLE_ID
