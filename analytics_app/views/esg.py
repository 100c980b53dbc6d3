"""What does the charging emit, by which scope and method, compared with when, and how fine is what that rests on?"""

from datetime import date, timedelta
from typing import Any

import polars as pl
import streamlit as st

from analytics_app import carbon, charts, figures
from analytics_app.frame import PAGE, Asked, Frame, chart, table

KG = 1_000_000_000
FIGURES = {"co2e_location_ug": "location_based", "co2e_market_ug": "market_based", "avoided_ug": "avoided"}
LINE = ("scope", "category", "method")
BASELINE = "vm0038-v1.0/us-level-2"
GAPS = ("no_grid_factor", "no_fuel_factor", "no_upstream_factor", "no_losses_factor", "included_in_scope_2")


def page(frame: Frame) -> None:
    text = frame.text
    links = st.columns(2)
    links[0].link_button(text("reports_link"), "/reports/", icon=":material/description:")
    links[1].link_button(text("esg_enter"), "/carbon/", icon=":material/edit_note:")
    found = carbon.sums_of(frame.viewer, **frame.asked)
    lines = carbon.inventory_of(frame.viewer, *LINE, **frame.asked)
    if not found["sessions"].item() and (lines is None or not lines.height):
        st.info(text("empty_period"))
        return
    _metrics(frame, found)
    _scopes(frame, lines)
    _renewable(frame)
    _over_time(frame)
    _sites(frame)
    _gaps(frame, found)
    _instruments(frame)
    _shift(frame)
    _drill(frame, int(found["sessions"].item()))
    _method(frame)


def year_before(asked: Asked) -> Asked | None:
    """The same days one year earlier; None where the period has no beginning."""
    if asked["start"] is None:
        return None
    return {"start": _earlier(asked["start"]), "end": _earlier(asked["end"]), "source": asked["source"]}


