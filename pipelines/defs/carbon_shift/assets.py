"""The table `shift_potential`: sessions of sites whose grid has a marginal series, charged three ways.

A day is reckoned again only when its sessions or its series changed: `basis` says what it was made from.
"""

from collections.abc import Iterator
from datetime import datetime

import pandera.polars as pa
import polars as pl

from pipelines.defs.checks import Rule, once, ranges
from pipelines.defs.steps import Sources, WholeStep
from pipelines.marts import sessions as sessions_mart
from pipelines.marts import shift_potential as mart
from pipelines.marts._table import collect
from pipelines.resources import series
from pipelines.resources.landing import landed
from pipelines.transforms import carbon_shift

# What a charger draws at least, where no session tells more: a household socket.
LEAST_W = 2300
# How far before and after its day the series can change what a session of that day is judged by.
_BEFORE_DAYS, _AFTER_DAYS = carbon_shift.PAST_DAYS + 4, 1


def shift_rows(sources: Sources, now: datetime) -> pl.DataFrame:
    """Kept days as they are, changed days anew; nothing for tenants without a marginal series."""
    parts = [pl.DataFrame(schema=mart.TABLE.schema)]
    for tenant in _tenants():
        for region, sessions in _places(tenant):
            parts += _of_region(tenant, region, sessions)
    return pl.concat(parts).sort(mart.TABLE.order, nulls_last=True)


def series_mark() -> str:
    """A text that changes when a marginal series was imported."""
    rows = landed("carbon").filter(pl.col("kind") == "marginal").group_by("tenant", "region").agg(
        rows=pl.len(), mg=pl.col("mg_co2e_per_kwh").sum()
    )  # fmt: skip
    return collect(rows.sort("tenant", "region")).write_csv()


def _tenants() -> list[str]:
    rows = landed("carbon").filter(pl.col("kind") == "marginal").select("tenant").unique()
    return sorted(rows.collect(engine="streaming")["tenant"].to_list())


def _places(tenant: str) -> Iterator[tuple[str, pl.LazyFrame]]:
    """Each marginal grid with the sessions of its country: `US-CA` is that of US where it is the tenant's only one."""
    known = series.known(tenant).filter(pl.col("kind") == "marginal")
    regions = known["region"].unique().sort().to_list()
    sessions = sessions_mart.TABLE.of_tenant(tenant)
    for region in regions:
        country = region.split("-", maxsplit=1)[0]
        rivals = [other for other in regions if other.split("-", maxsplit=1)[0] == country]
        if region == country or len(rivals) == 1:
            yield region, sessions.filter(pl.col("country") == country)


def _of_region(tenant: str, region: str, sessions: pl.LazyFrame) -> list[pl.DataFrame]:
    rows = _series(tenant, region)
    first, last = rows["from_utc"].min(), rows["to_utc"].max()
    within = sessions.filter((pl.col("started_at") >= first) & (pl.col("ended_at") <= last))
    days = collect(
        within.group_by("local_day").agg(
            facts=pl.format("{} {} {}", pl.len(), pl.col("energy_wh").sum(), pl.col("duration_s").sum())
        )
    )
    told = _told(rows).select("local_day", "told")
    days = days.join(told, on="local_day").select("local_day", basis=pl.format("{} {}", "facts", "told"))
    held = collect(mart.TABLE.of_tenant(tenant).filter(pl.col("region") == region))
    kept = held.join(days, on=["local_day", "basis"], how="semi")
    due = days.join(kept, on="local_day", how="anti")
    if due.is_empty():
        return [kept]
    return [kept, _reckoned(region, within, due, rows, _power(sessions))]


def _told(rows: pl.DataFrame) -> pl.DataFrame:
    """What the series says around each day: a stay may begin days before it ends, and a plan leans on days before."""
    daily = rows.group_by(local_day=pl.col("from_utc").dt.date()).agg(n=pl.len(), mg=pl.col("mg_co2e_per_kwh").sum())
    around = daily.join(pl.DataFrame({"by": range(-_AFTER_DAYS, _BEFORE_DAYS + 1)}), how="cross")
    moved = around.with_columns(pl.col("local_day") + pl.duration(days="by"))
    return moved.group_by("local_day").agg(told=pl.format("{} {}", pl.col("n").sum(), pl.col("mg").sum()))


def _series(tenant: str, region: str) -> pl.DataFrame:
    rows = landed("carbon").filter(
        (pl.col("tenant") == tenant) & (pl.col("region") == region) & (pl.col("kind") == "marginal")
    )
    finest = rows.filter(pl.col("resolution_s") == pl.col("resolution_s").min())
    return finest.sort("from_utc").collect(engine="streaming")


def _power(sessions: pl.LazyFrame) -> pl.DataFrame:
    """Watts of each charger: the mean of its strongest session of ten minutes or more."""
    long = sessions.filter(pl.col("duration_s") >= 600)
    watts = (pl.col("energy_wh") * 3600 // pl.col("duration_s")).max()
    return collect(long.group_by("charger").agg(power_w=pl.max_horizontal(watts, pl.lit(LEAST_W))))


def _reckoned(
    region: str, sessions: pl.LazyFrame, due: pl.DataFrame, rows: pl.DataFrame, power: pl.DataFrame
) -> pl.DataFrame:
    stays = collect(sessions.filter(pl.col("local_day").is_in(due["local_day"].implode())))
    stays = stays.join(power, on="charger", how="left", nulls_equal=True, maintain_order="left").with_columns(
        pl.col("power_w").fill_null(LEAST_W), arrive_s=pl.col("started_at").dt.epoch("s"),
        depart_s=pl.col("ended_at").dt.epoch("s"),
    )  # fmt: skip
    judged = carbon_shift.shifted(stays, carbon_shift.signal_of(rows))
    return carbon_shift.by_site(judged).join(due, on="local_day").with_columns(region=pl.lit(region)).select(
        pl.col(name).cast(kind) for name, kind in mart.TABLE.schema.items()
    )  # fmt: skip


def out_of_bounds(rows: pl.DataFrame) -> pl.DataFrame:
    """Perfect foresight is the optimum: nothing emits less."""
    return rows.filter((pl.col("perfect_ug") > pl.col("none_ug")) | (pl.col("perfect_ug") > pl.col("forecast_ug")))


SHIFT_POTENTIAL = WholeStep(
    "shift_potential", mart.TABLE, shift_rows, ("sessions",),
    "What charging by marginal carbon would have saved: at once, with forecasts, with perfect foresight.",
    (
        ranges(energy_wh=pa.Column(nullable=False, checks=pa.Check.ge(0))),
        once("tenant", "region", "local_day", "site", "host_organisation", "fleet_organisation", "source"),
        Rule("bounds", out_of_bounds, "perfect foresight emits least"),
    ),
    group="carbon",
)  # fmt: skip
