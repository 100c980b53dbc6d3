"""Raw OCPP payloads as people send them: JSON objects that can be stored."""

import json
from typing import Any

from .errors import BrokenPayload

MOST_BYTES = 200_000  # what a station takes in one frame is far less


def read(body: bytes) -> dict[str, Any]:
    """The payload; an empty body is an empty one. BrokenPayload; ValueError of json when it is no JSON at all."""
    if not body.strip():
        return {}
    if len(body) > MOST_BYTES:
        raise BrokenPayload(f"The payload may have at most {MOST_BYTES} bytes.", path="/", rule="maxLength")
    try:
        content = json.loads(body, parse_constant=_no_number)
    except RecursionError:
        raise BrokenPayload("The payload is nested too deeply.", path="/", rule="type") from None
    if not isinstance(content, dict):
        raise BrokenPayload("The payload is a JSON object.", path="/", rule="type")
    if not _storable(content):
        raise BrokenPayload("The payload holds a character that is none.", path="/", rule="format")
    return content


def _no_number(word: str) -> None:
    raise BrokenPayload(f"{word} is not a number.", path="/", rule="type")


def _storable(content: Any) -> bool:
    """PostgreSQL keeps neither NUL nor half a character."""
    try:
        return "\\u0000" not in json.dumps(content) and bool(json.dumps(content, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False
