"""Where do the figures come from, how fresh are they, and what was kept out?"""

import polars as pl
import polars.selectors as cs
import streamlit as st

from analytics_app import data, figures
from analytics_app.frame import Frame, table


def page(frame: Frame) -> None:
    text = frame.text
    states = pl.DataFrame(
        data.states(), schema={"mart": pl.String, "version": pl.Int64, "published_at": pl.Datetime("ms", "UTC")}
    )
    made = pl.col("version").cast(pl.String), pl.col("published_at").dt.strftime("%Y-%m-%d %H:%M:%S")
    shown = states.with_columns(*made).with_columns(cs.string().fill_null("–"))
    table(text, text("freshness"), states, name="tables", shown=shown)
    _origins(frame)
    _set_aside(frame)


def _origins(frame: Frame) -> None:
    text = frame.text
    rows = figures.with_kwh(data.sums_of(frame.viewer, "source")).select(
        "source", "sessions", "kwh", first="first_day", last="last_day"
    )
    shown = rows.with_columns(pl.col("source").replace_strict({"live": text("s_live"), "imported": text("s_imported")}))
    table(text, text("where_from"), rows, name="origins", shown=shown)


def _set_aside(frame: Frame) -> None:
    text = frame.text
    rows = data.set_aside_of(frame.viewer)
    if not rows.height:
        st.subheader(text("set_aside"))
        st.success(text("nothing_set_aside"))
    else:
        table(text, text("set_aside"), rows.drop("tenant", "month"), name="set-aside")
    st.caption(text("import_note"))
