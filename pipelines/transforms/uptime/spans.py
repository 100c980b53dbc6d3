"""What is known of a port, as half-open spans of whole seconds since 1970 UTC: heard, charging, offline, down, excused.

A frame of spans has the columns of `SPAN`. Kinds that `states` understands:

    closed    outside the stated hours of operation                      excused whatever else is wrong
    down      an outage that counts                                      hardware, payment, unknown cause
    excused   an outage with a cause that 23 CFR 680.116(b)(3) excludes
    charging  a session that dispensed electricity: proof that the port was up
    offline   nobody could hear it: no proof either way
    heard     online and without an outage
"""

import polars as pl

from saas.contracts.maintenance import Cause

PORT = ["tenant", "source", "charger", "connector"]
SPAN = {
    "tenant": pl.String,
    "source": pl.String,
    "charger": pl.String,
    "connector": pl.String,
    "kind": pl.String,
    "start_s": pl.Int64,
    "end_s": pl.Int64,
}
KINDS = ("closed", "down", "excused", "charging", "offline", "heard")
SILENT_S = 15 * 60  # messages further apart than this leave a gap of which nothing is known
# T_excluded: what the regulation names. An outage of the internet provider is not among it: a port must go on without
# its network (680.114(e)), so silence is no outage, and no proof of being up.
EXCLUSIONS = ("utility_interruption", "vehicle_fault", "scheduled_maintenance", "vandalism", "natural_disaster")
NETWORK: Cause = "network"
_LIVE = pl.lit("live").alias("source")
# OCPI's status of an EVSE in a file that somebody imported, where nobody keeps a log of outages beside it.
STATUS_KIND = {
    "AVAILABLE": "heard", "CHARGING": "heard", "BLOCKED": "heard", "RESERVED": "heard",
    "INOPERATIVE": "down", "OUTOFORDER": "down", "UNKNOWN": "offline", "PLANNED": "absent", "REMOVED": "absent",
}  # fmt: skip


def heard(messages: pl.DataFrame, chargers: pl.DataFrame) -> pl.DataFrame:
    """Spans in which the device spoke at least every `SILENT_S`: true of all its ports, whichever of them spoke."""
    at = pl.col("ts_ms") // 1000
    spoke = messages.select("tenant", "device", start_s=at, end_s=at + 1).unique()
    runs = merged(spoke, ["tenant", "device"], within_s=SILENT_S)
    ports = _ports(messages, chargers)
    return _spans(runs.join(ports, on=["tenant", "device"]).with_columns(_LIVE, kind=pl.lit("heard")))


def charging(sessions: pl.DataFrame) -> pl.DataFrame:
    """Sessions of the mart that dispensed electricity."""
    gave = sessions.filter(pl.col("energy_wh") > 0)
    seconds = [pl.col(name).dt.epoch("s").alias(second) for name, second in _ENDS]
    return _spans(gave.with_columns(*seconds, kind=pl.lit("charging")))


_ENDS = (("started_at", "start_s"), ("ended_at", "end_s"))


def of_outages(outages: pl.DataFrame, now_s: int) -> pl.DataFrame:
    """Spans of outages on ports (`on_ports`); an open one lasts until `now_s`. What was withdrawn never happened."""
    held = outages.filter(~pl.col("withdrawn"))
    return _spans(held.with_columns(*_until(now_s), kind=outage_kind()))


def outage_kind() -> pl.Expr:
    """Kind of span of an outage, by its exclusion and its cause."""
    return (
        pl.when(pl.col("exclusion") == "outside_hours")
        .then(pl.lit("closed"))
        .when(pl.col("exclusion").is_in(EXCLUSIONS))
        .then(pl.lit("excused"))
        .when(pl.col("cause") == NETWORK)
        .then(pl.lit("offline"))
        .otherwise(pl.lit("down"))
    )


