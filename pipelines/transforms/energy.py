"""From meter readings and whole sessions to energy in quarters of an hour. No watt-hour is lost in the division."""

from datetime import date

import polars as pl

from .sessions import local

QUARTER_MS, DAY_MS = 900_000, 86_400_000
_METER = ["tenant", "device", "evse"]
_TIME = ["ts_ms", "boot", "seq"]
READING = [*_METER, *_TIME, "session", "energy_wh"]
_SHARE = ["meter", "session", "at", "day", "energy_wh"]


def readings(messages: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Columns `READING` of messages that give a register: each meter's together, in the order of their time; and
    `meter`, which counts the meters from 0.

    The lake holds them in that order; only what lies otherwise (an older file, several days) is sorted.
    """
    told = messages.lazy().filter(pl.col("energy_wh").is_not_null()).select(READING)
    rows = _numbered(told.collect(engine="streaming").rechunk())
    return rows if _in_order(rows) else _numbered(rows.sort(*_METER, *_TIME))


def latest(rows: pl.DataFrame) -> pl.DataFrame:
    """Each meter's last row of `readings`."""
    return rows.filter(_new_meter().shift(-1, fill_value=True)).select(READING)


def meters(rows: pl.DataFrame) -> pl.DataFrame:
    """Which meters told something: `meter` of `readings` is the number of its row."""
    return rows.filter(_new_meter()).select(_METER)


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(meter=pl.struct(_METER).rle_id())


def _new_meter() -> pl.Expr:
    """A row of another meter than the row before it."""
    return _differs("meter")


def _differs(*names: str) -> pl.Expr:
    """A row that has not what the row before it has."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in names)


def _in_order(rows: pl.DataFrame) -> bool:
    ts, boot, seq = (pl.col(name) for name in _TIME)
    tied = (ts == ts.shift(1)) & ((boot < boot.shift(1)) | ((boot == boot.shift(1)) & (seq < seq.shift(1))))
    falls = rows.select((((ts < ts.shift(1)) | tied) & ~_new_meter()).any()).item()
    return not falls and meters(rows).is_unique().all()


def _seam(before: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`readings` on both sides of a cut: each meter's `latest` before it and its first of `rows`."""
    first = rows.filter(_new_meter())
    numbers = first.select(*_METER, "meter")
    known = before.join(numbers, on=_METER, how="inner", nulls_equal=True).select(first.columns)
    return pl.concat([known, first]).sort("meter", *_TIME)


def _shares(rows: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """Energy of the days first..last by `meter`, session, `at` (the number of its quarter) and `day` (of 1970).

    A span between two readings of one meter counts for the day of its later reading. A register that falls (a new
    meter) gives no energy. Sums that do not lie beside each other stay apart.
    """
    day = pl.col("end_ms") // DAY_MS
    spans = rows.select(
        "meter",
        session=pl.coalesce("session", pl.when(~_new_meter()).then(pl.col("session").shift(1))),
        start_ms=pl.when(~_new_meter()).then(pl.col("ts_ms").shift(1)),
        end_ms="ts_ms",
        energy_wh=pl.col("energy_wh").diff(),
    ).with_columns(day=day, at=pl.col("start_ms") // QUARTER_MS, within=day.is_between(_day(first), _day(last)))
    counts = pl.col("within") & pl.col("start_ms").is_not_null() & (pl.col("energy_wh") > 0)
    spans = spans.with_columns(counts=counts, whole=counts & (pl.col("at") == _end() // QUARTER_MS))
    cut = _cut(spans.lazy().filter(pl.col("counts") & ~pl.col("whole")).drop("at")).select(_SHARE)
    return pl.concat([_runs(spans), cut.collect(engine="streaming")])


def _runs(spans: pl.DataFrame) -> pl.DataFrame:
    """Spans inside one quarter, summed where they lie beside each other: the register of what was counted, read where
    a quarter of a session ends. Fifteen minutes of readings become one row, and no row is looked up by its name."""
    told = pl.when("whole").then("energy_wh").otherwise(0).cum_sum()
    ends = _differs("meter", "session", "at", "day").shift(-1, fill_value=True)
    read = spans.with_columns(energy_wh=told).filter(ends).select(_SHARE)
    return read.with_columns(energy_wh=pl.col("energy_wh") - pl.col("energy_wh").shift(1, fill_value=0)).filter(
        pl.col("energy_wh") > 0
    )


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


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


def of_meters(
    rows: pl.DataFrame, first: date, last: date, before: pl.DataFrame, *, chargers: pl.DataFrame, tenants: pl.DataFrame
) -> pl.DataFrame:
    """Quarters of live meters for the days first..last, with the names of their chargers.

    `rows`: `readings` of these days. `before`: the `latest` reading of each meter before them, where there is one.
    """
    shares = pl.concat([_shares(_seam(before, rows), first, last), _shares(rows, first, last)])
    of_meter, places = _places(meters(rows), chargers, tenants)
    placed = shares.with_columns(place=of_meter.gather(shares["meter"]))
    summed = placed.group_by("place", "session", "at", "day").agg(pl.col("energy_wh").sum())
    summed = summed.sort("day", "place", "at", "session")
    named = summed.with_columns(places[name].gather(summed["place"]) for name in places.columns)
    return named.with_columns(day=pl.col("day").cast(pl.Int32).cast(pl.Date), quarter=_QUARTER).drop("place", "at")


def _places(known: pl.DataFrame, chargers: pl.DataFrame, tenants: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """The number of each meter's place, and the places by their number: two meters may have one name."""
    told = chargers.select(*_METER, "charger", "site", "timezone").unique(_METER, keep="last", maintain_order=True)
    homes = tenants.select("tenant", home="timezone").unique("tenant", keep="last", maintain_order=True)
    named = known.join(told, on=_METER, how="left", maintain_order="left")
    named = named.join(homes, on="tenant", how="left", maintain_order="left").select(
        "tenant", pl.lit("live").alias("source"), pl.coalesce("charger", "device").alias("charger"),
        pl.coalesce("site", "device").alias("site"), pl.coalesce("timezone", "home", pl.lit("UTC")).alias("timezone"),
    )  # fmt: skip
    places = named.unique().sort("tenant", "charger", "site", "timezone").with_row_index("place")
    of_meter = named.join(places, on=named.columns, how="left", nulls_equal=True, maintain_order="left")
    return of_meter["place"], places.drop("place")


def daily(quarters: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `energy_daily`: per charger, local day and hour."""
    zones = quarters["timezone"].unique().drop_nulls().to_list()
    there = quarters.with_columns(there=local("quarter", zones))
    keys = ["tenant", "source", "charger", "site", "local_day", "local_hour", "day"]
    timed = there.with_columns(local_day=pl.col("there").dt.date(), local_hour=pl.col("there").dt.hour())
    return timed.group_by(keys).agg(pl.col("energy_wh").sum())
