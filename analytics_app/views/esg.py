"""What does the charging emit, against which petrol, and how is that known?"""

import polars as pl
import streamlit as st

from analytics_app import charts, data, figures
from analytics_app.frame import SHOWN, Frame, chart, export, table, worded


def page(frame: Frame) -> None:
    text = frame.text
    st.link_button(text("reports_link"), "/reports/", icon=":material/description:")
    rows = figures.scoped(frame.carbon(), frame.brand["kind"], frame.viewer.organisations)
    if not rows.height:
        st.info(text("empty_period"))
        return
    _metrics(frame, rows)
    _notes(frame, rows)
    by_month = figures.emissions(rows.with_columns(month=pl.col("local_day").dt.strftime("%Y-%m")), "month")
    long = by_month.select(
        "month", pl.col("location_kg").alias(text("location_based")), pl.col("avoided_kg").alias(text("avoided"))
    ).unpivot(index="month", variable_name="figure", value_name="kg")
    chart(
        text, text("emissions"), long, name="emissions-by-month",
        draw=lambda r: charts.grouped(
            r, month="month", value="kg", series="figure", title="kg", colours=list(reversed(frame.colours))
        ),
    )  # fmt: skip
    scopes = figures.emissions(rows, "scope")
    table(text, text("by_scope"), scopes, name="scopes", shown=_scopes(frame, scopes))
    table(text, text("sites"), figures.emissions(rows, "site"), name="emissions-by-site")
    _drill(frame, rows)
    _method(frame, rows)


def _metrics(frame: Frame, rows: pl.DataFrame) -> None:
    text = frame.text
    before = rows.clear()
    if frame.start is not None:
        start, end = figures.period_before(frame.start, frame.end)
        before = frame.of_source(data.carbon_of(frame.viewer, start, end))
    names = {"co2e_location_ug": "location_based", "co2e_market_ug": "market_based", "avoided_ug": "avoided"}
    cells = st.columns(4)
    energy, was = int(rows["energy_wh"].sum()), int(before["energy_wh"].sum())
    cells[0].metric(text("energy"), text.kwh(energy), figures.change(energy, was), delta_color="off")
    for cell, (column, key) in zip(cells[1:], names.items(), strict=True):
        now, was = int(rows[column].sum()), int(before[column].sum())
        cell.metric(text(key), text.kg(now), figures.change(now, was), delta_color="off")
    if before.height:
        st.caption(text("before"))


def _notes(frame: Frame, rows: pl.DataFrame) -> None:
    text = frame.text
    if without := rows["location_mg_per_kwh"].null_count():
        st.warning(text("no_factor", n=text.number(without)))
    if assumed := rows.filter(pl.col("country_from") == "tenant").height:
        st.caption(text("assumed_country", n=text.number(assumed)))


def _scopes(frame: Frame, scopes: pl.DataFrame) -> pl.DataFrame:
    names = {"2": frame.text("scope_2"), "3.3": frame.text("scope_3_3")}
    return scopes.with_columns(pl.col("scope").replace_strict(names))


def _drill(frame: Frame, rows: pl.DataFrame) -> None:
    text = frame.text
    with st.expander(text("drill")):
        newest = rows.sort("ended_at", descending=True)
        st.caption(text("first_rows", n=text.number(min(SHOWN, rows.height)), all=text.number(rows.height)))
        columns = ("session", "site", "local_day", "energy_wh", "location_factor", "co2e_location_ug", "avoided_ug")
        st.dataframe(worded(text, newest.select(columns).head(SHOWN)), width="stretch", hide_index=True)
        export(text, newest.drop("driver", "month", "day"), "esg-sessions")


def _method(frame: Frame, rows: pl.DataFrame) -> None:
    text = frame.text
    st.subheader(text("method"))
    st.write(text("method_text"))
    names = pl.concat([rows["location_factor"], rows["baseline_factor"]]).drop_nulls().unique().sort()
    factors = data.factors_of(tuple(names))
    shown = factors.select("factor", "region_name", "year", "mg_per_kwh", "gas_basis", "boundary", "source", "licence")
    table(text, text("factors"), factors, name="factors", shown=shown)
