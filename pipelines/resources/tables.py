"""Tables of the lake that only pipelines read: facts as they came, facts as they are good, and what follows."""

from typing import Any

import polars as pl

from pipelines.marts._table import Table

_MESSAGE: dict[str, Any] = {
    "ts_ms": pl.Int64,
    "device": pl.String,
    "boot": pl.Int64,
    "seq": pl.Int64,
    "kind": pl.String,
    "tenant": pl.String,
    "evse": pl.Int16,
    "session": pl.String,
    "energy_wh": pl.Int64,
    "power_w": pl.Int32,
    "current_ma": pl.Int32,
    "voltage_mv": pl.Int32,
    "temperature_mc": pl.Int32,
    "soc_pct": pl.Int16,
    "type": pl.String,
    "reason": pl.String,
    "code": pl.String,
    "received_at": pl.Datetime("us", "UTC"),
    "day": pl.Date,
}
_KEY = ("ts_ms", "device", "boot", "seq")
RAW = Table("raw/telemetry", _MESSAGE, _KEY, ("day",))
# By meter, then time: a meter's readings lie beside each other, so what follows needs no sorting.
CLEAN = Table("clean/telemetry", _MESSAGE, ("tenant", "device", "evse", "ts_ms", "boot", "seq"), ("day",))
CONTEXT = Table(
    "clean/session_context",
    {
        "tenant": pl.String,
        "session": pl.String,
        "device_id": pl.String,
        "charger": pl.String,
        "site": pl.String,
        "city": pl.String,
        "country": pl.String,
        "host_organisation": pl.String,
        "fleet_organisation": pl.String,
        "driver": pl.String,
        "vehicle": pl.String,
        "ended_ms": pl.Int64,
        "energy_wh": pl.Int64,
        "currency": pl.String,
        "cost_minor": pl.Int64,
        "closed_at": pl.Datetime("ms", "UTC"),
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "closed_at", "session"),
    edition=2,
)
# Sessions of landed files, by the day in which they ended: from here on nothing reads the files.
IMPORTED = Table(
    "clean/imported_sessions",
    {
        "tenant": pl.String,
        "session_key": pl.String,
        "charger": pl.String,
        "connector": pl.String,
        "site": pl.String,
        "driver": pl.String,
        "vehicle": pl.String,
        "start_utc": pl.Datetime("ms", "UTC"),
        "end_utc": pl.Datetime("ms", "UTC"),
        "energy_wh": pl.Int64,
        "cost_minor": pl.Int64,
        "currency": pl.String,
        "timezone": pl.String,
        "source_sha256": pl.String,
        "source_row": pl.Int64,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "end_utc", "session_key"),
    edition=2,
)
# What names an EVSE on the wire.
_UNIT: dict[str, Any] = {"tenant": pl.String, "device": pl.String, "evse": pl.Int16}
CHARGERS = Table(
    "clean/chargers",
    {
        **_UNIT,
        "charger": pl.String,
        "site": pl.String,
        "city": pl.String,
        "country": pl.String,
        "timezone": pl.String,
        "host_organisation": pl.String,
    },
    tuple(_UNIT),
    (),
    edition=2,
)
ENERGY_15MIN = Table(
    "curated/energy_15min",
    {
        "tenant": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "site": pl.String,
        "timezone": pl.String,
        "session": pl.String,
        "quarter": pl.Datetime("ms", "UTC"),
        "energy_wh": pl.Int64,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "day", "charger", "quarter", "session", "source"),
    edition=2,
)
EQUIPMENT = Table(
    "clean/equipment",
    {
        **_UNIT,
        "vendor": pl.String,
        "model": pl.String,
        "firmware": pl.String,
    },
    tuple(_UNIT),
    (),
)
OUTAGES_TOLD = Table(
    "clean/outages",
    {
        "tenant": pl.String,
        "outage": pl.String,
        "device": pl.String,
        "evse": pl.Int16,
        "began_at": pl.Datetime("ms", "UTC"),
        "ended_at": pl.Datetime("ms", "UTC"),
        "cause": pl.String,
        "mrec": pl.String,
        "planned": pl.Boolean,
        "exclusion": pl.String,
        "broken": pl.Boolean,
        "withdrawn": pl.Boolean,
        "changed_at": pl.Datetime("us", "UTC"),
    },
    ("tenant", "outage"),
    (),
)
STATUSES_TOLD = Table(
    "clean/statuses",
    {
        **_UNIT,
        "at": pl.Datetime("us", "UTC"),
        "status": pl.String,
    },
    (*_UNIT, "at"),
    (),
)
PORT_SPANS = Table(
    "curated/port_spans",
    {
        "tenant": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "connector": pl.String,
        "site": pl.String,
        "host_organisation": pl.String,
        "kind": pl.String,
        "start_s": pl.Int64,
        "end_s": pl.Int64,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "day", "charger", "connector", "source", "kind", "start_s", "end_s"),
    edition=2,
)
OUTCOMES_TOLD = Table(
    "clean/outcomes",
    {
        "tenant": pl.String,
        "work_order": pl.String,
        "device": pl.String,
        "evse": pl.Int16,
        "began_at": pl.Datetime("ms", "UTC"),
        "ended_at": pl.Datetime("ms", "UTC"),
        "cause": pl.String,
        "verdict": pl.String,
        "confirmed": pl.Boolean,
        "predicted": pl.Boolean,
        "changed_at": pl.Datetime("us", "UTC"),
    },
    ("tenant", "work_order"),
    (),
)
