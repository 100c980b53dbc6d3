"""Spans and visits of a day, outages, and the uptime of every port and month."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pandera.polars as pa
import polars as pl

from pipelines.defs.checks import Rule, once, ranges
from pipelines.defs.steps import Sources, Step, WholeStep
from pipelines.marts import outages as outages_mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts import uptime as uptime_mart
from pipelines.marts import visits as visits_mart
from pipelines.marts._table import collect
from pipelines.resources import imported, stations
from pipelines.resources.landing import landed
from pipelines.resources.tables import CHARGERS, CLEAN, CONTEXT, EQUIPMENT, OUTAGES_TOLD, PORT_SPANS, STATUSES_TOLD
from pipelines.transforms import visits
from pipelines.transforms.uptime import figures, spans, states
from pipelines.transforms.uptime.spans import PORT

_ONE, _LONGEST = timedelta(days=1), timedelta(days=3)


def span_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    """When ports were heard (by the day of the message) and charged (by the day in which the session ended)."""
    messages = collect(sources.lake.days(CLEAN, first, last))
    ended = collect(sources.lake.days(sessions_mart.TABLE, first, last))
    by_day = [spans.heard(part, collect(CHARGERS.scan())) for part in messages.partition_by("day")]
    heard = pl.concat([*by_day, spans.none()]).with_columns(day=_day_of("start_s"))
    charged = spans.charging(ended).with_columns(day=_day_of("end_s"))
    rows = pl.concat([heard, charged]).unique()
    return rows.join(_places(ended), on=PORT, how="left").select(n for n in PORT_SPANS.schema if n != "month")


def _day_of(column: str) -> pl.Expr:
    return pl.from_epoch(column, time_unit="s").dt.date()


def _places(ended: pl.DataFrame) -> pl.DataFrame:
    """Site and host of each port: as the roster says now, else as its latest session said."""
    told = _roster()
    seen = ended.sort("ended_at").select(*PORT, "site", "host_organisation")
    both = pl.concat([told.select(seen.columns), seen.reverse()])
    return both.unique(PORT, keep="first", maintain_order=True)


def _roster() -> pl.DataFrame:
    """Site and host of each live port, as of now."""
    rows = collect(CHARGERS.scan()).select(
        "tenant", "charger", "site", "host_organisation", source=pl.lit("live"),
        connector=pl.col("evse").cast(pl.String),
    )  # fmt: skip
    return rows.unique(PORT, keep="first", maintain_order=True)


def visit_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    """Reads on into the next day: a visit that goes on after midnight is one visit, of the day in which it began."""
    messages = collect(sources.lake.days(CLEAN, first, last + _ONE, look_back=True))
    live = visits.live(messages, collect(CONTEXT.scan()), collect(CHARGERS.scan()), first, last)
    near = collect(sources.lake.days(sessions_mart.TABLE, first - _LONGEST, last + _LONGEST))
    rows = pl.concat([live, visits.imported(near, first, last)])
    return rows.join(_makes(), on=PORT, how="left").select(n for n in visits_mart.TABLE.schema if n != "month")


def _makes() -> pl.DataFrame:
    """Vendor, model and firmware of each live port, as of now."""
    named = collect(CHARGERS.scan()).join(collect(EQUIPMENT.scan()), on=["tenant", "device", "evse"])
    rows = named.select(
        "tenant", "charger", "vendor", "model", "firmware", source=pl.lit("live"),
        connector=pl.col("evse").cast(pl.String),
    )  # fmt: skip
    return rows.unique(PORT, keep="first", maintain_order=True)


def outage_rows(sources: Sources, now: datetime) -> pl.DataFrame:
    """Outages as told, and those that imported status files show."""
    now_s = _hour(now)
    told = spans.on_ports(collect(OUTAGES_TOLD.scan()), collect(CHARGERS.scan()))
    told = told.filter(~pl.col("withdrawn")).with_columns(side=_side())
    rows = pl.concat([told, _of_files(now_s)], how="diagonal_relaxed")
    lasts = (pl.col("ended_at").dt.epoch("s").fill_null(now_s) - pl.col("began_at").dt.epoch("s")).clip(0)
    named = _named(rows.select(PORT).unique().join(_ports(), on=PORT, how="left"))
    rows = rows.select(*(n for n in rows.columns if n not in named.columns or n in PORT)).join(named, on=PORT)
    rows = rows.with_columns(duration_s=lasts, day=pl.col("began_at").dt.date())
    return rows.select(n for n in outages_mart.TABLE.schema if n != "month")


def _side() -> pl.Expr:
    names = {"down": "counts", "excused": "excluded", "closed": "excluded", "offline": "offline"}
    return spans.outage_kind().replace_strict(names, return_dtype=pl.String)


def _of_files(now_s: int) -> pl.DataFrame:
    down = spans.of_statuses(_file_statuses(), now_s).filter(pl.col("kind") == "down")
    at = [pl.from_epoch(s, time_unit="s").cast(pl.Datetime("ms", "UTC")).alias(n) for s, n in _MOMENTS]
    key = pl.concat_str(*PORT, pl.col("start_s").cast(pl.String), separator="|").hash(7).cast(pl.String)
    text = {"cause": "hardware", "mrec": "", "exclusion": "", "side": "counts"}
    return spans.merged(down, PORT).with_columns(
        *at, *(pl.lit(v).alias(k) for k, v in text.items()), outage=key, broken=pl.lit(True), withdrawn=pl.lit(False)
    )  # fmt: skip


_MOMENTS = (("start_s", "began_at"), ("end_s", "ended_at"))


def _file_statuses() -> pl.DataFrame:
    rows = collect(landed("status"))
    parts = [_stations(str(tenant), part) for (tenant,), part in rows.group_by("tenant", maintain_order=True)]
    rows = pl.concat([rows.clear(), *parts])
    instants = [pl.col(f"{name}_utc").dt.epoch("s").alias(f"{name}_s") for name in ("at", "until")]
    return rows.with_columns(*instants, source=pl.lit("imported"), connector=pl.col("connector").fill_null(""))


def _stations(tenant: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The same keys of stations as those of the tenant's sessions."""
    own = stations.keys(rows.select("charger", "site", at="at_utc"))
    return rows.with_columns(stations.keyed("charger", "site", own | imported.station_keys(tenant)))


