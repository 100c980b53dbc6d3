"""Do visits succeed, are ports up, and what breaks?"""

from datetime import date
from decimal import Decimal

import polars as pl
import streamlit as st

from analytics_app import charts, upkeep
from analytics_app.frame import Frame, chart, table
from analytics_app.text import Text

THRESHOLD_PCT = 97
_PORT = ("charger", "connector", "site", "source", "month")
_YEAR = (
    "uptime_pct", "strict_pct", "observed_pct", "observed_share", "t_outage_min", "t_excluded_min", "months",
    "complete",
)  # fmt: skip


def page(frame: Frame) -> None:
    _visits(frame)
    months = upkeep.uptime_of(frame.viewer, frame.source)
    if not months.height:
        st.info(frame.text("uptime_none"))
        return
    last = _month(frame.text, months)
    _uptime(frame, months, last)
    _repairs(frame, months, last)
    _outages(frame)


def _visits(frame: Frame) -> None:
    text, asked = frame.text, frame.asked
    rows = upkeep.visits_of(frame.viewer, "charger", "site", **asked)
    if not rows.height:
        st.info(text("visits_none"))
        return
    total = upkeep.success(rows.select(pl.col("visits", "got_energy", "at_once").sum())).row(0, named=True)
    first, second, third = st.columns(3)
    first.metric(text("visit_success"), _share(text, total["success"]))
    second.metric(text("first_try"), _share(text, total["first_try"]))
    third.metric(text("visits"), text.number(total["visits"]))
    st.caption(text("visits_help"))
    _funnel(frame, rows)
    shown = upkeep.success(rows).select("charger", "site", "visits", "got_energy", "success", "first_try", "attempts")
    shown = shown.sort("success", "charger")
    table(text, text("visits_by_charger"), shown, name="visits", shown=_percent(shown, "success", "first_try"))
    failed = upkeep.visits_of(frame.viewer, "cause", "reason", **asked).filter(pl.col("cause").is_not_null())
    failed = failed.select("cause", "reason", "visits").sort("visits", "cause", descending=[True, False])
    named = failed.with_columns(_cause(text))
    table(text, text("why_failed"), failed, name="failed_visits", shown=named)


def _funnel(frame: Frame, rows: pl.DataFrame) -> None:
    text, stages = frame.text, upkeep.funnel(rows)
    if not stages[0][1]:
        st.caption(text("only_energy_known"))
        return
    steps = pl.DataFrame([(text(name), count) for name, count in stages], ["stage", "visits"], orient="row")
    chart(
        text, text("visit_stages"), steps, name="visit_stages",
        draw=lambda r: charts.ranked(r, name="stage", value="visits", title=text("visits"), colour=frame.colours[0]),
    )  # fmt: skip


def _month(text: Text, months: pl.DataFrame) -> date:
    """The last month of the twelve: the newest whole one unless another is chosen."""
    known = months.select("day", "complete").unique().sort("day", descending=True)
    days: list[date] = known["day"].to_list()
    whole = next((n for n, done in enumerate(known["complete"]) if done), 0)
    return st.selectbox(text("year_to"), days, index=whole, format_func=lambda d: f"{d:%Y-%m}", key="uptime_month")


def _uptime(frame: Frame, months: pl.DataFrame, last: date) -> None:
    text, rows = frame.text, upkeep.year_to(months, last)
    above = rows.filter(pl.col("uptime_pct") > THRESHOLD_PCT).height
    left, right = st.columns(2)
    left.metric(text("ports_above"), f"{text.number(above)} / {text.number(rows.height)}")
    share = rows["observed_share"].mean()
    right.metric(text("c_observed_share"), "–" if not isinstance(share, float) else _share(text, share))
    shown = rows.select(*_PORT, *_YEAR).with_columns(above_97=pl.col("uptime_pct") > THRESHOLD_PCT)
    table(text, text("uptime_title"), shown, name="uptime", shown=_rounded(_percent(shown, "observed_share")))
    st.caption(text("uptime_help"))
    with st.expander(text("months_title")):
        table(text, "", months, name="uptime_months")


def _repairs(frame: Frame, months: pl.DataFrame, last: date) -> None:
    text = frame.text
    by = st.segmented_control(
        text("group_by"), upkeep.GROUPS, format_func=lambda g: text(f"c_{g}"), default="charger", key="repair_group"
    )
    table(text, text("repairs_title"), upkeep.repairs(months, last, by or "charger"), name="repairs")
    st.caption(text("repairs_help"))


def _outages(frame: Frame) -> None:
    text = frame.text
    rows = upkeep.outages_of(frame.viewer, start=frame.start, end=frame.end, source=frame.source)
    if not rows.height:
        st.info(text("outages_none"))
        return
    causes = upkeep.by_cause(rows)
    side = pl.col("side").replace_strict({s: text(f"side_{s}") for s in ("counts", "excluded", "offline")})
    table(text, text("outages_by_cause"), causes, name="outage_causes", shown=causes.with_columns(_cause(text), side))
    listed = rows.drop("tenant", "host_organisation", "day", "month")
    table(text, text("outages_title"), listed, name="outages", shown=listed.with_columns(_cause(text), side))


def _cause(text: Text) -> pl.Expr:
    causes = ("hardware", "grid", "vehicle", "network", "payment", "planned", "vandalism", "unknown")
    words = {cause: text(f"cause_{cause}") for cause in causes}
    return pl.col("cause").replace_strict(words, default=None, return_dtype=pl.String)


def _percent(rows: pl.DataFrame, *shares: str) -> pl.DataFrame:
    return rows.with_columns(pl.col(shares) * 100)


def _share(text: Text, share: float) -> str:
    return f"{text.number(Decimal(share * 100), 1)} %"


def _rounded(rows: pl.DataFrame) -> pl.DataFrame:
    """Percentages to the thousandth: 97 % is a limit, and rounding must not lift a port over it."""
    exact = [(pl.col(name) * 1000).floor() / 1000 for name in ("uptime_pct", "strict_pct", "observed_pct")]
    return rows.with_columns(value.cast(pl.String) for value in exact)
