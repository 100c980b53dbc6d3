"""Which prices are suggested, why, and would they have paid?"""

from decimal import Decimal
from typing import Any

import polars as pl
import streamlit as st

from analytics_app import outlook
from analytics_app.frame import Frame, table
from analytics_app.text import Text

MICRO = 1_000_000


def page(frame: Frame) -> None:
    text = frame.text
    if not outlook.may_see(frame.viewer):
        st.info(text("whole_tenant_only"))
        return
    rows = outlook.advice_of(frame.viewer)
    if not rows.height:
        st.info(text("advice_none"))
        return
    known = rows.filter(pl.col("reserve_micro").is_not_null()).height
    cells = st.columns(3)
    cells[0].metric(text("prices_looked_at"), text.number(rows.height))
    cells[1].metric(
        text("prices_to_change"), text.number(rows.filter(pl.col("price_micro") != pl.col("current_micro")).height)
    )
    cells[2].metric(text("with_estimate"), text.number(known))
    if known < rows.height:
        st.info(text("no_estimate_help", n=text.number(rows.height - known)))
    _advice(text, rows)
    _tests(text, rows)
    with st.expander(text("rule_title")):
        st.write(text("rule_text"))


def _advice(text: Text, rows: pl.DataFrame) -> None:
    shown = pl.DataFrame([_shown(text, row) for row in rows.to_dicts()])
    table(text, text("advice_title"), _flat(rows), name="prices", shown=shown)
    st.caption(text("advice_help"))


def _flat(rows: pl.DataFrame) -> pl.DataFrame:
    """For the CSV: a list is words with blanks between."""
    return rows.with_columns(pl.col("reasons").list.join(" "))


def _shown(text: Text, row: dict[str, Any]) -> dict[str, str]:
    amounts = ("current", "price", "floor", "reserve", "auction", "walk_up")
    prices = {f"{name}_price": _price(text, row[f"{name}_micro"]) for name in amounts}
    unit = f"{row['currency']} / {'kWh' if row['kind'] == 'kwh' else 'h'}"
    reasons = " ".join(text(f"why_{code}") for code in row["reasons"])
    return {"charger": row["charger"], "site": row["site"], "unit": unit, **prices, "why": reasons}


def _price(text: Text, micro: int | None) -> str:
    if micro is None:
        return text("no_estimate")
    value = Decimal(micro) / MICRO
    return text.number(value, max(2, min(4, -int(value.normalize().as_tuple().exponent))))


def _tests(text: Text, rows: pl.DataFrame) -> None:
    st.subheader(text("backtest_title"))
    tested = rows.filter(pl.col("simulation") == "done")
    if not tested.height:
        st.info(text("backtest_none"))
        return
    table(
        text,
        "",
        _flat(tested),
        name="price-backtest",
        shown=pl.DataFrame([_tested(text, r) for r in tested.to_dicts()]),
    )
    st.caption(text("backtest_help"))


def _tested(text: Text, row: dict[str, Any]) -> dict[str, str]:
    logged = row["log"] == "done"
    return {
        "charger": row["charger"], "fixed_day": _price(text, row["fixed_day_micro"]),
        "rule_day": _price(text, row["rule_day_micro"]), "gain": _range(text, row, "gain"),
        "log_day": _price(text, row["log_day_micro"]) if logged else text("no_overlap"),
        "log_range": _range(text, row, "log") if logged else "–",
        "effective_days": f"{_one_place(text, row['effective_days'])} / {text.number(row['days'])}",
    }  # fmt: skip


def _one_place(text: Text, value: float | None) -> str:
    return text.number(Decimal(str(round(value or 0.0, 1))), 1)


def _range(text: Text, row: dict[str, Any], what: str) -> str:
    low, high = (Decimal(row[f"{what}_{end}_micro"]) / MICRO for end in ("low", "high"))
    return f"{text.number(low, 2)} … {text.number(high, 2)}"
