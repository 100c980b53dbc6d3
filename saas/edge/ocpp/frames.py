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
# An unknown message type: 1.6J 4.2 lets a server ignore it, 2.0.1 part 4 has a code for it. It is refused by name in
# both: whoever expects silence is not disturbed by an error frame, and whoever expects an error gets one.
CODES: Mapping[str, tuple[str, str]] = {
    "bad_frame": ("FormationViolation", "RpcFrameworkError"),
    "bad_id": ("ProtocolError", "FormatViolation"),
    "bad_payload": ("TypeConstraintViolation", "FormatViolation"),
    "incomplete": ("ProtocolError", "ProtocolError"),
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
    """A frame or payload that the standard forbids. `message_id` is the caller's when it could be read.

    A number that stands where the id belongs is given back as it came: the caller will know it.
    """

    def __init__(
        self, code: str, text: str, *, message_id: str | int = UNREADABLE_ID, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.message_id = message_id
        self.details = details or {}


class Call(msgspec.Struct, frozen=True):
    """The station asks. `payload`: an object, not judged yet; or a typed one that is (see typed.py)."""

    id: str
    action: str
    payload: Any


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
    if b"\\u0000" not in data and type(frame) is list and len(frame) == 4 and frame[0] == CALL and _is_call(*frame):
        return Call(frame[1], frame[2], frame[3])
    return _judged(frame, data)


def _is_call(kind: object, message_id: object, action: object, payload: object) -> bool:
    """The usual frame, without anything to say against it."""
    ids = type(kind) is int and type(message_id) is str and 0 < len(message_id) <= MAX_ID
    return ids and message_id != UNREADABLE_ID and type(action) is str and type(payload) is dict


def _judged(frame: Any, data: bytes) -> Frame:
    """Answers, and whatever there is to say against a frame."""
    if not isinstance(frame, list) or not frame:
        raise Fault("bad_frame", "A frame is a JSON array with a message type.")
    kind, message_id = frame[0], frame[1] if len(frame) > 1 else None
    if type(kind) is not int:
        raise Fault("bad_frame", "The message type is a whole number.", message_id=_valid_id(message_id))
    if kind not in _PARSERS:
        raise Fault("bad_type", f"Message type {kind} is not supported.", message_id=_valid_id(message_id))
    if _valid_id(message_id) != message_id or message_id == UNREADABLE_ID:
        number = message_id if type(message_id) is int else UNREADABLE_ID
        raise Fault("bad_id", f"The message id is a text of 1 to {MAX_ID} characters.", message_id=number)
    if b"\\u0000" in data and _holds_nul(frame):
        raise Fault("property", "A text holds the character NUL.", message_id=frame[1])
    return _PARSERS[kind](frame)


def is_answer(raw: str | bytes) -> bool:
    """Does this (perhaps broken) frame pretend to be an answer? Such a frame is never answered."""
    head = raw[:16].lstrip() if isinstance(raw, str) else raw[:16].decode("latin-1").lstrip()
    return bool(re.match(r"\[\s*[34]\s*[,\]]", head))


def is_utf8(raw: bytes) -> bool:
    """Whether it is text at all."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def call(message_id: str, action: str, payload: Mapping[str, Any]) -> bytes:
    """A frame by which we ask."""
    return _encode((CALL, message_id, action, payload))


def result(message_id: str, payload: Mapping[str, Any]) -> bytes:
    """A frame by which we answer."""
    return _encode((RESULT, message_id, payload))


def error(fault: Fault, version: str) -> bytes:
    """A frame by which we refuse, in the words of the version."""
    code = CODES[fault.code][VERSIONS.index(version)]
    return _encode([ERROR, fault.message_id, code, str(fault)[:255], fault.details])


def _call(frame: list[Any]) -> Call:
    if len(frame) != 4:
        raise Fault("incomplete", "A call is [2, id, action, payload].", message_id=frame[1])
    _, message_id, action, payload = frame
    if not isinstance(action, str):
        raise Fault("bad_payload", "The action is a text.", message_id=message_id)
    if not isinstance(payload, dict):
        raise Fault("bad_payload", "The payload is an object.", message_id=message_id)
    return Call(message_id, action, payload)


def _result(frame: list[Any]) -> Result:
    if len(frame) != 3 or not isinstance(frame[2], dict):
        raise Fault("bad_frame", "A result is [3, id, payload object].", message_id=frame[1])
    return Result(frame[1], frame[2])


def _refusal(frame: list[Any]) -> Refusal:
    texts = [part if isinstance(part, str) else "" for part in [*frame[2:4], "", ""][:2]]
    return Refusal(frame[1], *texts)


_PARSERS: Mapping[int, Callable[[list[Any]], Frame]] = {CALL: _call, RESULT: _result, ERROR: _refusal}


def _holds_nul(content: Any) -> bool:
    if isinstance(content, str):
        return "\0" in content
    if isinstance(content, dict):
        return any("\0" in key or _holds_nul(value) for key, value in content.items())
    return isinstance(content, list) and any(map(_holds_nul, content))


def _valid_id(candidate: object) -> str:
    fits = isinstance(candidate, str) and 0 < len(candidate) <= MAX_ID
    return candidate if fits else UNREADABLE_ID  # type: ignore[return-value]


def _readable_id(data: bytes) -> str:
    """The id of a frame whose JSON is broken further on, so that the station knows which call failed."""
    found = _ID.match(data)
    return found[1].decode("utf-8", "replace") if found else UNREADABLE_ID
