"""The telemetry table in a real PostgreSQL, read through ADBC."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from pipelines.resources.store import NoDatabase, TelemetryStore
from pipelines.resources.tables import RAW
from tests.pipelines.facts import DAY, NOON_MS

pytestmark = pytest.mark.req("ANA-01")
INSERT = """INSERT INTO telemetry.message
(ts_ms, device, boot, seq, kind, tenant, evse, session, energy_wh, received_at)
VALUES (%s, %s, 1, %s, 'telemetry', 'ampere', 1, 's', %s, %s)"""


@pytest.fixture
def connection(committed: None, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """A connection of its own, committed, because ADBC is another client; and the address that both use."""
    from django.db import connection as django

    info = django.get_connection_params()
    named = {key: info[key] for key in ("host", "port", "user", "password", "dbname") if info.get(key)}
    url = psycopg.conninfo.make_conninfo(**named)
    monkeypatch.setenv("DATABASE_URL", _uri(psycopg.conninfo.conninfo_to_dict(url)))
    with psycopg.connect(url, autocommit=True) as own:
        own.execute("DELETE FROM telemetry.message")
        yield own
        own.execute("DELETE FROM telemetry.message")


def _uri(parts: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return "postgresql:///?" + urlencode(parts)


def put(own: psycopg.Connection, *rows: tuple[int, str, int, int], received: datetime | None = None) -> None:
    moment = received or datetime.now(UTC)
    for ts_ms, device, seq, energy_wh in rows:
        own.execute(INSERT, (ts_ms, device, seq, energy_wh, moment))


def test_a_day_is_read_in_order_with_the_lakes_columns(connection: psycopg.Connection) -> None:
    day_ms = 86_400_000
    put(
        connection,
        (NOON_MS + 5, "b", 1, 2),
        (NOON_MS, "a", 1, 1),
        (NOON_MS + day_ms, "a", 2, 3),
        (NOON_MS - day_ms, "a", 3, 3),
    )
    rows = TelemetryStore().days(DAY, DAY)
    assert dict(rows.schema) == RAW.schema
    assert rows["device"].to_list() == ["a", "b"]
    assert rows["day"].unique().to_list() == [DAY]


def test_news_names_todays_and_long_past_days_once(connection: psycopg.Connection) -> None:
    store = TelemetryStore()
    assert store.news(None) == ({}, None)
    old = datetime.now(UTC) - timedelta(hours=1)
    put(connection, (NOON_MS, "a", 1, 1), (NOON_MS + 1, "a", 2, 1), received=old)
    found, newest = store.news(None)
    assert found == {DAY: 2}
    assert newest == old
    assert store.news(old + timedelta(minutes=5)) == ({}, old + timedelta(minutes=5))
    put(connection, (NOON_MS - 9 * 86_400_000, "a", 3, 1))
    found, newest = store.news(old + timedelta(minutes=5))
    assert found == {date(2026, 3, 1): 1}
    assert newest is not None and newest > old


def test_a_clock_that_is_off_counts_on_the_day_of_receipt_and_makes_no_other_day(
    connection: psycopg.Connection,
) -> None:
    day_ms, received = 86_400_000, datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC)
    put(connection, (NOON_MS, "a", 1, 1), (0, "a", 2, 2), (NOON_MS + day_ms, "a", 3, 3), received=received)
    connection.execute("UPDATE telemetry.message SET clock = 'behind' WHERE ts_ms = 0")
    connection.execute("UPDATE telemetry.message SET clock = 'ahead' WHERE ts_ms > %s", [NOON_MS])
    store = TelemetryStore()
    assert store.news(None) == ({DAY: 3}, received)
    rows = store.days(DAY, DAY)
    assert rows["seq"].to_list() == [1, 2, 3] and rows["ts_ms"].to_list() == [NOON_MS] * 3
    assert dict(rows.schema) == RAW.schema and rows["day"].unique().to_list() == [DAY]
    for other in (date(1970, 1, 1), DAY + timedelta(days=1)):
        assert store.count(other) == 0 and store.days(other, other).is_empty()


def test_no_database_is_said_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(NoDatabase):
        TelemetryStore().days(DAY, DAY)
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    with pytest.raises(NoDatabase, match="make demo"):
        TelemetryStore().days(DAY, DAY)


def test_a_database_before_its_migrations_counts_as_none(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    parts = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
    monkeypatch.setenv("DATABASE_URL", _uri(parts | {"dbname": "postgres"}))
    with pytest.raises(NoDatabase, match="not there yet"):
        TelemetryStore().count(DAY)
