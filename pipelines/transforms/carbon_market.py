"""Instruments to consumption, for the market-based method (GHG Protocol Scope 2 Guidance, table 6.3). Pure, whole Wh.

The order is fixed: kinds by the hierarchy of the Guidance, of one kind the instrument that begins first; each takes the
consumption of its period, market and site by month, then site, then hour. No Wh is covered twice, and no instrument
covers more than its volume.
"""

from typing import Any

import polars as pl

HIERARCHY = {"certificate": 1, "contract": 2, "supplier": 3, "residual": 4}
WHO = ("tenant", "organisation", "scope", "session", "hour")
_OF_HOUR = (
    "tenant", "session", "source", "site", "country", "local_day", "hour", "energy_wh", "factor", "mg_per_kwh",
    "resolution",
)  # fmt: skip


def claims(hours: pl.LazyFrame, kinds: pl.LazyFrame) -> pl.LazyFrame:
    """Who reports each hour of a session, in which scope column: at most one reporter per column.

    Scope 2 is that of the fleet whose vehicle charged (it controls the vehicle), or of a tenant that is a fleet.
    Scope 3 (category 3 D) is that of a tenant that sells charging: it is the merchant, the host of a site is not.
    """
    rows = hours.join(kinds.select("tenant", "kind"), on="tenant", how="left")
    fleet, whose = (pl.col("kind") == "fleet").fill_null(False), pl.col("fleet_organisation")
    own = rows.filter(fleet | whose.is_not_null()).select(
        *_OF_HOUR, organisation=whose.fill_null(""), consolidated=fleet, scope=pl.lit("2")
    )
    sold = rows.filter(~fleet).select(*_OF_HOUR, organisation=pl.lit(""), consolidated=pl.lit(True), scope=pl.lit("3"))
    return pl.concat([own, sold])


def allocate(claimed: pl.DataFrame, instruments: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `carbon_market`, from claims and the instruments that count.

    `sites` of an instrument: ids of those that its `site`, a name that somebody wrote, stands for; else it is one.
    """
    order = pl.col("kind").replace_strict(HIERARCHY, return_dtype=pl.Int8)
    rows = claimed.sort(
        "tenant", pl.col("local_day").dt.strftime("%Y-%m"), "site", "hour", "session", "organisation", "scope",
        nulls_last=True,
    ).with_row_index("at").with_columns(left=pl.col("energy_wh"))  # fmt: skip
    found: list[pl.DataFrame] = []
    for one in instruments.sort("tenant", order, "valid_from", "instrument").iter_rows(named=True):
        got = _covered(rows.filter(_fits(one)), one)
        found.append(got)
        rows = rows.join(got.select("at", "take"), on="at", how="left", maintain_order="left")
        rows = rows.with_columns(left=pl.col("left") - pl.col("take").fill_null(0)).drop("take")
    return pl.concat(found) if found else _covered(rows.clear(), NOTHING)


NOTHING: dict[str, Any] = {"volume_wh": 0, "instrument": "", "kind": "", "energy_source": "", "mg_per_kwh": 0}


def coverage(instruments: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `carbon_instruments`: used and left of each, also of those that do not count."""
    used = covered.group_by("tenant", "instrument").agg(used_wh=pl.col("energy_wh").sum())
    rows = instruments.join(used, on=["tenant", "instrument"], how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("used_wh").fill_null(0), regions=pl.col("regions").list.join(", "))
    return rows.with_columns(left_wh=pl.col("volume_wh") - pl.col("used_wh"))


def _fits(one: dict[str, Any]) -> pl.Expr:
    """Own consumption that is not covered yet, in the instrument's period, market and (where it names one) site."""
    mine = pl.col("organisation") == one["organisation"]
    if one["organisation"] == "":
        mine = mine | pl.col("consolidated")
    in_time = (pl.col("local_day") >= one["valid_from"]) & (pl.col("local_day") < one["valid_to"])
    there = pl.col("country").is_in(one["regions"] or []).fill_null(False)
    fits: pl.Expr = (pl.col("tenant") == one["tenant"]) & mine & in_time & there & (pl.col("left") > 0)
    if one["site"]:
        fits = fits & pl.col("site").is_in(one.get("sites") or [one["site"]])
    return fits


def _covered(rows: pl.DataFrame, one: dict[str, Any]) -> pl.DataFrame:
    """What the instrument covers of these rows, in their order, until its volume is used up."""
    take, volume = pl.col("left"), one["volume_wh"]
    if volume is not None:
        take = pl.min_horizontal(take, (pl.lit(volume) - (take.cum_sum() - take)).clip(lower_bound=0))
    got = rows.with_columns(take=take.cast(pl.Int64)).filter(pl.col("take") > 0)
    return got.with_columns(
        instrument=pl.lit(one["instrument"], pl.String),
        kind=pl.lit(one["kind"], pl.String),
        energy_source=pl.lit(one["energy_source"], pl.String),
        energy_wh=pl.col("take"),
        location_ug=pl.col("take") * pl.col("mg_per_kwh"),
        mg_per_kwh=pl.lit(one["mg_per_kwh"], pl.Int64),
        ug=pl.col("take") * pl.lit(one["mg_per_kwh"], pl.Int64),
    )
