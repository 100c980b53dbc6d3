"""Telemetry for the lake's bench: deterministic, any number of rows, by day. Shaped as a depot's day is."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from pipelines.resources.tables import CHARGERS, CLEAN

FIRST = date(2026, 1, 1)
DEVICES, SESSIONS, SAMPLES, EVERY_MS = 2_000, 4, 201, 30_000
ROWS_A_DAY = DEVICES * SESSIONS * (SAMPLES + 1)
TENANTS = ("ampere", "barq", "volta", "norre")
_GAP_MS = 86_400_000 // SESSIONS


def days_for(rows: int) -> list[date]:
    """So many whole days that they hold at least `rows` messages."""
    return [FIRST + timedelta(days=n) for n in range(-(-rows // ROWS_A_DAY))]


def telemetry(day: date) -> pl.DataFrame:
    """Clean messages of one day: each device charges four times for 100 minutes, a reading every 30 seconds."""
    since = (day - FIRST).days
    device, session, sample = (axis.ravel() for axis in np.indices((DEVICES, SESSIONS, SAMPLES + 1)))
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    # The third digit of a device's number moves its sessions: they begin at other minutes, not all at once.
    ts = midnight + session * _GAP_MS + (device % 97) * 61_000 + sample * EVERY_MS
    noise = np.random.default_rng(since).integers(-900, 900, len(device))
    power = 7_400 + device % 7 * 1_100 + noise
    wh = np.where(sample == 0, 0, power * EVERY_MS // 3_600_000)
    register = since * 10_000_000 + np.cumsum(wh.reshape(DEVICES, -1), axis=1).ravel()
    frame = pl.DataFrame(
        {
            "ts_ms": ts, "at": device, "seq": (since * SESSIONS + session) * (SAMPLES + 1) + sample + 1,
            "energy_wh": register, "power_w": power, "n": session, "sample": sample,
        }
    )  # fmt: skip
    return _named(frame, day)


def _named(frame: pl.DataFrame, day: date) -> pl.DataFrame:
    last = pl.col("sample") == SAMPLES
    first = pl.col("sample") == 0
    number = pl.col("at").cast(pl.String).str.zfill(5)
    tenant = pl.col("at").replace_strict(dict(enumerate(TENANTS * (DEVICES // len(TENANTS)))), return_dtype=pl.String)
    rows = frame.with_columns(
        device=pl.concat_str(pl.lit("dev-"), number),
        tenant=tenant,
        boot=pl.lit(7),
        evse=pl.lit(1),
        kind=pl.when(first | last).then(pl.lit("event")).otherwise(pl.lit("telemetry")),
        type=pl.when(first).then(pl.lit("started")).when(last).then(pl.lit("stopped")),
        reason=pl.when(last).then(pl.lit("time")),
        session=pl.concat_str(pl.lit(f"s-{day:%y%m%d}-"), number, pl.lit("-"), pl.col("n")),
        current_ma=pl.col("power_w") * 1000 // 230,
        voltage_mv=226_000 + pl.col("power_w") * 7 % 4_100,
        temperature_mc=31_000 + pl.col("power_w") % 1_700,
        soc_pct=20 + pl.col("sample") // 3,
        received_at=pl.from_epoch(pl.col("ts_ms") + 800, time_unit="ms").dt.replace_time_zone("UTC"),
        day=pl.lit(day),
        code=pl.lit(None, dtype=pl.String),
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in CLEAN.schema.items()).sort(CLEAN.order)


def chargers() -> pl.DataFrame:
    """A name and a place for each device."""
    rows = [
        {
            "tenant": TENANTS[n % len(TENANTS)], "device": f"dev-{n:05}", "evse": 1, "charger": f"Charger {n}",
            "site": f"Site {n // 20}", "city": "Helsinki", "country": "FI", "timezone": "Europe/Helsinki",
            "host_organisation": None,
        }
        for n in range(DEVICES)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=CHARGERS.schema)