def _live_statuses() -> pl.DataFrame:
    rows = spans.on_ports(collect(STATUSES_TOLD.scan()), collect(CHARGERS.scan()))
    none = pl.lit(None, dtype=pl.Int64)
    return rows.with_columns(at_s=pl.col("at").dt.epoch("s"), until_s=none, up_s=none)


def _ports() -> pl.DataFrame:
    """Every port that was heard of or stands in a file, with the place that was said; `since_s`: its first sign."""
    seen = PORT_SPANS.scan().group_by(PORT).agg(
        pl.col("site", "host_organisation").drop_nulls().last(), since_s=pl.col("start_s").min()
    )  # fmt: skip
    files = _file_statuses().group_by(PORT).agg(pl.col("site").drop_nulls().last(), since_s=pl.col("at_s").min())
    both = pl.concat([collect(seen), files], how="diagonal_relaxed").group_by(PORT).agg(
        pl.col("site", "host_organisation").drop_nulls().first(), pl.col("since_s").min()
    )  # fmt: skip
    return both


def _since(ports: pl.DataFrame, extra: pl.DataFrame) -> pl.DataFrame:
    """Also the ports of which only the log or a file knows; `since_s` is the earliest sign of any kind."""
    said = extra.group_by(PORT).agg(said_s=pl.col("start_s").min())
    rows = ports.join(said, on=PORT, how="full", coalesce=True)
    return rows.with_columns(since_s=pl.min_horizontal("since_s", "said_s")).drop("said_s")


def _named(ports: pl.DataFrame) -> pl.DataFrame:
    """Ports with place and make: as the roster says now, else as sessions and files said; the charger's own name last.

    Also of a port of which only the log of outages knows.
    """
    rows = ports.join(_roster(), on=PORT, how="left", suffix="_now").join(_makes(), on=PORT, how="left")
    site = pl.coalesce("site_now", "site", "charger").alias("site")
    host = pl.coalesce("host_organisation_now", "host_organisation").alias("host_organisation")
    return rows.with_columns(site, host).drop("site_now", "host_organisation_now")


def uptime_rows(sources: Sources, now: datetime) -> pl.DataFrame:
    """All months since the first port, one month in memory at a time; the running month until this hour."""
    now_s, told = _hour(now), outages_of(now)
    extra = pl.concat([
        spans.of_outages(told, now_s),
        spans.of_statuses(_live_statuses(), now_s),
        spans.of_statuses(_file_statuses(), now_s),
    ])  # fmt: skip
    ports = _named(_since(_ports(), extra))
    parts = [_month(ports, extra, first, min(_epoch(after), now_s), now_s) for first, after in _months(ports, now_s)]
    if not parts:
        return pl.DataFrame(schema={n: t for n, t in uptime_mart.TABLE.schema.items() if n != "month"})
    return _with_failures(figures.rolling(pl.concat(parts)), told, now_s)


