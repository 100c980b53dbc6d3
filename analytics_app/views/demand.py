"""What will be charged in the next hours, and how far can that be trusted?"""

import polars as pl
import streamlit as st

from analytics_app import outlook
from analytics_app.charts import demand as charts
from analytics_app.frame import Frame, chart, table

HORIZONS = (1, 6, 24)
METHODS = {
    "last value": "m_last", "same hour yesterday": "m_yesterday", "same hour last week": "m_week",
    "ridge and gradient boosting": "m_both", "ridge on lags and seasons": "m_ridge",
    "ridge, boosting and the best naive": "m_blend",
}  # fmt: skip
NAIVE = tuple(METHODS)[:3]


def page(frame: Frame) -> None:
    text = frame.text
    if not outlook.may_see(frame.viewer):
        st.info(text("whole_tenant_only"))
        return
    cards = outlook.cards_of(frame.viewer)
    sources = [name for name in cards["source"].unique().sort() if frame.source in (None, name)]
    if not sources:
        st.info(text("demand_none"))
        return
    source, level, horizon = _asked(frame, sources)
    mine = cards.filter((pl.col("source") == source) & (pl.col("level") == level) & (pl.col("horizon_h") == horizon))
    network = _network(frame, mine)
    mine = mine.filter(pl.col("network") == network)
    if not mine.height or mine["state"].item(0) != "forecast":
        st.info(text("too_little_history"))
        return
    _winner(frame, mine)
    _hours(frame, {"source": source, "network": network, "level": level}, horizon)
    _contest(frame, mine)


def _network(frame: Frame, cards: pl.DataFrame) -> str:
    """Places on one clock; asked for only where there are several. The newest facts come first."""
    known = cards.sort("until", descending=True, nulls_last=True)["network"].unique(maintain_order=True).to_list()
    if len(known) < 2:
        return str(known[0]) if known else ""
    return str(st.selectbox(frame.text("clock_of"), known, key="demand_network"))


def _asked(frame: Frame, sources: list[str]) -> tuple[str, str, int]:
    text = frame.text
    left, middle, right = st.columns(3)
    source = left.segmented_control(
        text("facts_of"), sources, format_func=lambda s: text(f"s_{s}"), default=sources[0], key="demand_source"
    )
    level = middle.segmented_control(
        text("demand_level"), ("area", "charger"), format_func=lambda one: text(f"level_{one}"), default="area",
        key="demand_level",
    )  # fmt: skip
    horizon = right.segmented_control(
        text("ahead"), HORIZONS, format_func=lambda h: text("hours_ahead", n=text.number(h)), default=24,
        key="demand_horizon",
    )  # fmt: skip
    return source or sources[0], level or "area", horizon or 24


def _winner(frame: Frame, cards: pl.DataFrame) -> None:
    """Who ships, in a sentence; a naive one is called so."""
    text = frame.text
    row = cards.filter(pl.col("shipped")).row(0, named=True)
    name = text(METHODS[row["method"]])
    st.success(
        text("ships_naive" if row["method"] in NAIVE else "ships_learned", name=name), icon=":material/verified:"
    )
    cells = st.columns(3)
    cells[0].metric(text("mean_error"), text.kwh(round(row["mae_wh"])))
    cells[1].metric(text("interval_holds"), f"{text.number(round(row['coverage'] * 100))} %")
    cells[2].metric(text("known_until"), f"{row['until']:%Y-%m-%d %H:%M} UTC")


def _hours(frame: Frame, whose: dict[str, str], horizon: int) -> None:
    text, level = frame.text, whose["level"]
    units = outlook.units_of(frame.viewer, **whose)
    unit = st.selectbox(
        text(f"level_{level}"), list(units), format_func=lambda one: units.get(one, one), key=f"demand_unit_{level}"
    )
    rows = outlook.forecast_of(frame.viewer, **whose, horizon_h=horizon, unit=unit)
    names = {"actual_wh": "actual", "forecast_wh": "forecast", "low_wh": "low", "high_wh": "high"}
    shown = rows.select("local", *((pl.col(wh) / 1000).alias(name) for wh, name in names.items()))
    words = {name: text(f"s_{name}") for name in ("actual", "forecast")}
    chart(
        text, text("demand_chart"), shown, name="demand-forecast",
        draw=lambda r: charts.forecast(r, words=words, colours=frame.colours),
    )  # fmt: skip
    st.caption(text("demand_help"))
    coming = rows.filter(pl.col("actual_wh").is_null()).select("local", *names, "method").drop("actual_wh")
    kept = coming.with_columns(method=pl.col("method").replace({name: text(key) for name, key in METHODS.items()}))
    table(text, text("hours_to_come"), coming, name="demand-to-come", shown=kept)


def _contest(frame: Frame, cards: pl.DataFrame) -> None:
    text = frame.text
    rows = cards.select("method", "rmse_wh", "mae_wh", "coverage", "validation_rmse_wh", "shipped", "judged",
                        hours_known="hours")  # fmt: skip
    words = {name: text(key) for name, key in METHODS.items()}
    shown = rows.with_columns(
        method=pl.col("method").replace(words), coverage=(pl.col("coverage") * 100).round(0).cast(pl.Int64)
    )
    table(text, text("contest_title"), rows, name="demand-contest", shown=shown)
    st.caption(text("contest_help"))