def on_ports(facts: pl.DataFrame, chargers: pl.DataFrame) -> pl.DataFrame:
    """Facts about `device` and `evse` with the names of their port. EVSE 0 is the whole device: all its ports."""
    names = chargers.select("tenant", "device", "evse", name="charger")
    whole = facts.filter(pl.col("evse") == 0).drop("evse").join(names, on=["tenant", "device"], how="inner")
    one = facts.filter(pl.col("evse") != 0).join(names, on=["tenant", "device", "evse"], how="left")
    found = pl.concat([one, whole], how="diagonal_relaxed")
    return found.with_columns(
        _LIVE, charger=pl.coalesce("name", "device"), connector=pl.col("evse").cast(pl.String)
    ).drop("name")


def of_statuses(changes: pl.DataFrame, now_s: int) -> pl.DataFrame:
    """Spans from statuses of ports: `source`, `charger`, `connector`, `at_s`, `until_s` (null: until the next one).

    Live statuses only prove what was heard: what was wrong stands in the log of outages. `up_s`, where a file says no
    status but so many seconds up between two moments, is taken as up first and down afterwards.
    """
    rows = changes.sort(*PORT, "at_s", "status").unique([*PORT, "at_s"], keep="last", maintain_order=True)
    following = pl.col("at_s").shift(-1).over(PORT)
    rows = rows.with_columns(start_s="at_s", end_s=pl.coalesce("until_s", following, pl.lit(now_s)))
    shares = rows.filter(pl.col("up_s").is_not_null())
    turn = pl.min_horizontal(pl.col("start_s") + pl.col("up_s"), pl.col("end_s"))
    kind = pl.col("status").replace_strict(STATUS_KIND, default="offline", return_dtype=pl.String)
    plain = rows.filter(pl.col("up_s").is_null()).with_columns(kind=kind).filter(pl.col("kind") != "absent")
    plain = plain.filter((pl.col("source") != "live") | (pl.col("kind") == "heard"))
    up = shares.with_columns(end_s=turn, kind=pl.lit("heard"))
    return pl.concat([_spans(part) for part in (plain, up, shares.with_columns(start_s=turn, kind=pl.lit("down")))])


def merged(rows: pl.DataFrame, key: list[str], *, within_s: int = 0) -> pl.DataFrame:
    """Spans of one key that touch, overlap or lie at most `within_s` apart become one."""
    rows = rows.sort(*key, "start_s", "end_s")
    reached = pl.col("end_s").cum_max().shift(1).over(key)
    fresh = (reached.is_null() | (pl.col("start_s") > reached + within_s)).cum_sum().over(key)
    runs = rows.with_columns(run=fresh).group_by(*key, "run", maintain_order=True)
    return runs.agg(pl.col("start_s").min(), pl.col("end_s").max()).drop("run")


def none() -> pl.DataFrame:
    return pl.DataFrame(schema=SPAN)


def _ports(messages: pl.DataFrame, chargers: pl.DataFrame) -> pl.DataFrame:
    """Ports of each device that spoke: those that the roster names, and those that messages name."""
    told = chargers.select("tenant", "device", "evse", "charger")
    spoke = messages.filter(pl.col("evse") != 0).select("tenant", "device", "evse").unique()
    both = spoke.join(told, on=["tenant", "device", "evse"], how="full", coalesce=True)
    return both.select(
        "tenant", "device", charger=pl.coalesce("charger", "device"), connector=pl.col("evse").cast(pl.String)
    )


def _until(now_s: int) -> tuple[pl.Expr, ...]:
    start, end = pl.col("began_at").dt.epoch("s"), pl.col("ended_at").dt.epoch("s")
    return start.alias("start_s"), end.fill_null(now_s).alias("end_s")


def _spans(rows: pl.DataFrame) -> pl.DataFrame:
    shaped = rows.select(pl.col(name).cast(kind) for name, kind in SPAN.items())
    return shaped.filter(pl.col("end_s") > pl.col("start_s"))
