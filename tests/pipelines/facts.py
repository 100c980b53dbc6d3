"""Facts to tell pipeline stories with: one charger, a charging session, and the tables that they become."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from pipelines.resources.tables import CHARGERS, CONTEXT, RAW

DAY = date(2026, 3, 10)
NOON_MS = int(datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp() * 1000)
MINUTE_MS = 60_000


def messages(*rows: dict[str, Any]) -> pl.DataFrame:
    """Raw messages; each row names what differs from a plain sample of device `a1` of tenant `ampere`."""
    plain = {"device": "a1", "boot": 7, "kind": "telemetry", "tenant": "ampere", "evse": 1}
    made = [dict.fromkeys(RAW.schema) | plain | row for row in rows]
    for row in made:
        moment = datetime.fromtimestamp(row["ts_ms"] / 1000, tz=UTC)
        row["received_at"] = row["received_at"] or moment + timedelta(seconds=1)
        row["day"] = moment.date()
    return pl.DataFrame(made, schema=RAW.schema)


def charging(
    session: str = "s1", start_ms: int = NOON_MS, minutes: int = 30, meter_wh: int = 1000, **same: Any
) -> list[dict[str, Any]]:
    """One session at 6 kW: started, a sample each minute, stopped. 100 Wh a minute."""
    rows = [
        {"kind": "event", "type": "started", "seq": 1, "ts_ms": start_ms, "energy_wh": meter_wh, "session": session}
    ]
    for minute in range(1, minutes):
        at, wh = start_ms + minute * MINUTE_MS, meter_wh + 100 * minute
        rows.append({"seq": minute + 1, "ts_ms": at, "energy_wh": wh, "power_w": 6000, "session": session})
    end = {"kind": "event", "type": "stopped", "reason": "time", "seq": minutes + 1, "session": session}
    rows.append(end | {"ts_ms": start_ms + minutes * MINUTE_MS, "energy_wh": meter_wh + 100 * minutes})
    return [row | same for row in rows]


def chargers() -> pl.DataFrame:
    row = {"tenant": "ampere", "device": "a1", "evse": 1, "charger": "Kallio 1", "site": "Kallio", "city": "Helsinki"}
    return pl.DataFrame(
        [row | {"country": "FI", "timezone": "Europe/Helsinki", "host_organisation": "org-h"}], CHARGERS.schema
    )


def no_chargers() -> pl.DataFrame:
    return pl.DataFrame(schema=CHARGERS.schema)


def context(session: str = "s1", energy_wh: int = 3000) -> pl.DataFrame:
    at = datetime(2026, 3, 10, 12, 31, tzinfo=UTC)
    row = {
        "tenant": "ampere",
        "session": session,
        "device_id": "a1",
        "charger": "Kallio 1",
        "site": "Kallio",
        "city": "Helsinki",
        "country": "FI",
        "host_organisation": "org-h",
        "fleet_organisation": "org-f",
        "driver": "d_1",
        "vehicle": "v_1",
        "ended_ms": NOON_MS + 30 * MINUTE_MS,
        "energy_wh": energy_wh,
        "currency": "EUR",
        "cost_minor": 120,
        "closed_at": at,
        "day": at.date(),
        "month": "2026-03",
    }
    return pl.DataFrame([row], schema=CONTEXT.schema)


def tenants(kind: str = "reseller") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "tenant": "ampere",
                "name": "Ampère",
                "kind": kind,
                "country": "FI",
                "language": "en",
                "currency": "EUR",
                "timezone": "Europe/Helsinki",
                "logo_svg": "",
                "colour_primary": "#0B6E4F",
                "colour_accent": "#F5B700",
            },
            {
                "tenant": "barq",
                "name": "برق",
                "kind": "reseller",
                "country": "AE",
                "language": "ar",
                "currency": "AED",
                "timezone": "Asia/Dubai",
                "logo_svg": "",
                "colour_primary": "#5B2A86",
                "colour_accent": "#FF8A00",
            },
        ]
    )


class Store:
    """A telemetry store that holds the given messages: the port of `TelemetryStore` without PostgreSQL."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self.rows = rows

    def days(self, first: date, last: date) -> pl.DataFrame:
        return self.rows.filter(pl.col("day").is_between(first, last)).sort("ts_ms", "device", "boot", "seq")

    def held(self, first: date, last: date) -> dict[date, int]:
        return dict(self.days(first, last).group_by("day").len().iter_rows())

    def ended_since(self, since: datetime) -> bool:
        wanted = pl.col("type").is_in(["stopped", "fault"]) & (pl.col("received_at") > since)
        return self.rows.filter(wanted).height > 0

    def news(self, since: datetime | None) -> tuple[dict[date, int], datetime | None]:
        return dict(self.rows.group_by("day").len().iter_rows()), datetime.now(UTC)
