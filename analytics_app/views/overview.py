"""How much is charged, when and where?"""

import streamlit as st

from analytics_app import charts, data, figures
from analytics_app.frame import Frame, chart, table


def page(frame: Frame) -> None:
    rows, text = frame.sessions(), frame.text
    if not rows.height:
        st.info(text("empty_period"))
        return
    _metrics(frame)
    primary, accent = frame.colours
    time = figures.over_time(rows)
    chart(
        text, text("energy_over_time"), time, name="energy-over-time",
        draw=lambda r: charts.over_time(r, day="day", value="kwh", title="kWh", colour=primary),
    )  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        _heat(frame, primary)
    with right:
        sites = figures.by(rows, "site")
        chart(
            text, text("top_sites"), sites.head(12), name="top-sites",
            draw=lambda r: charts.ranked(r, name="site", value="kwh", title="kWh", colour=accent),
        )  # fmt: skip
    table(text, text("sites"), figures.by(rows, "site"), name="sites")


def _metrics(frame: Frame) -> None:
    rows, text = frame.sessions(), frame.text
    energy = int(rows["energy_wh"].sum())
    cells = st.columns(4)
    cells[0].metric(text("sessions"), text.number(rows.height))
    cells[1].metric(text("energy"), text.kwh(energy))
    cells[2].metric(text("per_session"), text.kwh(energy // rows.height))
    cells[3].metric(text("active_chargers"), text.number(rows["charger"].n_unique()))


def _heat(frame: Frame, colour: str) -> None:
    text = frame.text
    energy = frame.of_source(data.energy_of(frame.viewer, frame.start, frame.end))
    weekdays = text("weekdays").split(",")
    if energy.height:
        chart(
            text, text("when_charged"), figures.heat(energy, weekdays), name="when-people-charge",
            draw=lambda r: charts.heat(r, weekdays=weekdays, hour=text("hour"), title="kWh", colour=colour),
        )  # fmt: skip
