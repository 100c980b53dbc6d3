"""How is the business doing: money, use, hosts and partners, and who comes and goes?"""

from typing import Any

import polars as pl
import streamlit as st

from analytics_app import charts, data, figures
from analytics_app.frame import Frame, chart, money, table

FLOWS = {
    "gross_minor": "c_gross",
    "commission_minor": "c_commission",
    "host_credit_minor": "c_host_credit",
    "payout_minor": "c_payout",
}


def page(frame: Frame) -> None:
    text, now = frame.text, frame.sums().row(0, named=True)
    if not now["sessions"]:
        st.info(text("empty_period"))
        return
    st.caption(text("performance_help"))
    _metrics(frame, now)
    _partners(frame)
    if frame.viewer.sees_money:
        _money(frame)
    for role in ("driver", "host"):
        _churn(frame, role)


def _metrics(frame: Frame, now: dict[str, Any]) -> None:
    text = frame.text
    was = data.sums_of(frame.viewer, **frame.before).row(0, named=True) if frame.before else {}
    shares = [figures.share_of_time(sums, frame.days) for sums in (now, was) if sums]
    cells = st.columns(4)
    for cell, (key, column) in zip((cells[0], cells[2]), _COUNTS.items(), strict=True):
        cell.metric(text(key), text.number(now[column]), figures.change(now[column], was.get(column) or 0),
                    delta_color="off")  # fmt: skip
    before = f"{shares[1]:.1%}" if was.get("sessions") else None
    cells[1].metric(text("utilisation"), f"{shares[0]:.1%}", before, delta_color="off", delta_arrow="off")
    if frame.viewer.sees_money:
        cells[3].metric(text("revenue"), frame.costs() or "–")


_COUNTS = {"sessions": "sessions", "active_chargers": "chargers"}


def _partners(frame: Frame) -> None:
    """One row per host organisation, the tenant's own chargers among them."""
    text, by = frame.text, "host_organisation"
    sums, priced = frame.sums(by), frame.sums(by, "currency")
    rows = figures.partners(sums, priced if frame.viewer.sees_money else priced.clear(), frame.days)
    names = data.roster_of(frame.viewer).filter(pl.col("kind") == "organisation").select("id", "name").unique("id")
    found = dict(names.iter_rows())
    label = pl.col(by).replace_strict(found, default=pl.col(by)).fill_null(text("own_chargers"))
    rows = rows.with_columns(partner=label).select("partner", pl.exclude("partner", by))
    if rows.height > 1:
        chart(
            text, text("partners"), rows.select("partner", "kwh").head(15), name="partners-chart",
            draw=lambda r: charts.ranked(r, name="partner", value="kwh", title="kWh", colour=frame.colours[0]),
        )  # fmt: skip
    shown = _priced(frame, rows).with_columns(utilisation=pl.col("utilisation") * 100)
    table(text, "" if rows.height > 1 else text("partners"), rows, name="partners", shown=shown)


def _priced(frame: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """Costs as one column of text."""
    prices = [name for name in rows.columns if name.startswith("cost_")]
    if not prices:
        return rows
    said = [
        " · ".join(money(frame.text, minor, name.removeprefix("cost_")) for name, minor in row.items() if minor)
        for row in rows.select(prices).iter_rows(named=True)
    ]
    return rows.drop(prices).with_columns(pl.Series("cost", said, dtype=pl.String))


def _money(frame: Frame) -> None:
    """What the books say, month by month: paid by drivers, kept as commission, credited and paid out to hosts."""
    text = frame.text
    rows = data.business_of(frame.viewer, "month_of", "currency", start=frame.start, end=frame.end)
    if not rows.height:
        st.subheader(text("business_months"))
        st.info(text("no_business"))
        return
    cells = st.columns(3)
    for cell, (column, key) in zip(cells, _KEPT.items(), strict=True):
        sums = rows.group_by("currency").agg(pl.col(column).sum()).sort("currency")
        cell.metric(text(key), " · ".join(money(text, minor, currency) for currency, minor in sums.iter_rows()))
    words = {column: text(key) for column, key in FLOWS.items()}
    shown = rows.select(
        "month_of", "bookings", "completed", "cancelled", "no_show",
        *(_in_words(frame, rows, column).alias(name) for column, name in words.items()),
    ).with_columns(pl.col("month_of").dt.strftime("%Y-%m"))  # fmt: skip
    table(text, text("business_months"), rows, name="business-months", shown=shown)


_KEPT = {"commission_minor": "commission", "host_credit_minor": "host_credit", "payout_minor": "payouts"}


def _in_words(frame: Frame, rows: pl.DataFrame, column: str) -> pl.Series:
    pairs = rows.select(column, "currency").iter_rows()
    return pl.Series([money(frame.text, minor, currency) for minor, currency in pairs], dtype=pl.String)


def _churn(frame: Frame, role: str) -> None:
    text = frame.text
    rows = data.churn_of(frame.viewer, frame.start, frame.end).filter(pl.col("role") == role)
    if not rows.height:
        return
    title = text(f"come_and_go_{role}s")
    counts = rows.drop("tenant", "role", "whole")
    if frame.viewer.organisations is None or rows["host_organisation"].n_unique() == 1:
        counts = counts.drop("host_organisation")
        chart(
            text, title, figures.flows(counts, {name: text(f"c_{name}") for name in ("active", "new", "lost")}),
            name=f"churn-{role}-chart",
            draw=lambda r: charts.grouped(
                r, month="month", value="people", series="figure", title="", colours=charts.three(frame.colours)
            ),
        )  # fmt: skip
        title = ""
    else:
        counts = figures.named(counts, "host_organisation", data.roster_of(frame.viewer), "organisation", "?")
        counts = counts.rename({"host_organisation": "organisation"})
    table(text, title, counts.with_columns(pl.col("month_of").dt.strftime("%Y-%m")), name=f"churn-{role}")
