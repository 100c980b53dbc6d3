"""Which chargers are used, and which are unwell?"""

import polars as pl
import streamlit as st

from analytics_app import charts, data, figures
from analytics_app.frame import Frame, chart, table


def page(frame: Frame) -> None:
    rows, text = frame.sessions(), frame.text
    health = frame.of_source(data.health_of(frame.viewer, frame.start, frame.end))
    if not rows.height and not health.height:
        st.info(text("empty_period"))
        return
    found = figures.utilisation(rows, health, frame.days or figures.whole_days(rows))
    st.caption(text("utilisation_help"))
    chart(
        text, text("utilisation"), found.select("charger", "site", "utilisation", "occupied_h").head(20),
        name="utilisation",
        draw=lambda r: charts.ranked(
            r, name="charger", value="utilisation", title=text("utilisation"), colour=frame.colours[0], share=True
        ),
    )  # fmt: skip
    table(text, text("health"), found, name="chargers", shown=_shown(frame, found))


def _shown(frame: Frame, found: pl.DataFrame) -> pl.DataFrame:
    text = frame.text
    return found.select(
        pl.col("charger").alias(text("charger")), pl.col("site").alias(text("site")),
        pl.col("sessions").alias(text("sessions")), pl.col("kwh").round(1).alias("kWh"),
        pl.col("occupied_h").round(1).alias(text("occupied_h")),
        (pl.col("utilisation") * 100).round(1).alias(text("utilisation") + " %"),
        pl.col("without_energy").alias(text("without_energy")), pl.col("faults").alias(text("faults")),
        pl.col("fault_codes").alias(text("fault_codes")), pl.col("missing").alias(text("missing")),
        pl.col("last_heard").dt.strftime("%Y-%m-%d %H:%M").alias(text("last_heard")),
    )  # fmt: skip
