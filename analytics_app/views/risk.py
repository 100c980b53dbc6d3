"""Which chargers will fail soon, why, and how far can that be trusted?"""

from decimal import Decimal
from typing import Any

import polars as pl
import streamlit as st

from analytics_app import risks
from analytics_app.charts.reliability import reliability
from analytics_app.frame import Frame, chart, table
from analytics_app.text import Text

HORIZONS = (7, 30)
MODELS = {"rule": "model_rule", "logistic": "model_logistic", "logistic and boosting": "model_blend"}
# Places after the point of the number in each reason.
PLACES = {"little_use": 1, "uneven_use": 1}
MOVED = 0.25
_CARD_PLACES = {"brier": 4, "calibration_error": 4, "rows": 0, "positives": 0, "lead_time_days": 1}


def page(frame: Frame) -> None:
    text, rows = frame.text, risks.risks_of(frame.viewer, frame.source)
    if not rows.height:
        st.info(text("risk_none"))
        return
    horizon, network = _asked(text, rows)
    mine = rows.filter((pl.col("horizon_days") == horizon) & (pl.col("network") == network))
    cards = risks.cards_of(frame.viewer)
    card = cards.filter((pl.col("horizon_days") == horizon) & (pl.col("network") == network))
    _when(text, mine)
    _verdict(text, card)
    _at_risk(text, mine.filter(pl.col("state") == "asked"))
    _not_asked(text, mine.filter(pl.col("state") != "asked"))
    if card.filter(pl.col("split") == "time").height:
        _how_good(frame, card)
    st.caption(text("risk_method"))


def _asked(text: Text, rows: pl.DataFrame) -> tuple[int, str]:
    """Horizon and network; with one network there is nothing to choose."""
    left, right = st.columns(2)
    horizon = left.segmented_control(
        text("risk_within"), HORIZONS, format_func=lambda d: text("risk_days", n=text.number(d)), default=7,
        key="risk-horizon",
    )  # fmt: skip
    names = _networks(text, rows)
    if len(names) == 1:
        return horizon or 7, next(iter(names))
    chosen = right.selectbox(text("risk_network"), list(names), format_func=names.__getitem__, key="risk-network")
    return horizon or 7, chosen or next(iter(names))


def _networks(text: Text, rows: pl.DataFrame) -> dict[str, str]:
    """Live devices first, then imported networks by their end, the newest first."""
    found = rows.group_by("network", "source").agg(pl.col("as_of").max(), chargers=pl.col("charger").n_unique())
    named: dict[str, str] = {}
    for row in found.sort(pl.col("source") != "live", "as_of", descending=[False, True]).to_dicts():
        count = text.number(row["chargers"])
        key = "risk_live" if row["source"] == "live" else "risk_imported"
        named[row["network"]] = text(key, n=count, day=f"{row['as_of']:%Y-%m-%d}")
    return named


def _when(text: Text, rows: pl.DataFrame) -> None:
    first = rows.row(0, named=True)
    key = "risk_as_of" if first["source"] == "live" else "risk_ended"
    st.caption(text(key, at=f"{first['as_of']:%Y-%m-%d %H:%M}"))


def _verdict(text: Text, card: pl.DataFrame) -> None:
    """Which model is shipped, and why; nothing for who may not see the figures of the whole network."""
    if not card.height:
        return
    shipped = card.filter(pl.col("shipped")).row(0, named=True)
    if shipped["lacking"]:
        st.warning(text(f"risk_lacking_{shipped['lacking']}"))
        return
    figures = {row["model"]: row for row in risks.card(card).filter(pl.col("split") == "time").to_dicts()}
    named = {
        word: _figure(text, "average_precision", figures[model]["average_precision"]) for model, word in MODELS.items()
    }
    st.success(text("risk_shipped", model=text(MODELS[shipped["model"]]), **named))
    if shipped["state"] == "broken":
        st.warning(text("risk_broken"))
    elif shipped["state"] == "watch":
        columns = risks.moved(card).filter(pl.col("index") > MOVED)["column"].to_list()
        st.info(text("risk_watch", columns=", ".join(_column(text, name) for name in columns)))


