"""What do the fleet's vehicles and drivers use, cost and emit?"""

import polars as pl
import streamlit as st

from analytics_app import charts, data, figures
from analytics_app.frame import Frame, chart, money, table


def page(frame: Frame) -> None:
    text = frame.text
    rows = figures.of_fleet(frame.sessions(), frame.carbon())
    if not rows.height:
        st.info(text("empty_fleet"))
        return
    roster = data.roster_of(frame.viewer)
    _metrics(frame, rows)
    vehicles = figures.named(figures.fleet_by(rows, "vehicle"), "vehicle", roster, "vehicle", text("unknown"))
    chart(
        text, text("vehicles"), vehicles.head(15), name="fleet-vehicles-chart",
        draw=lambda r: charts.ranked(r, name="vehicle", value="kwh", title="kWh", colour=frame.colours[0]),
    )  # fmt: skip
    table(text, "", vehicles, name="fleet-vehicles", shown=_shown(frame, vehicles, "vehicle"))
    drivers = figures.named(figures.fleet_by(rows, "driver"), "driver", roster, "driver", text("unknown"))
    table(text, text("drivers"), drivers, name="fleet-drivers", shown=_shown(frame, drivers, "driver"))
    sites = figures.fleet_by(rows, "site")
    table(text, text("sites"), sites, name="fleet-sites", shown=_shown(frame, sites, "site"))
    months = figures.fleet_by(rows.with_columns(month=pl.col("local_day").dt.strftime("%Y-%m")), "month").sort("month")
    table(text, text("months"), months, name="fleet-months", shown=_shown(frame, months, "month"))


def _metrics(frame: Frame, rows: pl.DataFrame) -> None:
    text = frame.text
    cells = st.columns(4)
    cells[0].metric(text("sessions"), text.number(rows.height))
    cells[1].metric(text("energy"), text.kwh(int(rows["energy_wh"].sum())))
    cells[2].metric(text("cost"), frame.money(rows))
    cells[3].metric(text("location_based"), text.kg(int(rows["co2e_location_ug"].sum())))
    if missing := rows["cost_minor"].null_count():
        st.caption(text("cost_missing", n=text.number(missing)))


def _shown(frame: Frame, rows: pl.DataFrame, column: str) -> pl.DataFrame:
    text = frame.text
    costs = [
        money(text, cost, currency) if currency else "–"
        for cost, currency in rows.select("cost_minor", "currency").iter_rows()
    ]
    return rows.select(column, "sessions", "kwh", pl.Series("cost", costs, dtype=pl.String), "co2e_kg")
