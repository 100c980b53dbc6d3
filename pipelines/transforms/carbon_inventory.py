"""Lines of the greenhouse gas inventory. Pure; every line's `ug` is its `quantity` times its `factor_value`.

Scope 1: fuel burnt by a fleet's own vehicles. Scope 2: electricity of its vehicles, location- and market-based. Scope 3
category 3: A upstream of fuels, B upstream of electricity, C losses of the grid, D electricity sold to end users (GHG
Protocol: Corporate Standard, chapters 3 and 4; Scope 2 Guidance, chapter 6; Scope 3 Standard, table 5.3).
"""

import polars as pl

from .carbon_factors import chosen
from .carbon_market import WHO

LINE = (
    "tenant", "organisation", "consolidated", "source", "local_day", "site", "country", "scope", "category", "method",
    "activity", "instrument", "evidence", "energy_source", "factor", "factor_value", "factor_unit", "resolution",
    "hour", "unit", "gap",
)  # fmt: skip
_NONE, _WH = pl.lit(""), pl.lit("Wh")
_FUEL = (("fuel", "", "no_fuel_factor"), ("fuel_upstream", "3A", "no_upstream_factor"))
_UPSTREAM = (("3B", "grid_upstream", "no_upstream_factor"), ("3C", "grid_losses", "no_losses_factor"))


def electricity(claimed: pl.LazyFrame, covered: pl.LazyFrame, factors: pl.DataFrame) -> pl.LazyFrame:
    """Lines of Scope 2 and of category 3 B, C and D. `covered`: the mart `carbon_market`."""
    hour = pl.when(pl.col("resolution") == "hourly").then("hour")
    rows = claimed.filter(pl.col("energy_wh") > 0)
    grid = rows.with_columns(
        category=pl.when(pl.col("scope") == "3").then(pl.lit("3D")).otherwise(_NONE),
        factor_value=pl.col("mg_per_kwh"), line_hour=hour,
        gap=pl.when(pl.col("mg_per_kwh").is_null()).then(pl.lit("no_grid_factor")).otherwise(_NONE),
    )  # fmt: skip
    location = grid.with_columns(method=pl.lit("location"), instrument=_NONE, energy_source=_NONE)
    taken = covered.group_by(WHO).agg(taken=pl.col("energy_wh").sum())
    rest = grid.join(taken, on=WHO, how="left").with_columns(
        energy_wh=pl.col("energy_wh") - pl.col("taken").fill_null(0)
    )
    average = rest.filter(pl.col("energy_wh") > 0).with_columns(
        method=pl.lit("market"), instrument=pl.lit("average"), energy_source=pl.lit("unknown")
    )
    upstream = [_upstream(rows, factors, *kind) for kind in _UPSTREAM]
    made = [_lines(location), _lines(average), _lines(_instruments(covered)), *map(_lines, upstream)]
    return pl.concat(made)


def _instruments(covered: pl.LazyFrame) -> pl.LazyFrame:
    return covered.with_columns(
        category=pl.when(pl.col("scope") == "3").then(pl.lit("3D")).otherwise(_NONE),
        method=pl.lit("market"), evidence=pl.col("instrument"), factor="instrument", factor_value=pl.col("mg_per_kwh"),
        resolution=pl.lit("yearly"), line_hour=pl.lit(None, pl.Datetime("ms", "UTC")), gap=_NONE,
    ).with_columns(instrument=pl.col("kind"))  # fmt: skip


def _upstream(rows: pl.LazyFrame, factors: pl.DataFrame, category: str, kind: str, gap: str) -> pl.LazyFrame:
    """Category 3 B or C of own electricity. What a life-cycle factor holds already is named, not counted again."""
    own = rows.filter(pl.col("scope") == "2").with_columns(activity=pl.lit("electricity"), region="country")
    days = own.select("tenant", "region", "activity", "local_day").unique().collect(engine="streaming")
    found = chosen(days, factors, kind).lazy().select(
        "tenant", "region", "local_day", u_factor="factor", u_value="value"
    )  # fmt: skip
    whole = factors.lazy().filter(pl.col("boundary_kind") == "life_cycle").select("factor").unique()
    joined = own.join(found, on=["tenant", "region", "local_day"], how="left")
    joined = joined.join(whole.with_columns(whole=pl.lit(True)), on="factor", how="left")
    held = pl.col("whole").fill_null(False) & (category == "3B")
    known = pl.col("u_value").is_not_null() & ~held
    return joined.with_columns(
        scope=pl.lit("3"), category=pl.lit(category), method=pl.lit("both"), instrument=_NONE, energy_source=_NONE,
        factor=pl.when(known).then("u_factor"), factor_value=pl.when(known).then("u_value"),
        resolution=pl.lit("yearly"), line_hour=pl.lit(None, pl.Datetime("ms", "UTC")),
        gap=pl.when(held).then(pl.lit("included_in_scope_2")).when(known).then(_NONE).otherwise(pl.lit(gap)),
    )  # fmt: skip


