"""Where do the figures come from, how fresh are they, and what was kept out?"""

import polars as pl
import streamlit as st

from analytics_app import data
from analytics_app.frame import Frame, table


def page(frame: Frame) -> None:
    text = frame.text
    states = pl.DataFrame(
        data.states(), schema={"mart": pl.String, "version": pl.Int64, "published_at": pl.Datetime("ms", "UTC")}
    )
    shown = states.select(
        pl.col("mart").alias(text("mart")), pl.col("version").alias(text("version")),
        pl.col("published_at").dt.strftime("%Y-%m-%d %H:%M:%S").alias(text("published")),
    )  # fmt: skip
    table(text, text("freshness"), states, name="tables", shown=shown)
    _origins(frame)
    _set_aside(frame)


def _origins(frame: Frame) -> None:
    text = frame.text
    rows = data.sessions_of(frame.viewer).group_by("source").agg(
        sessions=pl.len(), kwh=pl.col("energy_wh").sum() / 1000,
        first=pl.col("local_day").min(), last=pl.col("local_day").max(),
    ).sort("source")  # fmt: skip
    shown = rows.select(
        pl.col("source").replace_strict({"live": text("s_live"), "imported": text("s_imported")}).alias(text("origin")),
        pl.col("sessions").alias(text("sessions")), pl.col("kwh").round(1).alias("kWh"),
        pl.col("first").alias(text("first_day")), pl.col("last").alias(text("last_day")),
    )  # fmt: skip
    table(text, text("where_from"), rows, name="origins", shown=shown)


def _set_aside(frame: Frame) -> None:
    text = frame.text
    rows = data.set_aside_of(frame.viewer)
    if not rows.height:
        st.subheader(text("set_aside"))
        st.success(text("nothing_set_aside"))
    else:
        shown = rows.select(
            pl.col("day").alias(text("day")), pl.col("origin").alias(text("origin")),
            pl.col("reason").alias(text("reason")), pl.col("rows").alias(text("rows")),
            pl.col("examples").alias(text("examples")),
        )  # fmt: skip
        table(text, text("set_aside"), rows, name="set-aside", shown=shown)
    st.caption(text("import_note"))
