"""Where and when do drivers look for a charger in vain, and where would a host earn?"""

from datetime import UTC, datetime, time

import polars as pl
import streamlit as st

from analytics_app import outlook
from analytics_app.charts import demand as charts
from analytics_app.frame import Frame, chart, table
from analytics_app.text import Text

PLUGS = {
    "IEC_62196_T1": "Type 1", "IEC_62196_T2": "Type 2", "IEC_62196_T1_COMBO": "CCS 1", "IEC_62196_T2_COMBO": "CCS 2",
    "CHADEMO": "CHAdeMO", "NACS": "NACS",
}  # fmt: skip
MICRO = 1_000_000


def page(frame: Frame) -> None:
    text = frame.text
    if not outlook.may_see(frame.viewer):
        st.info(text("whole_tenant_only"))
        return
    plug = _plug(frame)
    since = None if frame.start is None else datetime.combine(frame.start, time(), UTC)
    rows = outlook.cells_of(frame.viewer, since, plug)
    if not rows.height:
        st.info(text("searches_none"))
        return
    _sums(text, rows)
    _map(frame, rows)
    _times(frame, since, plug)
    _openings(frame)


def _plug(frame: Frame) -> str | None:
    known = outlook.connectors_of(frame.viewer)
    if not known:
        return None
    text = frame.text
    chosen = st.selectbox(
        text("plug"), [None, *known], format_func=lambda c: text("any_plug") if c is None else PLUGS.get(c, c),
        key="unmet_plug",
    )  # fmt: skip
    return chosen


def _sums(text: Text, rows: pl.DataFrame) -> None:
    searches, unmet = int(rows["searches"].sum()), int(rows["unmet"].sum())
    cells = st.columns(3)
    cells[0].metric(text("searches"), text.number(searches))
    cells[1].metric(text("unmet"), text.number(unmet))
    cells[2].metric(text("unmet_share"), f"{text.number(round(100 * unmet / searches))} %")


def _map(frame: Frame, rows: pl.DataFrame) -> None:
    text = frame.text
    shares = rows.with_columns(share=pl.col("unmet") / pl.col("searches"))
    words = {"share": text("unmet_share"), "searches": text("searches")}
    chart(
        text, text("unmet_map"), shares, name="unmet-cells",
        draw=lambda r: charts.places(r, words=words, colour=frame.colours[0]),
    )  # fmt: skip
    st.caption(text("unmet_help"))
    shown = shares.head(50).select(
        "searches", "unmet", near="place", share=(pl.col("share") * 100).round(0).cast(pl.Int64)
    )
    table(text, "", shares, name="unmet-places", shown=shown)


def _times(frame: Frame, since: datetime | None, plug: str | None) -> None:
    text = frame.text
    weekdays = text("weekdays").split(",")
    rows = outlook.hours_of(frame.viewer, since, plug)
    days = dict(enumerate(weekdays, start=1))
    named = rows.with_columns(day=pl.col("weekday").replace_strict(days, return_dtype=pl.String))
    chart(
        text, text("unmet_times"), named, name="unmet-hours",
        draw=lambda r: charts.hours(
            r, weekdays=weekdays, hour=text("hour"), title=text("unmet"), colour=frame.colours[0]
        ),
    )  # fmt: skip


def _openings(frame: Frame) -> None:
    text, rows = frame.text, outlook.openings_of(frame.viewer)
    st.subheader(text("openings"))
    if not rows.height:
        st.info(text("openings_none"))
        return
    best = rows.row(0, named=True)
    if best["month_micro"] is not None:
        amount = f"{text.number(round(best['month_micro'] / MICRO))} {best['currency']}"
        counts = {"n": text.number(best["unmet"]), "days": text.number(best["days"])}
        st.success(text("opening_says", place=best["place"], amount=amount, **counts), icon=":material/savings:")
    shown = rows.select(
        pl.col("connector").replace(PLUGS), "searches", "unmet", near="place", price=pl.col("price_micro") / MICRO,
        worth=(pl.col("month_micro") / MICRO).round(0), currency="currency",
    )  # fmt: skip
    table(text, "", rows, name="openings", shown=shown)
    st.caption(text("openings_help"))
