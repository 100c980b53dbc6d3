"""What do the fleet's vehicles and drivers use, cost and emit?"""

from typing import Any

import polars as pl
import streamlit as st

from analytics_app import charts, data, figures
from analytics_app.frame import SHOWN, Frame, chart, money, table

# Column of the mart, heading in words, and the kind of the roster that names its ids.
PARTS = (
    ("vehicle", "vehicles", "vehicle"),
    ("driver", "drivers", "driver"),
    ("site", "sites", None),
    ("month_of", "months", None),
)


def page(frame: Frame) -> None:
    text = frame.text
    now = _sums(frame)
    if not now["sessions"]:
        st.info(text("empty_fleet"))
        st.link_button(text("to_roster"), "/fleet/", icon=":material/local_shipping:")
        return
    _metrics(frame, now)
    for column, heading, kind in PARTS:
        _part(frame, column, heading, kind)


def _sums(frame: Frame, asked: Any = None) -> dict[str, Any]:
    return data.fleet_of(frame.viewer, **(asked or frame.asked)).row(0, named=True)


def _metrics(frame: Frame, now: dict[str, Any]) -> None:
    text = frame.text
    was = _sums(frame, frame.before) if frame.before else {}
    cells = st.columns(4 if frame.viewer.sees_money else 3)
    figures_ = {
        "sessions": (text.number(now["sessions"]), "sessions"),
        "energy": (text.kwh(now["energy_wh"]), "energy_wh"),
        "location_based": (text.kg(now["co2e_location_ug"] or 0), "co2e_location_ug"),
    }
    for cell, (key, (value, column)) in zip(cells, figures_.items(), strict=False):
        cell.metric(text(key), value, figures.change(now[column] or 0, was.get(column) or 0), delta_color="off")
    if frame.viewer.sees_money:
        cells[3].metric(text("cost"), frame.money(data.fleet_of(frame.viewer, "currency", **frame.asked)))
        if now["unpriced"]:
            st.caption(text("cost_missing", n=text.number(now["unpriced"])))
    if was.get("sessions"):
        st.caption(text("before"))


def _part(frame: Frame, column: str, heading: str, kind: str | None) -> None:
    text = frame.text
    sums = data.fleet_of(frame.viewer, column, "currency", **frame.asked)
    rows = figures.fleet_by(sums, column, priced=frame.viewer.sees_money)
    if column == "month_of":
        rows = rows.with_columns(month=pl.col("month_of").dt.strftime("%Y-%m")).sort("month_of").drop("month_of")
        rows = rows.select("month", pl.exclude("month"))
    if kind:
        rows = figures.named(rows, column, data.roster_of(frame.viewer), kind, text("unknown"))
    if column == "vehicle":
        chart(
            text, text(heading), rows.head(15), name="fleet-vehicles-chart",
            draw=lambda r: charts.ranked(r, name="vehicle", value="kwh", title="kWh", colour=frame.colours[0]),
        )  # fmt: skip
    title = "" if column == "vehicle" else text(heading)
    table(text, title, rows, name=f"fleet-{heading}", shown=_shown(text, rows.head(SHOWN)))


def _shown(text: Any, rows: pl.DataFrame) -> pl.DataFrame:
    """Costs as one column of text, such as `12.40 EUR · 3 USD`."""
    prices = [name for name in rows.columns if name.startswith("cost_")]
    if not prices:
        return rows
    said = [
        " · ".join(money(text, minor, name.removeprefix("cost_")) for name, minor in row.items() if minor is not None)
        for row in rows.select(prices).iter_rows(named=True)
    ]
    return rows.drop(prices).with_columns(pl.Series("cost", [one or "–" for one in said], dtype=pl.String))
