"""How much is charged, when and where?"""

import streamlit as st

from analytics_app import charts, data, figures
from analytics_app.frame import Frame, chart, drill, table


def page(frame: Frame) -> None:
    text, sites = frame.text, frame.sums("site")
    if not sites.height:
        st.info(text("empty_period"))
        return
    _metrics(frame)
    primary, accent = frame.colours
    over_time = figures.over_time(frame.sums(frame.grain), frame.grain)
    chart(
        text, text("energy_over_time"), over_time, name="energy-over-time",
        draw=lambda r: charts.over_time(r, day="day", value="kwh", title="kWh", colour=primary),
    )  # fmt: skip
    left, right = st.columns(2, gap="large")
    ranked = figures.ranked(sites, "site")
    with left:
        _heat(frame, primary)
    with right:
        chart(
            text, text("top_sites"), ranked.head(12), name="top-sites",
            draw=lambda r: charts.ranked(r, name="site", value="kwh", title="kWh", colour=accent),
        )  # fmt: skip
    table(text, text("sites"), ranked, name="sites")
    drill(frame)


def _metrics(frame: Frame) -> None:
    text, now = frame.text, frame.sums().row(0, named=True)
    was = data.sums_of(frame.viewer, **frame.before).row(0, named=True) if frame.before else {}
    energy, count = int(now["energy_wh"]), int(now["sessions"])
    shown = {
        "sessions": (text.number(count), figures.change(count, was.get("sessions", 0))),
        "energy": (text.kwh(energy), figures.change(energy, was.get("energy_wh", 0))),
        "per_session": (text.kwh(energy // count), None),
        "active_chargers": (text.number(now["chargers"]), figures.change(now["chargers"], was.get("chargers", 0))),
    }
    cells = st.columns(4)
    for cell, (key, (value, change)) in zip(cells, shown.items(), strict=True):
        cell.metric(text(key), value, change, delta_color="off")
    if was.get("sessions"):
        st.caption(text("before"))
    if costs := frame.costs():
        st.caption(f"{text('cost')}: {costs}")


def _heat(frame: Frame, colour: str) -> None:
    text = frame.text
    hours = data.hours_of(frame.viewer, "weekday", "local_hour", **frame.asked)
    weekdays = text("weekdays").split(",")
    if hours.height:
        chart(
            text, text("when_charged"), figures.heat(hours, weekdays), name="when-people-charge",
            draw=lambda r: charts.heat(r, weekdays=weekdays, hour=text("hour"), title="kWh", colour=colour),
        )  # fmt: skip
