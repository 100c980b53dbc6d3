"""Streamlit as an ASGI application whose outermost layer answers only the door.

Streamlit itself has no log-in that fits: its server would give its page, its health and its socket to anybody who
reaches the port. So every HTTP request and every socket without a valid identity header gets 403 before Streamlit
sees it; a program on the same machine finds nothing there.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from saas.contracts.door import HEADER, BadIdentity, verify

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
NAME = HEADER.lower().encode()


class DoorOnly:
    """Lets through what carries exactly one identity that the door signed and that is still good."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or from_door(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403})
        else:
            headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": b"Come through the door: /analytics/ on your site.\n"})


def from_door(scope: Scope) -> bool:
    """Whether the request has one identity header, signed by the door and not expired."""
    values = [value for key, value in scope["headers"] if key.lower() == NAME]
    if len(values) != 1:
        return False
    try:
        verify(values[0].decode("latin-1"), now_s=int(time.time()))
    except (BadIdentity, KeyError):
        return False
    return True


app = st.App(Path(__file__).with_name("app.py"), middleware=[Middleware(DoorOnly)])
