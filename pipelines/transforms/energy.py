"""From meter readings and whole sessions to energy in quarters of an hour. No watt-hour is lost in the division."""

from datetime import date

import polars as pl

from .sessions import local

QUARTER_MS = 900_000
_METER = ["tenant", "device", "evse"]
_TIME = ["ts_ms", "boot", "seq"]
READING = [*_METER, *_TIME, "session", "energy_wh"]


def readings(messages: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Columns `READING` of messages that give a register: each meter's together, in the order of their time.

    The lake holds them in that order; only what lies otherwise (an older file, several days) is sorted.
    """
    told = messages.lazy().filter(pl.col("energy_wh").is_not_null()).select(READING)
    rows = told.collect(engine="streaming")
    return rows if _in_order(rows) else rows.sort(*_METER, *_TIME)


def latest(rows: pl.DataFrame) -> pl.DataFrame:
    """Each meter's last row of `readings`."""
    return rows.filter(_new_meter().shift(-1, fill_value=True))


def meters(rows: pl.DataFrame) -> pl.DataFrame:
    """Which meters told something."""
    return rows.filter(_new_meter()).select(_METER)


def seam(before: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`readings` on both sides of a cut: each meter's `latest` before it and its first of `rows`."""
    first = rows.filter(_new_meter())
    return pl.concat([before, first]).sort(*_METER, *_TIME)


def _new_meter() -> pl.Expr:
    """A row of another meter than the row before it."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in _METER)


def _in_order(rows: pl.DataFrame) -> bool:
    ts, boot, seq = (pl.col(name) for name in _TIME)
    tied = (ts == ts.shift(1)) & ((boot < boot.shift(1)) | ((boot == boot.shift(1)) & (seq < seq.shift(1))))
    marked = rows.select(*_METER, new=_new_meter(), back=(ts < ts.shift(1)) | tied)
    heads = marked.filter(pl.col("new").fill_null(True)).select(_METER)
    falls = marked.select((pl.col("back") & ~pl.col("new")).any()).item()
    return not falls and heads.n_unique() == heads.height


def intervals(
    messages: pl.DataFrame | pl.LazyFrame, first: date, last: date, before: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Spans between two readings of one meter, with the energy between them, of the days first..last.

    A span counts for the day of its later reading. A register that falls (a new meter) gives no energy. `before`: the
    `latest` reading of each meter before the messages, where they do not hold it themselves.
    """
    return spans_of(readings(messages), first, last, before).collect(engine="streaming")


def spans_of(rows: pl.DataFrame, first: date, last: date, before: pl.DataFrame | None = None) -> pl.LazyFrame:
    """`intervals` of `readings`."""
    spans = _spans(rows, first, last)
    return spans if before is None else pl.concat([_spans(seam(before, rows), first, last), spans])


def _spans(rows: pl.DataFrame, first: date, last: date) -> pl.LazyFrame:
    spans = rows.lazy().with_columns(
        start_ms=pl.col("ts_ms").shift(1),
        delta_wh=pl.col("energy_wh").diff(),
        session=pl.coalesce("session", pl.when(~_new_meter()).then(pl.col("session").shift(1))),
        day=pl.from_epoch("ts_ms", time_unit="ms").dt.date(),
        new=_new_meter(),
    )
    spans = spans.filter(~pl.col("new") & (pl.col("delta_wh") > 0) & pl.col("day").is_between(first, last))
    return spans.select(*_METER, "session", "start_ms", end_ms="ts_ms", energy_wh="delta_wh", day="day")


def spread(spans: pl.DataFrame) -> pl.DataFrame:
    """Each span's energy evenly over its time, cut at quarters of an hour: adds `quarter`; sums stay exact.

    Needs start_ms, end_ms, energy_wh. The share up to a cut is rounded down, the last quarter takes what is left.
    """
    rows = pl.concat(_quarters(spans.lazy())).with_columns(quarter=_QUARTER)
    return rows.drop("at").collect(engine="streaming")


_QUARTER = pl.from_epoch(pl.col("at") * QUARTER_MS, time_unit="ms").dt.replace_time_zone("UTC")


def _quarters(spans: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The spans inside one quarter, and the others, cut: each with `at`, the number of its quarter."""
    whole = pl.col("start_ms") // QUARTER_MS == _end() // QUARTER_MS
    inside = spans.filter(whole).with_columns(at=pl.col("start_ms") // QUARTER_MS).drop("start_ms", "end_ms")
    cut = _cut(spans.filter(~whole)).select(inside.collect_schema().names())
    return inside, cut


def _end() -> pl.Expr:
    """The last millisecond of a span."""
    return pl.max_horizontal(pl.col("end_ms"), pl.col("start_ms") + 1) - 1


def _cut(spans: pl.LazyFrame) -> pl.LazyFrame:
    start, whole = pl.col("start_ms"), pl.col("energy_wh")
    rows = spans.with_columns(
        length=_end() + 1 - start, at=pl.int_ranges(start // QUARTER_MS, _end() // QUARTER_MS + 1)
    ).explode("at")
    opened = pl.max_horizontal(pl.col("at") * QUARTER_MS - start, pl.lit(0))
    shut = pl.min_horizontal((pl.col("at") + 1) * QUARTER_MS - start, pl.col("length"))
    return rows.with_columns(energy_wh=whole * shut // pl.col("length") - whole * opened // pl.col("length"))


def of_sessions(sessions: pl.DataFrame) -> pl.DataFrame:
    """Quarters of imported sessions, of which only the whole is known: spread evenly from start to end."""
    spans = sessions.select(
        "tenant", "source", "charger", "site", "timezone", "session", "energy_wh", "day",
        start_ms=pl.col("started_at").dt.epoch("ms"), end_ms=pl.col("ended_at").dt.epoch("ms"),
    )  # fmt: skip
    return spread(spans.filter(pl.col("energy_wh") > 0))


def of_meters(spans: pl.DataFrame | pl.LazyFrame, chargers: pl.DataFrame, tenants: pl.DataFrame) -> pl.DataFrame:
    """Quarters of live meters, with the names of their chargers."""
    homes = tenants.select("tenant", home="timezone")
    rows = _by_quarter(spans.lazy()).join(
        chargers.select(*_METER, "charger", "site", "timezone"), on=_METER, how="left"
    )
    rows = rows.join(homes, on="tenant", how="left")
    named = rows.select(
        "tenant", pl.lit("live").alias("source"), pl.coalesce("charger", "device").alias("charger"),
        pl.coalesce("site", "device").alias("site"), pl.coalesce("timezone", "home", pl.lit("UTC")).alias("timezone"),
        "session", "energy_wh", "day", "quarter",
    )  # fmt: skip
    keys = [name for name in named.columns if name != "energy_wh"]
    return named.group_by(keys).agg(pl.col("energy_wh").sum())


def _by_quarter(spans: pl.LazyFrame) -> pl.DataFrame:
    """`spread`, summed where neighbours are of one meter, session, day and quarter: fifteen minutes of readings become
    one row before any name is looked up. Sums that do not lie beside each other stay apart."""
    inside, cut = _quarters(spans)
    keys = [name for name in inside.collect_schema() if name != "energy_wh"]
    another = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in keys)
    runs = inside.with_columns(run=another.cast(pl.UInt32).cum_sum()).group_by("run")
    summed = runs.agg(*(pl.col(name).first() for name in keys), pl.col("energy_wh").sum()).drop("run")
    both = pl.concat([summed, cut.select(summed.collect_schema().names())])
    return both.with_columns(quarter=_QUARTER).drop("at").collect(engine="streaming")


def daily(quarters: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `energy_daily`: per charger, local day and hour."""
    zones = quarters["timezone"].unique().drop_nulls().to_list()
    there = quarters.with_columns(there=local("quarter", zones))
    keys = ["tenant", "source", "charger", "site", "local_day", "local_hour", "day"]
    timed = there.with_columns(local_day=pl.col("there").dt.date(), local_hour=pl.col("there").dt.hour())
    return timed.group_by(keys).agg(pl.col("energy_wh").sum())