def _earlier(day: date) -> date:
    """The same day of the year before; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28) + timedelta(days=1)


def share(part: int, whole: int) -> str:
    """A share in whole percent; a dash of nothing."""
    return f"{part / whole:.0%}" if whole else "–"


def _metrics(frame: Frame, found: pl.DataFrame) -> None:
    text, (now,) = frame.text, found.to_dicts()
    before = _sums_or_none(frame, frame.before)
    last_year = _sums_or_none(frame, year_before(frame.asked))
    cells = st.columns(4)
    shown = {"energy_wh": ("energy", text.kwh)} | {name: (key, text.kg) for name, key in FIGURES.items()}
    for cell, (name, (key, written)) in zip(cells, shown.items(), strict=True):
        was = before[name] if before else 0
        cell.metric(text(key), written(now[name]), figures.change(now[name], was), delta_color="off")
        if last_year and last_year[name]:
            cell.caption(text("esg_year_ago", change=figures.change(now[name], last_year[name]) or ""))
    if before and before["sessions"]:
        st.caption(text("before"))
    st.caption(
        text("esg_resolution", hourly=share(now["hourly_wh"], now["energy_wh"]),
             yearly=share(now["energy_wh"] - now["hourly_wh"], now["energy_wh"]))
    )  # fmt: skip


def _sums_or_none(frame: Frame, asked: Asked | None) -> dict[str, Any] | None:
    return carbon.sums_of(frame.viewer, **asked).to_dicts()[0] if asked else None


def _scopes(frame: Frame, lines: pl.DataFrame | None) -> None:
    """Scopes 1, 2, 3 by method, against the period before and the same period of last year."""
    text = frame.text
    if lines is None:
        st.caption(text("esg_in_making"))
        found = carbon.sums_of(frame.viewer, "scope", **frame.asked)
        rows = found.select("scope", "sessions", **_kg(("co2e_location_ug", "co2e_market_ug", "avoided_ug")))
        names = {"2": text("scope_2"), "3.3": text("scope_3_3"), "outside": text("esg_outside")}
        table(text, text("by_scope"), rows, name="scopes", shown=rows.with_columns(pl.col("scope").replace(names)))
        return
    rows = _compared(frame, lines)
    lines_named = [_line_name(frame, *row) for row in rows.select(LINE).iter_rows()]
    shown = rows.select(
        pl.Series("esg_line", lines_named, dtype=pl.String),
        pl.Series("esg_method", _methods(frame, rows), dtype=pl.String),
        kwh=pl.col("energy_wh") / 1000, esg_kg=pl.col("ug") / KG, esg_kg_before=pl.col("ug_before") / KG,
        esg_kg_year=pl.col("ug_year_before") / KG,
        esg_hourly=pl.when(pl.col("energy_wh") > 0).then(pl.col("hourly_wh") / pl.col("energy_wh") * 100),
        esg_unknown_kwh=pl.col("unknown_wh") / 1000,
    )  # fmt: skip
    nothing = [name for name in ("esg_kg_before", "esg_kg_year") if shown[name].null_count() == shown.height]
    table(text, text("by_scope"), rows, name="scopes", shown=shown.drop(nothing))
    st.caption(text("esg_boundary"))


def _compared(frame: Frame, lines: pl.DataFrame) -> pl.DataFrame:
    rows = lines
    for word, asked in (("before", frame.before), ("year_before", year_before(frame.asked))):
        other = carbon.inventory_of(frame.viewer, *LINE, **asked) if asked else None
        other = rows.clear() if other is None else other
        rows = rows.join(other.select(*LINE, pl.col("ug").alias(f"ug_{word}")), on=LINE, how="left")
    return rows.sort(LINE)


def _line_name(frame: Frame, scope: str, category: str, method: str) -> str:
    return frame.text(f"esg_scope_{category or scope}")


def _methods(frame: Frame, rows: pl.DataFrame) -> list[str]:
    return [frame.text(f"esg_{method}") for method in rows["method"]]


def _kg(columns: tuple[str, ...]) -> dict[str, pl.Expr]:
    return {name.removeprefix("co2e_").replace("_ug", "_kg"): pl.col(name) / KG for name in columns}


def _renewable(frame: Frame) -> None:
    """Share of the energy that instruments say is renewable, of the market-based lines."""
    found = carbon.inventory_of(
        frame.viewer, "scope", "category", "method", "instrument", "energy_source", **frame.asked
    )
    if found is None:
        return
    text, power = frame.text, found.filter(pl.col("method") == "market")
    whole = int(power["energy_wh"].sum())
    green = int(power.filter(pl.col("energy_source") == "renewable")["energy_wh"].sum())
    if whole:
        st.metric(text("esg_renewable"), share(green, whole), help=text("esg_renewable_help"))
        rows = power.group_by("instrument", "energy_source").agg(pl.col("energy_wh", "ug").sum())
        rows = rows.sort("instrument", "energy_source")
        shown = rows.select(
            esg_instrument=pl.col("instrument").replace({name: text(f"esg_i_{name}") for name in KINDS}),
            esg_source=pl.col("energy_source").replace({name: text(f"esg_e_{name}") for name in SOURCES}),
            kwh=pl.col("energy_wh") / 1000, esg_kg=pl.col("ug") / KG,
        )  # fmt: skip
        table(text, text("esg_by_instrument"), rows, name="market-by-instrument", shown=shown)


KINDS = ("certificate", "contract", "supplier", "residual", "average")
SOURCES = ("renewable", "nuclear", "fossil", "unknown")


def _over_time(frame: Frame) -> None:
    text = frame.text
    months = carbon.sums_of(frame.viewer, "month_of", **frame.asked)
    rows = months.select(month=pl.col("month_of").dt.strftime("%Y-%m"), **_kg(tuple(FIGURES)))
    names = {"location_kg": "location_based", "market_kg": "market_based", "avoided_kg": "avoided"}
    long = rows.select("month", *(pl.col(name).alias(text(key)) for name, key in names.items()))
    colours = [*reversed(frame.colours), "#7f8c8d"]
    chart(
        text, text("emissions"), long.unpivot(index="month", variable_name="figure", value_name="kg"),
        name="emissions-by-month",
        draw=lambda r: charts.grouped(r, month="month", value="kg", series="figure", title="kg", colours=colours),
    )  # fmt: skip


def _sites(frame: Frame) -> None:
    text = frame.text
    rows = carbon.sums_of(frame.viewer, "site", **frame.asked)
    shown = rows.select(
        "site", "sessions", kwh=pl.col("energy_wh") / 1000, **_kg(tuple(FIGURES)),
        esg_hourly=pl.when(pl.col("energy_wh") > 0).then(pl.col("hourly_wh") / pl.col("energy_wh") * 100),
    )  # fmt: skip
    table(text, text("sites"), rows, name="emissions-by-site", shown=shown)


def _gaps(frame: Frame, found: pl.DataFrame) -> None:
    """What is not known, by name: it is in no sum."""
    text, (now,) = frame.text, found.to_dicts()
    if now["unknown"]:
        st.warning(text("no_factor", n=text.number(now["unknown"])))
    if now["assumed"]:
        st.caption(text("assumed_country", n=text.number(now["assumed"])))
    lines = carbon.inventory_of(frame.viewer, "gap", "scope", "category", "activity", **frame.asked)
    rows = None if lines is None else lines.filter(pl.col("gap") != "")
    if rows is not None and rows.height:
        shown = rows.select(
            esg_gap=pl.col("gap").replace({name: text(f"esg_g_{name}") for name in GAPS}),
            esg_line=pl.Series([_line_name(frame, s, c, "") for s, c in rows.select("scope", "category").iter_rows()]),
            kwh=pl.col("energy_wh") / 1000,
        )
        table(text, text("esg_gaps"), rows, name="carbon-gaps", shown=shown)


def _instruments(frame: Frame) -> None:
    rows, text = carbon.instruments_of(frame.viewer), frame.text
    if not rows.height:
        st.subheader(text("esg_instruments"))
        st.caption(text("esg_no_instruments"))
        return
    used = pl.when(pl.col("volume_wh") > 0).then(pl.col("used_wh") / pl.col("volume_wh") * 100)
    shown = rows.select(
        esg_name=pl.col("name"), esg_instrument=pl.col("kind").replace({name: text(f"esg_i_{name}") for name in KINDS}),
        esg_volume_kwh=pl.col("volume_wh") / 1000, esg_used_kwh=pl.col("used_wh") / 1000,
        esg_left_kwh=pl.col("left_wh") / 1000, esg_used=used, first=pl.col("valid_from"),
        esg_counts=pl.when("counts").then(pl.lit(text("esg_yes"))).otherwise(pl.lit(text("esg_no"))),
        esg_evidence=pl.col("evidence"),
    )  # fmt: skip
    table(text, text("esg_instruments"), rows, name="instruments", shown=shown)


def _shift(frame: Frame) -> None:
    """What charging at other hours would have saved, judged by marginal carbon: no figure of the inventory."""
    rows, text = carbon.shift_of(frame.viewer, **frame.asked), frame.text
    if rows is None or not rows.height:
        return
    ways = {"none_ug": "esg_now", "forecast_ug": "esg_forecast", "perfect_ug": "esg_perfect"}
    shown = rows.select(
        "site", "sessions", kwh=pl.col("energy_wh") / 1000, **{key: pl.col(name) / KG for name, key in ways.items()}
    )
    table(text, text("esg_shift"), rows, name="carbon-shift", shown=shown)
    st.caption(text("esg_shift_help"))


def _drill(frame: Frame, count: int) -> None:
    """Single sessions, a page at a time, and of one of them its hours."""
    text = frame.text
    if not count or not st.toggle(text("drill"), key="esg-sessions"):
        return
    last = max(1, -(-count // PAGE))
    number = st.number_input(text("page_of", n=text.number(last)), 1, last, 1, key="esg-page")
    rows = carbon.page_of(frame.viewer, offset=(number - 1) * PAGE, limit=PAGE, **frame.asked)
    columns = ("session", "site", "local_day", "energy_wh", "scope", "resolution", "location_factor",
               "co2e_location_ug", "market_basis", "co2e_market_ug", "avoided_ug")  # fmt: skip
    table(text, "", rows.drop("driver", "month", "day"), name=f"esg-sessions-{number}", shown=rows.select(columns))
    chosen = st.selectbox(text("esg_hours_of"), rows["session"].to_list(), index=None, key="esg-session")
    if chosen:
        hours = carbon.hours_of(frame.viewer, chosen)
        shown = hours.select("hour", "energy_wh", "mg_per_kwh", "resolution", "factor", co2e_location_ug="ug")
        table(text, text("esg_hours"), hours.drop("day", "month"), name="esg-hours", shown=shown)


def _method(frame: Frame) -> None:
    text = frame.text
    st.subheader(text("method"))
    st.write(text("esg_method_text"))
    lines = carbon.inventory_of(frame.viewer, "factor", **frame.asked)
    used = _of_sessions(frame) if lines is None else tuple(lines["factor"].drop_nulls().sort())
    known = carbon.factors_of(frame.viewer, (*used, BASELINE))
    shown = known.select(
        "factor", "region_name", "year", pl.col("value").alias("esg_value"), pl.col("value_unit").alias("esg_unit"),
        "resolution", "gas_basis", "boundary", "source", "licence",
    )  # fmt: skip
    table(text, text("factors"), known, name="factors", shown=shown)


def _of_sessions(frame: Frame) -> tuple[str, ...]:
    """Factors that the newest sessions name, while there is no inventory."""
    rows = carbon.page_of(frame.viewer, offset=0, limit=PAGE, **frame.asked)
    return tuple(rows["location_factor"].drop_nulls().str.split("; ").explode().drop_nulls().unique().sort())
