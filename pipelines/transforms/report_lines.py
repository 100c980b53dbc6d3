"""From lines of the inventory to lines of a report: emissions, energy by source, what was avoided. Pure, exact."""

import polars as pl

_KEYS = (
    "kind", "period", "site", "scope", "category", "method", "activity", "energy_source", "instrument", "unit",
    "factor", "factor_unit", "resolution", "hour", "evidence", "factor_value",
)  # fmt: skip
RENEWABLE_FUELS = ("hvo", "biodiesel", "ethanol")


def lines(inventory: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Lines of all kinds, summed by month, in a fixed order.

    `inventory`: rows of that mart of one reporter. `sessions`: its rows of the mart `carbon`, for what was avoided.
    """
    parts = [_emissions(inventory), _energy(inventory), *_avoided(sessions)]
    rows = pl.concat([part.select(*_KEYS, "quantity", "ug") for part in parts])
    found = rows.group_by(_KEYS).agg(pl.col("quantity").sum(), pl.col("ug").sum())
    return found.sort(_KEYS, nulls_last=True)


def gaps(inventory: pl.DataFrame) -> pl.DataFrame:
    """What has no factor: `gap`, `category`, `activity`, sessions, Wh; location and market lines counted once."""
    rows = inventory.filter((pl.col("gap") != "") & (pl.col("method") != "market"))
    return (
        rows.group_by("gap", "category", "activity")
        .agg(pl.col("sessions").sum(), pl.col("energy_wh").sum())
        .sort("gap", "category", "activity")
    )


def without_energy(inventory: pl.DataFrame) -> list[str]:
    """Fuels whose energy content nobody stated: they are missing from the lines of energy."""
    rows = inventory.filter((pl.col("scope") == "1") & pl.col("energy_wh").is_null())
    return rows["activity"].unique().sort().to_list()


def _emissions(inventory: pl.DataFrame) -> pl.DataFrame:
    hour = pl.col("hour").dt.strftime("%Y-%m-%dT%H:%MZ").fill_null("")
    rows = inventory.filter(pl.col("ug").is_not_null())
    return rows.with_columns(pl.lit("emission").alias("kind"), hour=hour, energy_source=pl.lit(""))


def _energy(inventory: pl.DataFrame) -> pl.DataFrame:
    """Energy of own operations (ESRS E1-5): Scope 1 fuels and Scope 2 electricity, each Wh once.

    Electricity counts as renewable only where an instrument says so (ESRS E1, AR 32 (j)).
    """
    power = inventory.filter((pl.col("scope") == "2") & (pl.col("method") == "market"))
    fuel = inventory.filter((pl.col("scope") == "1") & pl.col("energy_wh").is_not_null())
    source = pl.col("activity").is_in(RENEWABLE_FUELS)
    kinds = (
        power.with_columns(category=pl.lit(""), energy_source=_known(pl.col("energy_source"))),
        fuel.with_columns(
            category=pl.lit("fuel"), energy_source=pl.when(source).then(pl.lit("renewable")).otherwise(pl.lit("fossil"))
        ),
    )
    rows = pl.concat(kinds)
    none = {name: pl.lit("") for name in ("scope", "method", "factor", "factor_unit", "resolution", "hour")}
    return rows.with_columns(
        **none, kind=pl.lit("energy"), quantity=pl.col("energy_wh"), unit=pl.lit("Wh"),
        factor_value=pl.lit(None, pl.Int64), ug=pl.lit(None, pl.Int64),
    )  # fmt: skip


def _known(source: pl.Expr) -> pl.Expr:
    return pl.when(source.is_in(["fossil", "nuclear", "renewable"])).then(source).otherwise(pl.lit("unknown"))


def _avoided(sessions: pl.DataFrame) -> list[pl.DataFrame]:
    """The baseline of the vehicles replaced, and less it the emissions of their electricity: two lines."""
    rows = sessions.filter(pl.col("avoided_ug").is_not_null()).with_columns(
        kind=pl.lit("avoided"), period=pl.col("local_day").dt.strftime("%Y-%m"), site=pl.col("site").fill_null(""),
        activity=pl.lit("electricity"), unit=pl.lit("Wh"), quantity=pl.col("energy_wh"), resolution=pl.lit(""),
        **{name: pl.lit("") for name in ("scope", "category", "energy_source", "instrument", "hour", "evidence")},
    )  # fmt: skip
    baseline = rows.with_columns(
        method=pl.lit("baseline"), factor=pl.col("baseline_factor"), factor_unit=pl.lit("mg/kWh"),
        factor_value=pl.col("baseline_mg_per_kwh"), ug=pl.col("baseline_ug"),
    )  # fmt: skip
    emitted = rows.with_columns(
        method=pl.lit("less location"), factor=pl.lit(""), factor_unit=pl.lit(""), quantity=pl.lit(0, pl.Int64),
        factor_value=pl.lit(None, pl.Int64), ug=-pl.col("co2e_location_ug"),
    )  # fmt: skip
    return [baseline, emitted]
