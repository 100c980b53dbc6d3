"""Did the visit succeed? Plugged in, authorised, got energy: attempts at a charger, grouped into visits."""

from datetime import date

import polars as pl

from saas.contracts import faults
from saas.contracts.telemetry import wire

WITHIN_S = 10 * 60  # a driver who tries again within this at the same charger is still on the same visit
_PORT = ["tenant", "device", "evse"]
_TYPE = pl.col("type")
_USED = ("plugged", "unplugged", "presence", "started", "stopped", "refused", "card", "fault")
# Cause class of what ended an attempt without energy, in the words of devices; what is not here is the charger's own.
_FAULTS = {**faults.OCPP16, **faults.ADAPTER, **{row.name: row for row in faults.MREC.values()}, **faults.MREC}
CAUSES: dict[str, str] = {
    **{code: fault.cause for code, fault in _FAULTS.items() if fault is not None},
    **dict.fromkeys(
        (
            wire.REFUSE_SIGNATURE, wire.REFUSE_EXPIRED, wire.REFUSE_EARLY, wire.REFUSE_REPLAYED, wire.REFUSE_UNKNOWN,
            wire.REFUSE_CODE, wire.REFUSE_LOCKED,
        ),
        faults.PAYMENT,
    ),
    **dict.fromkeys((wire.REFUSE_LATE, wire.REFUSE_CLOCK), faults.NETWORK),
    **dict.fromkeys((wire.STOP_TIME, wire.STOP_ENERGY, wire.STOP_REMOTE, wire.STOP_LOCAL, "no_energy"), "unknown"),
    wire.STOP_POWER_LOSS: faults.GRID,
    wire.STOP_UNPLUGGED: faults.VEHICLE,
}  # fmt: skip
SCHEMA = {
    "tenant": pl.String, "source": pl.String, "charger": pl.String, "connector": pl.String, "site": pl.String,
    "host_organisation": pl.String, "driver": pl.String, "began_at": pl.Datetime("ms", "UTC"),
    "ended_at": pl.Datetime("ms", "UTC"), "attempts": pl.Int64, "plugged": pl.Boolean, "authorised": pl.Boolean,
    "got_energy": pl.Boolean, "energy_wh": pl.Int64, "first_attempt_worked": pl.Boolean, "reason": pl.String,
    "cause": pl.String, "day": pl.Date,
}  # fmt: skip


def live(
    messages: pl.DataFrame, context: pl.DataFrame, chargers: pl.DataFrame, first: date, last: date
) -> pl.DataFrame:
    """Visits that began in the UTC days first..last, from the events of devices.

    An attempt lasts from one plug, or start, or refusal without a plug, to the next. One that still goes on without
    energy so far is no failure: it is left out until it ends.
    """
    tries = _attempts(messages)
    drivers = context.select("tenant", "session", "driver").unique(["tenant", "session"], keep="last")
    tries = tries.join(drivers, on=["tenant", "session"], how="left")
    names = chargers.select(*_PORT, "charger", "site", "host_organisation")
    tries = tries.join(names, on=_PORT, how="left").with_columns(
        source=pl.lit("live"), charger=pl.coalesce("charger", "device"), site=pl.coalesce("site", "device"),
        connector=pl.col("evse").cast(pl.String),
    )  # fmt: skip
    return _visits(tries, first, last)


