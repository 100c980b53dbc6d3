"""The live feed as a process: who hears what, how soon, and how it resumes."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.test import Client
from psycopg.types.json import Jsonb

from saas.devices import actions as devices
from saas.edge.dispatcher.credentials import CredentialsFile
from saas.edge.live import frames
from saas.edge.live.hub import DEPTH, Hub, Subscriber
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tenants.maintenance.models import Outage
from tests import builders

from .device import Device
from .processes import House, listens, test_database_url, until
from .rig import NOW, rows

pytestmark = pytest.mark.req("API-05", "CHG-08")
LIVE = "saas.edge.live"


class Feed:
    """A browser's EventSource, more or less."""

    def __init__(self, port: int, query: str, *, host: str = "ampere.localhost", **headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        named = {"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"GET /live/events?{query} HTTP/1.0", *(f"{name}: {value}" for name, value in named.items()), "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.lines = self.socket.makefile("rb")
        self.status = int(self.lines.readline().split()[1])
        self.events: list[dict[str, str]] = []
        self.ended = threading.Event()
        self.last_id = ""
        if self.status == 200:
            while self.lines.readline().strip():
                pass
            threading.Thread(target=self._read, daemon=True).start()
            until(lambda: self.last_id, seconds=5, what="the first id")

    def _read(self) -> None:
        event: dict[str, str] = {}
        try:
            for raw in self.lines:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                if name in ("id", "event", "data"):
                    event[name] = value
                elif not name and event:
                    self.last_id = event.get("id", self.last_id)
                    if "data" in event:
                        self.events.append(event | {"at": str(time.monotonic())})
                    event = {}
        except (OSError, ValueError):
            pass
        self.ended.set()

    def kinds(self) -> list[str]:
        return [event["event"] for event in self.events]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def happen(audience: str, kind: str, data: Any = None, *, schema: str = "ampere") -> int:
    """As feed.actions.publish does it, committed at once."""
    with psycopg.connect(test_database_url(), autocommit=True) as held, held.transaction():
        ((event_id,),) = held.execute(
            f"INSERT INTO {schema}.feed_event (audience, kind, data, at) VALUES (%s, %s, %s, now()) RETURNING id",
            [audience, kind, Jsonb(data or {})],
        ).fetchall()
        held.execute("SELECT pg_notify('wattlane_live', %s)", [f"{schema}:{event_id}"])
    return int(event_id)


@pytest.fixture
def open_feed(house: House) -> Iterator[Callable[..., Feed]]:
    house.start(LIVE)
    until(lambda: listens(house.live_port), seconds=20, what="the feed listens")
    until(lambda: "listening_to_database" in house.log(LIVE), seconds=10, what="the feed hears the database")
    made: list[Feed] = []

    def make(query: str = "audience=map", **more: Any) -> Feed:
        made.append(Feed(house.live_port, query, **more))
        return made[-1]

    yield make
    for feed in made:
        feed.close()


def test_an_event_is_heard_within_a_second_by_its_audience_only(open_feed: Callable[..., Feed]) -> None:
    chargers, other = open_feed("audience=map&audience=charger:c1"), open_feed("audience=charger:c2")
    barq = open_feed(host="barq.localhost")
    began = time.monotonic()
    happen("charger:c1", "status", {"state": "Lädt 🔌", "lines": "a\nb"})
    until(lambda: chargers.events, seconds=2, what="the event")
    assert float(chargers.events[0]["at"]) - began < 1
    assert json.loads(chargers.events[0]["data"]) == {"state": "Lädt 🔌", "lines": "a\nb"}
    happen("map", "availability", schema="barq")
    until(lambda: barq.events, seconds=2, what="barq's event")
    assert chargers.kinds() == ["status"] and other.events == [] and barq.kinds() == ["availability"]


def test_a_feed_resumes_where_it_was_cut(open_feed: Callable[..., Feed]) -> None:
    feed = open_feed()
    happen("map", "first")
    until(lambda: feed.events, seconds=2, what="the first")
    feed.close()
    for kind in ("second", "third"):
        happen("map", kind)
    again = open_feed(Last_Event_ID=feed.last_id)
    until(lambda: len(again.events) == 2, seconds=2, what="what was missed")
    happen("map", "fourth")
    until(lambda: len(again.events) == 3, seconds=2, what="what follows")
    assert again.kinds() == ["second", "third", "fourth"]
    assert open_feed().events == []


def test_who_may_not_hear_gets_404(open_feed: Callable[..., Feed], house: House) -> None:
    with tenant_schema("ampere"):
        driver = User.objects.create_user("live@example.com", "pw")
        other = User.objects.create_user("other@example.com", "pw")
    try:
        cookies = {name: _log_in(user, host) for name, user, host in (
            ("own", driver, "ampere.localhost"), ("other", other, "ampere.localhost"))}  # fmt: skip
        mine = f"audience=user:{driver.uid}"
        assert open_feed(mine, Cookie=cookies["own"]).status == 200
        assert open_feed(mine, Cookie=cookies["own"], host="AMPERE.localhost:8000").status == 200
        assert open_feed(mine, Cookie=cookies["other"]).status == 404
        assert open_feed(mine, Cookie=cookies["own"], host="barq.localhost").status == 404
        assert open_feed(mine).status == 404
        assert open_feed(mine, Cookie="session=forged; x").status == 404
        assert open_feed(mine, Authorization="Bearer forged").status == 404
        assert open_feed(f"audience=map&{mine}", Cookie=cookies["other"]).status == 404
        assert open_feed(host="nobody.localhost").status == 404
        assert open_feed("audience=").status == open_feed("x=1").status == open_feed("audience=secret:1").status == 404
    finally:
        with tenant_schema("ampere"):
            User.objects.filter(pk__in=[driver.pk, other.pk]).delete()


def _log_in(user: User, host: str) -> str:
    client = Client(headers={"host": host})
    with tenant_schema(host.split(".", maxsplit=1)[0]):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return f"session={client.cookies['session'].value}"


def test_many_idle_feeds_cost_no_threads(open_feed: Callable[..., Feed], house: House) -> None:
    process = house.running(LIVE)
    open_feed()
    before = _threads(process)
    feeds = [open_feed() for _ in range(60)]
    assert _threads(process) <= before + 4
    happen("map", "to all")
    until(lambda: all(feed.kinds() == ["to all"] for feed in feeds), seconds=5, what="all heard it")


def _threads(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(next(line.split()[1] for line in status if line.startswith("Threads")))


def test_feeds_end_when_the_database_goes_and_come_back(open_feed: Callable[..., Feed]) -> None:
    feed = open_feed()
    rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%wattlane_live%%'")
    assert feed.ended.wait(10)
    missed = happen("map", "meanwhile")
    again = open_feed(Last_Event_ID=feed.last_id)
    until(lambda: again.events, seconds=10, what="the missed event")
    assert again.events[0]["id"] == str(missed)


def test_it_ends_at_once_when_told_with_feeds_open(open_feed: Callable[..., Feed], house: House) -> None:
    feed = open_feed()
    assert house.end(LIVE) == 0
    assert feed.ended.wait(10)


def test_a_slow_reader_is_sent_away_and_others_are_not() -> None:
    hub, slow, quick = Hub(), Subscriber([("ampere", "map")]), Subscriber([("ampere", "map")])
    hub.add(slow)
    hub.add(quick)
    for number in range(DEPTH + 1):
        hub.publish("ampere", "map", number, b"x")
        quick.queue.get_nowait()
    assert slow.over.is_set() and not quick.over.is_set()
    hub.remove(slow)
    hub.remove(quick)
    assert not hub.wanted("ampere")


@pytest.mark.parametrize("text", ["a\nb", "\r\n\r\nevent: forged", "\u2028", "id: 9"])
def test_data_cannot_break_out_of_its_frame(text: str) -> None:
    frame = frames.frame(7, f"kind{text}", {"text": text})
    lines = frame.decode().removesuffix("\n\n").split("\n")
    assert len(lines) == 3 and [line.split(":")[0] for line in lines] == ["id", "event", "data"]
    assert json.loads(lines[2].removeprefix("data: ")) == {"text": text}


@pytest.mark.req("CHG-08")
def test_a_device_message_is_on_the_page_within_a_second(open_feed: Callable[..., Feed], house: House) -> None:
    """Device → broker → ingester → actions → feed → browser, all real."""
    with tenant_schema("ampere"):
        device, secret = devices.register(tenant=Tenant.objects.get(schema_name="ampere"), kind="adapter", now=NOW)
        evse, operator = builders.evse(of=device), builders.person("operator", "operator")
    try:
        CredentialsFile(house.folder / "broker" / "credentials.json").refresh()
        house.start_broker()
        house.start("saas.edge.ingester")
        until(lambda: "broker_connected" in house.log("saas.edge.ingester"), seconds=15, what="ingester connected")
        adapter = Device(house.mqtt_port, device.device_id, secret, boot=5)
        feed = open_feed("audience=operations", Cookie=_log_in(operator, "ampere.localhost"))
        time.sleep(0.3)
        began = time.monotonic()
        adapter.say("event", type="fault", code="over_current")
        until(lambda: feed.events, seconds=3, what="the event")
        assert float(feed.events[0]["at"]) - began < 1
        assert json.loads(feed.events[0]["data"])["status"] == "OUTOFORDER"
        adapter.close()
    finally:
        with tenant_schema("ampere"):
            for row in (*Outage.objects.filter(evse=evse), evse, evse.location, operator):
                row.delete()


@pytest.mark.slow
def test_two_thousand_idle_feeds_stay_small_and_all_hear(open_feed: Callable[..., Feed], house: House) -> None:
    process = house.running(LIVE)
    open_feed()
    before, sockets = _resident_kb(process), []
    request = b"GET /live/events?audience=map HTTP/1.0\r\nHost: ampere.localhost\r\n\r\n"
    for _ in range(2000):
        held = socket.create_connection(("127.0.0.1", house.live_port), timeout=10)
        held.sendall(request)
        sockets.append(held)
    for held in sockets:
        _read_until(held, b"\nid: ")
    assert (_resident_kb(process) - before) / len(sockets) < 100
    happen("map", "to all")
    for held in sockets:
        _read_until(held, b"event: to all")
        held.close()


def _read_until(held: socket.socket, mark: bytes) -> None:
    data = b""
    while mark not in data:
        chunk = held.recv(4096)
        assert chunk, "the feed ended"
        data += chunk


def _resident_kb(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
