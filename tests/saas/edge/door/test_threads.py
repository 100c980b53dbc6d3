"""Django's threads are few: nobody outside may hold one."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from saas.edge.door import entrance
from saas.edge.door.asgi import BodyTooSlow, Message, read_body
from saas.edge.door.entrance import Entrance

SCOPE: dict[str, Any] = {
    "type": "http", "method": "GET", "path": "/slow", "raw_path": b"/slow", "query_string": b"", "http_version": "1.1",
    "headers": [(b"host", b"ampere.localhost")], "scheme": "http", "server": ("127.0.0.1", 80), "client": None,
}  # fmt: skip
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Caller:
    """A client: its request, what it got, and when it leaves."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.left = asyncio.Event()
        self.asked = False

    async def receive(self) -> Message:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.got.append(message)
        if self.left.is_set():
            await asyncio.sleep(3600)  # a server that waits for a client that is gone


def door(application: Wsgi) -> Entrance:
    return Entrance(application, live_port=1, analytics_port=1, threads=1)  # type: ignore[arg-type]


def hello(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("200 OK", [])
    return [b"hello"]


@pytest.mark.req("OPS-03")
def test_who_waits_too_long_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance, "ANSWER_SECONDS", 0.2)
    done = threading.Event()

    def frozen(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        done.wait(60)
        return hello(environ, start)

    async def run() -> Caller:
        caller = Caller()
        await door(frozen)(SCOPE, caller.receive, caller.send)
        done.set()
        return caller

    caller = asyncio.run(run())
    assert caller.got[0]["status"] == 503 and len(caller.got) == 2


@pytest.mark.req("OPS-03")
def test_a_client_that_leaves_frees_the_thread() -> None:
    def both(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/hello":
            return hello(environ, start)
        start("200 OK", [])
        return (b"x" * 1000 for _ in range(2000))

    async def run() -> Caller:
        first, second, served = Caller(), Caller(), door(both)
        going = asyncio.ensure_future(served(SCOPE, first.receive, first.send))
        while len(first.got) < 3:
            await asyncio.sleep(0)
        first.left.set()
        await asyncio.wait_for(served({**SCOPE, "path": "/hello"}, second.receive, second.send), 5)
        going.cancel()
        return second

    assert asyncio.run(run()).got[0]["status"] == 200


@pytest.mark.req("OPS-03")
def test_too_many_at_once_are_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance, "WAITING_LIMIT", 0)
    caller = Caller()
    asyncio.run(door(hello)(SCOPE, caller.receive, caller.send))
    assert caller.got[0]["status"] == 503


@pytest.mark.req("OPS-05")
def test_a_body_that_drips_in_is_given_up() -> None:
    async def drip() -> Message:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    with pytest.raises(BodyTooSlow):
        asyncio.run(read_body(drip, limit=1000, seconds=0.3))


@pytest.mark.req("CHG-02", "OPS-03")
def test_who_waits_for_a_station_holds_no_thread_of_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance, "ANSWER_SECONDS", 0.3)
    done = threading.Event()

    def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].endswith("/Reset"):
            done.wait(60)
        return hello(environ, start)

    async def story() -> tuple[list[Message], list[Message]]:
        place, waiting, reader = door(application), Caller(), Caller()
        path = "/api/v1/stations/CP-1/commands/Reset"
        scope = {**SCOPE, "method": "POST", "path": path, "raw_path": path.encode()}
        slow = asyncio.ensure_future(place(scope, waiting.receive, waiting.send))
        await asyncio.sleep(0.5)
        await place(SCOPE, reader.receive, reader.send)
        done.set()
        await slow
        return waiting.got, reader.got

    waited, read = asyncio.run(story())
    assert (waited[0]["status"], read[0]["status"]) == (200, 200)