def imported(sessions: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """Visits from imported sessions: a file says who got energy, not who plugged in or was let in (both null)."""
    gave = pl.col("energy_wh") > 0
    unknown = pl.lit(None, dtype=pl.Boolean)
    tries = sessions.filter(pl.col("source") == "imported").with_columns(
        start_s=pl.col("started_at").dt.epoch("s"), end_s=pl.col("ended_at").dt.epoch("s"), plugged=unknown,
        authorised=unknown, gave=gave, why=pl.when(~gave).then(pl.lit("no_energy")),
    )  # fmt: skip
    return _visits(tries, first, last)


def _attempts(messages: pl.DataFrame) -> pl.DataFrame:
    rows = messages.filter((pl.col("kind") == "event") & _TYPE.is_in(_USED) & (pl.col("evse") != 0))
    rows = rows.sort(*_PORT, "ts_ms", "boot", "seq").with_columns(step=pl.when(_TYPE != "fault").then(_TYPE))
    rows = rows.with_columns(before=pl.col("step").forward_fill().shift(1).over(_PORT))
    idle = pl.col("before").is_null() | (pl.col("before") == "unplugged")
    rows = rows.filter(~((_TYPE == "fault") & idle)).with_columns(attempt=_number())
    said = rows.filter(_TYPE.is_in(("refused", "fault", "stopped")))
    why = said.group_by(*_PORT, "attempt").agg(
        why=pl.coalesce(
            pl.col("code").filter(_TYPE == "fault").drop_nulls().first(),
            pl.col("reason").filter(_TYPE == "refused").drop_nulls().last(),
            pl.col("reason").filter(_TYPE == "stopped").drop_nulls().last(),
        )
    )
    let_in = _TYPE.is_in(("presence", "started"))
    found = rows.group_by(*_PORT, "attempt").agg(
        start_s=pl.col("ts_ms").min() // 1000,
        end_s=pl.col("ts_ms").max() // 1000,
        plugged=_TYPE.is_in(("plugged", "started")).any(),
        came=_TYPE.is_in(("plugged", "started", "refused", "card")).any(),
        authorised=let_in.any(),
        session=pl.col("session").filter(let_in).drop_nulls().last(),
        energy_wh=(_meter("stopped").last() - _meter("started").first()).clip(0),
        over=_TYPE.is_in(("unplugged", "stopped", "refused")).any(),
    )
    gave = (pl.col("energy_wh").fill_null(0) > 0).alias("gave")
    real = found.filter(pl.col("came") & pl.col("over")).with_columns(gave, pl.col("energy_wh").fill_null(0))
    return real.join(why, on=[*_PORT, "attempt"], how="left")


def _meter(kind: str) -> pl.Expr:
    return pl.col("energy_wh").filter(_TYPE.eq(kind)).drop_nulls()


def _number() -> pl.Expr:
    """Counts attempts of a port: a new one with each plug (unless presence was just proved), and with whatever else
    comes after the last one was over."""
    before = pl.col("before")
    plug = (_TYPE == "plugged") & ~before.is_in(("presence", "card"))
    again = _TYPE.is_in(("presence", "started", "refused", "card")) & before.is_in(("stopped", "unplugged", "refused"))
    return (before.is_null() | plug | again).fill_null(True).cast(pl.Int64).cum_sum().over(_PORT)


def _visits(tries: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """Attempts at one charger no more than ten minutes apart are one visit, unless two known drivers made them.

    A file may hold two sessions of one charger with the same start: one visit for each driver, in a fixed order.
    """
    key = ["tenant", "source", "charger", "connector"]
    rows = tries.sort(*key, "start_s", "driver", "end_s")
    reached = pl.col("end_s").cum_max().shift(1).over(key)
    driver = pl.col("driver").forward_fill().shift(1).over(key)
    other = (pl.col("driver") != driver).fill_null(False)
    fresh = reached.is_null() | (pl.col("start_s") > reached + WITHIN_S) | other
    runs = rows.with_columns(visit=fresh.cast(pl.Int64).cum_sum().over(key)).group_by(*key, "visit")
    failed = ~pl.col("gave").any()
    found = runs.agg(
        pl.col("site", "host_organisation").last(),
        pl.col("driver").drop_nulls().last(),
        began_at=pl.from_epoch(pl.col("start_s").min(), time_unit="s"),
        ended_at=pl.from_epoch(pl.col("end_s").max(), time_unit="s"),
        attempts=pl.len().cast(pl.Int64),
        plugged=pl.col("plugged").any(ignore_nulls=False),
        authorised=pl.col("authorised").any(ignore_nulls=False),
        got_energy=pl.col("gave").any(),
        energy_wh=pl.col("energy_wh").sum(),
        first_attempt_worked=pl.col("gave").first(),
        reason=pl.when(failed).then(pl.col("why").drop_nulls().last().fill_null("no_start")),
    )
    found = found.with_columns(day=pl.col("began_at").dt.date(), cause=_cause())
    at = pl.col("began_at", "ended_at").dt.cast_time_unit("ms").dt.replace_time_zone("UTC")
    return found.with_columns(at).filter(pl.col("day").is_between(first, last)).select(*SCHEMA)


def _cause() -> pl.Expr:
    """Cause class of a failed visit. Plugged in and never authorised: the way to authorisation or payment failed."""
    never = ~pl.col("authorised").fill_null(True)
    known = pl.col("reason").replace_strict(CAUSES, default=None, return_dtype=pl.String)
    usual = pl.when(never).then(pl.lit(faults.PAYMENT)).otherwise(pl.lit(faults.HARDWARE))
    return pl.when(pl.col("reason").is_not_null()).then(pl.coalesce(known, usual))
