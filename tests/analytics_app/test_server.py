"""The port of the dashboards answers the door and nobody else."""

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any

import pytest

from analytics_app.server import DoorOnly, app
from saas.contracts.door import HEADER
from tests.analytics_app.conftest import SECRET, header

pytestmark = pytest.mark.req("ANA-02")
Sent = list[MutableMapping[str, Any]]


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_SECRET_DOOR", SECRET)


def ask(kind: str, *values: str, path: str = "/analytics/") -> tuple[bool, Sent]:
    """Whether Streamlit was reached, and what was sent instead."""
    reached: list[bool] = []
    sent: Sent = []

    async def inner(*_: Any) -> None:
        reached.append(True)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": f"{kind}.connect"}

    headers = [(HEADER.lower().encode(), value.encode()) for value in values]
    asyncio.run(DoorOnly(inner)({"type": kind, "path": path, "headers": headers}, receive, send))
    return bool(reached), sent


BAD = [(), ("x.y",), (header(expires_s=int(time.time()) - 5),), (header(), header("barq")), (header() + "x",)]
PATHS = [
    "/analytics/",
    "/analytics/_stcore/health",
    "/analytics/_stcore/stream",
    "/analytics/media/a.csv",
    "/analytics/static/x.js",
]


@pytest.mark.parametrize("values", BAD)
@pytest.mark.parametrize("path", PATHS)
def test_http_without_one_good_identity_is_refused_everywhere(values: tuple[str, ...], path: str) -> None:
    reached, sent = ask("http", *values, path=path)
    assert not reached
    assert sent[0]["status"] == 403


@pytest.mark.parametrize("values", BAD)
def test_a_socket_without_one_good_identity_is_closed(values: tuple[str, ...]) -> None:
    reached, sent = ask("websocket", *values)
    assert not reached
    assert sent == [{"type": "websocket.close", "code": 4403}]


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_door_is_let_through(kind: str) -> None:
    assert ask(kind, header()) == (True, [])


def test_the_guard_is_the_outermost_layer_of_the_app() -> None:
    assert [layer.cls for layer in app._user_middleware] == [DoorOnly]
