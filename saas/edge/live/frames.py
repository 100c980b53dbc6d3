"""Server-sent events as bytes. Pure."""

import json
from typing import Any

RETRY = b"retry: 2000\n"
KEEP = b": keep\n\n"


def hello(last_id: int) -> bytes:
    """The first words: how soon to come back, and from where to resume even if nothing happens before."""
    return RETRY + f"id: {last_id}\n\n".encode()


def frame(event_id: int, kind: str, data: Any) -> bytes:
    """One event. The data is JSON on one line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    name = kind.replace("\n", " ").replace("\r", " ")
    return f"id: {event_id}\nevent: {name}\ndata: {text}\n\n".encode()