def _at_risk(text: Text, rows: pl.DataFrame) -> None:
    if not rows.height:
        st.info(text("risk_nobody_asked"))
        return
    known = rows.filter(pl.col("probability_ppm").is_not_null())
    first, second, third = st.columns(3)
    first.metric(text("risk_asked"), text.number(rows.height))
    if known.height:
        second.metric(text("risk_expected"), text.number(Decimal(int(known["probability_ppm"].sum())).scaleb(-6), 1))
        third.metric(text("risk_highest"), _percent(text, int(known["probability_ppm"].max())))  # type: ignore[arg-type]
    worded = _reasons(text, rows)
    plain = rows.select("place", "charger", "site", "probability_ppm", "model", "data_version", "as_of").with_columns(
        reasons=worded
    )
    table(text, text("risk_title"), plain, name="risk", shown=_shown(text, rows, worded))


def _shown(text: Text, rows: pl.DataFrame, why: pl.Series) -> pl.DataFrame:
    chances = [None if ppm is None else _percent(text, ppm) for ppm in rows["probability_ppm"]]
    shown = rows.select("place", "charger", "site")
    return shown.with_columns(probability=pl.Series(chances, dtype=pl.String), why=why)


def _reasons(text: Text, rows: pl.DataFrame) -> pl.Series:
    said = ["; ".join(_reason(text, one) for one in each) or text("reason_none") for each in rows["reasons"].to_list()]
    return pl.Series("reasons", said, dtype=pl.String)


def _reason(text: Text, one: dict[str, Any]) -> str:
    value = text.number(Decimal(str(round(one["value"], 3))), PLACES.get(one["code"], 0))
    return text(f"reason_{one['code']}", value=value)


def _not_asked(text: Text, rows: pl.DataFrame) -> None:
    if not rows.height:
        return
    states = {word: text(f"risk_state_{word}") for word in ("broken", "silent", "too_new", "little_used")}
    plain = rows.select("charger", "site", "state")
    with st.expander(text("risk_not_asked", n=text.number(rows.height))):
        table(text, "", plain, name="risk_not_asked", shown=plain.with_columns(pl.col("state").replace_strict(states)))


def _how_good(frame: Frame, card: pl.DataFrame) -> None:
    text, figures = frame.text, risks.card(card)
    visits = text.number(int(card["capacity"][0]))
    table(text, text("risk_card"), figures, name="risk_card", shown=_card_shown(text, figures))
    st.caption(text("risk_card_help", n=visits))
    model = card.filter(pl.col("shipped") & (pl.col("split") != "group"))["model"][0]
    bins = risks.curve(card, model)
    if bins.height:
        chart(
            text, text("risk_reliability"), bins, name="risk_reliability",
            draw=lambda r: reliability(
                r, said=text("c_said"), came=text("c_came"), days=text("c_rows"), colours=frame.colours
            ),  # type: ignore[arg-type, return-value]
        )  # fmt: skip
    with st.expander(text("risk_drift")):
        moved = risks.moved(card)
        named = [_column(text, name) for name in moved["column"]]
        shown = moved.with_columns(
            column=pl.Series(named, dtype=pl.String), index=pl.col("index").round(2).cast(pl.String)
        )
        table(text, "", moved, name="risk_drift", shown=shown)
        st.caption(text("risk_drift_help"))


def _card_shown(text: Text, figures: pl.DataFrame) -> pl.DataFrame:
    """In words and with as many places as each figure needs."""
    models = pl.col("model").replace_strict({model: text(word) for model, word in MODELS.items()})
    splits = pl.col("split").replace_strict({"time": text("split_time"), "group": text("split_group")})
    shipped = pl.when("shipped").then(pl.lit("✓")).otherwise(pl.lit(""))
    texts = [
        pl.Series(name, [_figure(text, name, value) for value in figures[name]], dtype=pl.String)
        for name in risks.FIGURES
    ]
    return figures.with_columns(models, splits, shipped.alias("shipped"), *texts)


def _figure(text: Text, name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return text.number(Decimal(str(round(value, 6))), _CARD_PLACES.get(name, 3))


def _column(text: Text, name: str) -> str:
    return text(f"column_{name}")


def _percent(text: Text, ppm: int) -> str:
    return f"{text.number(Decimal(ppm).scaleb(-4), 1)} %"