def _lines(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of one kind summed to lines."""
    shaped = rows.with_columns(
        activity=pl.lit("electricity"), unit=_WH, factor_unit=pl.lit("mg/kWh"), hour=pl.col("line_hour"),
        evidence=pl.col("evidence") if "evidence" in rows.collect_schema() else _NONE,
    )  # fmt: skip
    found = shaped.group_by(LINE).agg(quantity=pl.col("energy_wh").sum(), sessions=pl.col("session").n_unique())
    return found.with_columns(
        energy_wh=pl.col("quantity"), ug=pl.col("quantity") * pl.col("factor_value"),
        period=pl.col("local_day").dt.strftime("%Y-%m"), sessions=pl.col("sessions").cast(pl.Int64),
    )  # fmt: skip


def fuel(entries: pl.DataFrame, kinds: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """Lines of Scope 1 and of category 3 A. An entry's millilitres lie evenly on the days of its period, to the ml."""
    days = _by_day(entries).join(kinds.select("tenant", "kind"), on="tenant", how="left")
    whole = (pl.col("kind") == "fleet").fill_null(False) | (pl.col("organisation") == "")
    rows = days.with_columns(activity=pl.col("fuel"), region="country", consolidated=whole)
    energy = chosen(rows, factors, "fuel_energy").select("tenant", "region", "activity", "local_day", per_l="value")
    rows = rows.join(energy, on=["tenant", "region", "activity", "local_day"], how="left")
    return pl.concat([_fuel_lines(rows, factors, *kind) for kind in _FUEL])


def _by_day(entries: pl.DataFrame) -> pl.DataFrame:
    """Whole ml per entry and day; the share up to a day is rounded down, the last day takes what is left."""
    length = (pl.col("end_day") - pl.col("first_day")).dt.total_days()
    rows = entries.with_columns(days=length, at=pl.int_ranges(0, length)).explode("at")
    ml = pl.col("volume_ml")
    share = ml * (pl.col("at") + 1) // pl.col("days") - ml * pl.col("at") // pl.col("days")
    return rows.with_columns(local_day=pl.col("first_day") + pl.duration(days="at"), quantity=share)


def _fuel_lines(rows: pl.DataFrame, factors: pl.DataFrame, kind: str, category: str, gap: str) -> pl.DataFrame:
    found = chosen(rows, factors, kind).select("tenant", "region", "activity", "local_day", "factor", "value")
    joined = rows.join(found, on=["tenant", "region", "activity", "local_day"], how="left").with_columns(
        source=pl.lit("fuel"), site=_NONE, scope=pl.lit("3" if category else "1"), category=pl.lit(category),
        method=pl.lit("both"), instrument=_NONE, energy_source=_NONE, factor_value=pl.col("value"),
        factor_unit=pl.lit("mg/l"), resolution=pl.lit("yearly"), hour=pl.lit(None, pl.Datetime("ms", "UTC")),
        unit=pl.lit("ml"),
        gap=pl.when(pl.col("value").is_null()).then(pl.lit(gap)).otherwise(_NONE),
    )  # fmt: skip
    lines = joined.group_by(*LINE, "per_l").agg(pl.col("quantity").sum())
    return lines.with_columns(
        energy_wh=_half_even(pl.col("quantity") * pl.col("per_l"), 1000),
        ug=pl.col("quantity") * pl.col("factor_value"),
        period=pl.col("local_day").dt.strftime("%Y-%m"), sessions=pl.lit(0, pl.Int64),
    ).drop("per_l")  # fmt: skip


def _half_even(total: pl.Expr, parts: int) -> pl.Expr:
    floor, rest = total // parts, total % parts * 2
    return floor + ((rest > parts) | ((rest == parts) & (floor % 2 == 1))).cast(pl.Int64)
