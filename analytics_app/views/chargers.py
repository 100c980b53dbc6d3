"""Which chargers are used, and which are unwell?"""

import polars as pl
import streamlit as st

from analytics_app import charts, data, figures
from analytics_app.frame import Frame, chart, table


def page(frame: Frame) -> None:
    text, used = frame.text, frame.sums("charger", "site")
    health = data.health_of(frame.viewer, **frame.asked)
    if not used.height and not health.height:
        st.info(text("empty_period"))
        return
    found = figures.utilisation(used, health, frame.days)
    st.caption(text("utilisation_help"))
    chart(
        text, text("utilisation"), found.select("charger", "site", "utilisation", "occupied_h").head(20),
        name="utilisation",
        draw=lambda r: charts.ranked(
            r, name="charger", value="utilisation", title=text("utilisation"), colour=frame.colours[0], share=True
        ),
    )  # fmt: skip
    table(text, text("health"), found, name="chargers", shown=_shown(found))


def _shown(found: pl.DataFrame) -> pl.DataFrame:
    return found.with_columns(utilisation=pl.col("utilisation") * 100)