def outages_of(now: datetime) -> pl.DataFrame:
    """Outages on ports, with those that imported files show."""
    told = spans.on_ports(collect(OUTAGES_TOLD.scan()), collect(CHARGERS.scan()))
    return pl.concat([told, _of_files(_hour(now))], how="diagonal_relaxed")


def _month(ports: pl.DataFrame, extra: pl.DataFrame, first: date, end_s: int, now_s: int) -> pl.DataFrame:
    """Spans lie in the partition of the day in which they begin (heard) or end (charging): one month more is enough."""
    start_s, after = _epoch(first), (first + 32 * _ONE).replace(day=1)
    near = PORT_SPANS.scan().filter(pl.col("day").is_between(first - _LONGEST, after + _LONGEST))
    inside = near.filter((pl.col("start_s") < end_s) & (pl.col("end_s") > start_s)).select(*spans.SPAN)
    found = collect(inside)
    heard = spans.merged(found.filter(pl.col("kind") == "heard"), PORT, within_s=spans.SILENT_S)
    heard = heard.with_columns(kind=pl.lit("heard")).select(*spans.SPAN)
    known = pl.concat([heard, found.filter(pl.col("kind") != "heard"), extra])
    rows = states.seconds(known, ports, start_s, end_s)
    return rows.with_columns(day=pl.lit(first), complete=pl.lit(_epoch(after) <= now_s))


def _with_failures(rows: pl.DataFrame, outages: pl.DataFrame, now_s: int) -> pl.DataFrame:
    found = figures.failures(outages, now_s)
    rows = rows.join(found, on=[*PORT, "day"], how="left")
    return rows.with_columns(pl.col("failures", "failure_s", "open_failures").fill_null(0))


def _months(ports: pl.DataFrame, now_s: int) -> Iterator[tuple[date, date]]:
    """First days of each month that has begun, from that of the first sign of life on, with the next month's."""
    since = ports["since_s"].min()
    if not isinstance(since, int):
        return
    first = datetime.fromtimestamp(since, tz=UTC).date().replace(day=1)
    while _epoch(first) < now_s:
        after = (first + 32 * _ONE).replace(day=1)
        yield first, after
        first = after


def _epoch(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _hour(now: datetime) -> int:
    """Figures until the full hour: asking again within it changes nothing."""
    return int(now.timestamp()) // 3600 * 3600


def unbalanced(rows: pl.DataFrame) -> pl.DataFrame:
    """Months whose states do not add up, to the second."""
    return rows.filter(pl.sum_horizontal(states.SUMS) != pl.col("seconds"))


PORT_SPAN_STEP = Step(
    "port_spans", PORT_SPANS, span_rows, ("sessions",),
    "When each port was heard of, and when it charged: what uptime is made of.",
    (Rule("forward", lambda rows: rows.filter(pl.col("end_s") <= pl.col("start_s")), "a span ends after it begins"),),
)  # fmt: skip
VISITS = Step(
    "visits", visits_mart.TABLE, visit_rows, ("sessions",),
    "Visits to chargers: plugged in, authorised, got energy, and the cause where not.",
    (ranges(attempts=pa.Column(nullable=False, checks=pa.Check.ge(1)),
            energy_wh=pa.Column(nullable=False, checks=pa.Check.ge(0))),),
)  # fmt: skip
OUTAGES = WholeStep(
    "outages", outages_mart.TABLE, outage_rows, ("maintenance_log",),
    "Outages of charging ports, and on which side of uptime each falls.", (once("tenant", "outage", "connector"),),
    group="maintenance",
)  # fmt: skip
UPTIME = WholeStep(
    "uptime", uptime_mart.TABLE, uptime_rows, ("maintenance_log",),
    "Uptime per port and month, and over twelve months as 23 CFR 680.116(b) defines it.",
    (
        once(*PORT, "day"),
        ranges(seconds=pa.Column(nullable=False, checks=pa.Check.ge(0))),
        Rule("adds_up", unbalanced, "up, down, excluded and unknown are the month, to the second"),
    ),
    group="maintenance",
)  # fmt: skip
