"""Reads the telemetry table in PostgreSQL, which only the ingester writes."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
from adbc_driver_postgresql import dbapi

from pipelines.marts._table import home_path

from .tables import RAW

DAY_MS = 86_400_000
_COLUMNS = [name for name in RAW.schema if name not in ("ts_ms", "day")]
# Where the ingester found a device's clock wrong beyond doubt, the moment of receipt stands for it: else the days of
# 1970 and of tomorrow would be made again and again, and what was delivered would be missing in the day it belongs to.
_RECEIVED_MS = "floor(extract(epoch FROM received_at) * 1000)::bigint"
_TIME = f"CASE WHEN clock IS NULL THEN ts_ms ELSE {_RECEIVED_MS} END"
# A message may be received some seconds before its transaction is seen; this much is looked at again.
_OVERLAP = timedelta(minutes=2)

_NO_TABLE = {"42P01", "3F000"}


class NoDatabase(RuntimeError):
    """Nobody told where the database is, or it does not answer."""


def database_url() -> str:
    """`DATABASE_URL`, else what `wattlane demo` wrote down. NoDatabase when there is neither."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    file: Path = home_path() / "run" / "database_url"
    if not file.exists():
        raise NoDatabase("Start the product with `make demo`, or set DATABASE_URL.")
    return file.read_text(encoding="utf-8").strip()


class TelemetryStore:
    """One UTC day of facts at a time, and which days have news."""

    def days(self, first: date, last: date) -> pl.DataFrame:
        """Messages of the days first..last, both included, in the order of their key. A message's time is that of its
        own clock, or of its receipt where that clock is off."""
        frame = _rows(f"{_between(first, last, _COLUMNS)} ORDER BY ts_ms, device, boot, seq")
        day = pl.from_epoch("ts_ms", time_unit="ms").dt.date().alias("day")
        return frame.with_columns(day).select(pl.col(n).cast(t) for n, t in RAW.schema.items())

    def held(self, first: date, last: date) -> dict[date, int]:
        """How many messages each of the days first..last has; days without any are not named."""
        found = _rows(f"SELECT ts_ms / {DAY_MS} AS day, count(*) AS n FROM ({_between(first, last, [])}) t GROUP BY 1")  # noqa: S608
        return {date(1970, 1, 1) + timedelta(days=int(day)): int(n) for day, n in found.iter_rows()}

    def news(self, since: datetime | None) -> tuple[dict[date, int], datetime | None]:
        """Days that got messages after `since`, with their whole count now, and the newest `received_at`.

        A day in the answer may hold nothing new: compare the count with the one seen before.
        """
        after = (since - _OVERLAP if since else datetime(1970, 1, 1, tzinfo=UTC)).isoformat()
        found = _rows(
            f"SELECT {_TIME} / {DAY_MS} AS day, max(received_at) AS newest FROM telemetry.message "  # noqa: S608
            f"WHERE received_at > '{after}' GROUP BY 1 ORDER BY 2"
        )
        if not found.height:
            return {}, since
        days = [date(1970, 1, 1) + timedelta(days=int(d)) for d in found["day"]]
        newest: datetime = found["newest"].cast(pl.Datetime("us", "UTC")).to_list()[-1]
        return {day: self.count(day) for day in days}, newest

    def ended_since(self, since: datetime) -> bool:
        """Whether a session stopped, or a fault came, in what was received after `since`."""
        found = _rows(
            "SELECT EXISTS (SELECT 1 FROM telemetry.message WHERE type IN ('stopped', 'fault') "  # noqa: S608
            f"AND received_at > '{since.isoformat()}') AS any"
        )
        return bool(found["any"].item())

    def count(self, day: date) -> int:
        """Messages stored for one day."""
        return int(_rows(f"SELECT count(*) AS n FROM ({_between(day, day, [])}) found")["n"].item())  # noqa: S608


def _between(first: date, last: date, columns: list[str]) -> str:
    """A query of two halves, so that the server reads the days' partitions alone, and the index of the clocks."""
    start, end = _ms(first), _ms(last + timedelta(days=1))
    right = ", ".join(["ts_ms", *columns])
    off = ", ".join([f"{_RECEIVED_MS} AS ts_ms", *columns])
    return (
        f"SELECT {right} FROM telemetry.message WHERE clock IS NULL AND ts_ms >= {start:d} AND ts_ms < {end:d} "  # noqa: S608
        f"UNION ALL SELECT {off} FROM telemetry.message WHERE clock IS NOT NULL "
        f"AND received_at >= '{first}T00:00Z' AND received_at < '{last + timedelta(days=1)}T00:00Z'"
    )


def _ms(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY_MS


def _rows(query: str) -> pl.DataFrame:
    try:
        with dbapi.connect(database_url()) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return pl.DataFrame(cursor.fetch_arrow_table())
    except dbapi.OperationalError as error:
        raise NoDatabase(str(error)) from error
    except dbapi.ProgrammingError as error:
        if error.sqlstate in _NO_TABLE:
            raise NoDatabase("the telemetry table is not there yet") from error
        raise
