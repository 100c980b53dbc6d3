"""F3, F5 and F6: the database dies, stands still, is full, is slow."""

import contextlib
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import psutil
import psycopg
import pytest

from tests.saas.edge.processes import until

from .invariants import hold
from .swarm import Adapter, Swarm, stories
from .world import INGESTER, WEB, World, scaled, sleep_until_dead

pytestmark = pytest.mark.req("DEV-05", "OPS-03")
ANSWER_SECONDS = 15.0  # within which a page says 503 when the database is away


def asked(world: World, path: str = "/api/v1/chargers") -> tuple[int, float]:
    """Status and seconds of one call of the API."""
    request = urllib.request.Request(f"http://127.0.0.1:{world.web_port}{path}", headers={"Host": "ampere.localhost"})
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, time.monotonic() - began
    except urllib.error.HTTPError as error:
        return error.code, time.monotonic() - began


@contextlib.contextmanager
def stopped(world: World) -> Iterator[None]:
    """Every process of the server stands still."""
    found = world.server()
    for process in found:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGCONT)


def start(world: World, swarm: Swarm, group: str) -> list[Adapter]:
    world.start_broker()
    world.start_ingester()
    return swarm(group)


def test_f3_the_database_is_killed_restarted_and_stands_still(world: World, swarm: Swarm) -> None:
    adapters = start(world, swarm, "f3")
    world.start(WEB)
    until(lambda: _up(world), seconds=60, what="the API answers")
    rounds = scaled(400, 120)
    for number in stories(adapters, messages=rounds, seconds=scaled(40, 8)):
        if number == rounds // 8:
            os.kill(world.database.pid, signal.SIGKILL)
        if number == rounds // 2:
            with stopped(world):
                _the_api_says_so_in_time(world, during=scaled(10, 4))
        if number == rounds * 6 // 8:
            first = world.database.pid
            os.kill(first, signal.SIGINT)  # fast shutdown; the watcher starts it again
            sleep_until_dead(first)
    hold(world, adapters, seconds=60)
    until(lambda: _up(world), seconds=30, what="the pools recovered")
    assert "database_away" in world.said(INGESTER)


def _up(world: World) -> bool:
    with contextlib.suppress(OSError):
        return asked(world)[0] == 200
    return False


def _the_api_says_so_in_time(world: World, *, during: float) -> None:
    """Asked while the database stands still: 503, or 200 once it goes on, and never later than ANSWER_SECONDS."""
    found: list[tuple[int, float]] = []
    asker = threading.Thread(target=lambda: found.append(asked(world)))
    asker.start()
    time.sleep(during)
    asker.join(ANSWER_SECONDS)
    assert found and found[0][0] in (200, 503) and found[0][1] < ANSWER_SECONDS, found


def test_f5_the_disk_is_full(world: World, swarm: Swarm) -> None:
    adapters = start(world, swarm, "f5")
    rounds = scaled(300, 100)
    print(f"F5: the disk is filled by {world.disk}")
    talk = stories(adapters, messages=rounds, seconds=scaled(25, 8))
    for number in talk:
        if number == rounds // 4:
            break
    with world.full_disk():
        for number in talk:  # more than fits into the room that the server's files still have
            if number == rounds * 3 // 4:
                break
        until(lambda: "database_away" in world.said(INGESTER), seconds=40, what="the ingester says that it waits")
        until(lambda: _nothing_is_acknowledged(adapters), seconds=40, what="what the server held free is used up")
    for _ in talk:
        pass
    hold(world, adapters, seconds=60)


def _nothing_is_acknowledged(adapters: list[Adapter]) -> bool:
    """While they send again what is open. What was acknowledged before is stored: `hold` finds it."""
    before = [adapter.acknowledged for adapter in adapters]
    time.sleep(4)
    return [adapter.acknowledged for adapter in adapters] == before and all(adapter.outbox for adapter in adapters)


def test_f6_a_slow_database_pauses_reading_and_memory_stays_bounded(world: World, swarm: Swarm) -> None:
    adapters = start(world, swarm, "f6")
    rounds = scaled(600, 200)
    talk = stories(adapters, messages=rounds, seconds=scaled(40, 8))
    for number in talk:
        if number == rounds // 10:
            break
    before_kb = world.rss_kb(INGESTER)
    with psycopg.connect(world.database_url) as locker:
        locker.execute("LOCK TABLE telemetry.message IN ACCESS EXCLUSIVE MODE")
        acknowledged = [adapter.acknowledged for adapter in adapters]
        for number in talk:
            assert [adapter.acknowledged for adapter in adapters] == acknowledged, "acknowledged without a commit"
            if number == rounds // 2:
                break
        until(lambda: "database_away" in world.said(INGESTER), seconds=30, what="the alarm")
    assert world.rss_kb(INGESTER) - before_kb < 40_000
    with _sleepy(world):
        for _ in talk:
            pass
        until(lambda: "commit_slow" in world.said(INGESTER), seconds=30, what="the alarm")
        assert world.rss_kb(INGESTER) - before_kb < 40_000
    hold(world, adapters, seconds=60)


@contextlib.contextmanager
def _sleepy(world: World) -> Iterator[None]:
    """Every statement that writes telemetry takes six seconds."""
    world.sql("""CREATE FUNCTION telemetry.sleepy() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM pg_sleep(6); RETURN NULL; END'""")
    world.sql("CREATE TRIGGER sleepy BEFORE INSERT ON telemetry.message EXECUTE FUNCTION telemetry.sleepy()")
    try:
        yield
    finally:
        world.sql("DROP TRIGGER sleepy ON telemetry.message")
        world.sql("DROP FUNCTION telemetry.sleepy()")
