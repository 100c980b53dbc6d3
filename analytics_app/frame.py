"""What every page is given, and the parts that every page uses: period, empty states, tables and charts with CSV."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypedDict
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl
import polars.selectors as cs
import streamlit as st
from babel.numbers import get_currency_precision

from analytics_app import brand as look
from analytics_app import data, figures
from analytics_app.text import Text
from analytics_app.who import Viewer

SHOWN = 500
MOST_DAYS = 120
PAGE = 100
SPANS = {"p_7": 7, "p_30": 30, "p_90": 90, "p_365": 365, "p_all": None}
SOURCES = {"s_all": None, "s_live": "live", "s_imported": "imported"}


class Asked(TypedDict):
    """Which sessions: local days [start, end), live or imported or (None) both."""

    start: date | None
    end: date
    source: str | None


@dataclass(frozen=True)
class Frame:
    """One viewer's page: whose data, in which words and colours, and over which local days [start, end).

    `first` and `last` are the local days of the viewer's first and last session at all.
    """

    viewer: Viewer
    text: Text
    brand: dict[str, str]
    start: date | None
    end: date
    source: str | None
    first: date
    last: date

    @property
    def colours(self) -> tuple[str, str]:
        return look.colours(self.brand)

    @property
    def days(self) -> int:
        """Local days that the period covers, or that there are sessions of where it has no beginning."""
        return (self.last - self.first).days + 1 if self.start is None else (self.end - self.start).days

    @property
    def grain(self) -> str:
        """The bars of a chart over time: days, or months where there would be too many of them."""
        return "local_day" if self.days <= MOST_DAYS else "month_of"

    @property
    def asked(self) -> Asked:
        """Period and source, as the reads of `data` take them."""
        return {"start": self.start, "end": self.end, "source": self.source}

    @property
    def before(self) -> Asked | None:
        """The period of the same length before this one; None where this one has no beginning."""
        if self.start is None:
            return None
        start, end = figures.period_before(self.start, self.end)
        return {"start": start, "end": end, "source": self.source}

    def sums(self, *by: str) -> pl.DataFrame:
        """Sums of the sessions of the period per value of `by`."""
        return data.sums_of(self.viewer, *by, **self.asked)

    def costs(self) -> str:
        """What the sessions of the period cost, per currency; nothing for who may not see money."""
        return self.money(self.sums("currency")) if self.viewer.sees_money else ""

    def money(self, rows: pl.DataFrame) -> str:
        """Sum of the costs per currency, such as `12.40 EUR`; a dash where none is known."""
        sums = rows.filter(pl.col("cost_minor").is_not_null()).group_by("currency").agg(pl.col("cost_minor").sum())
        parts = [money(self.text, cost, currency) for currency, cost in sums.sort("currency").iter_rows() if currency]
        return " · ".join(parts) or "–"


def money(text: Text, minor: int, currency: str) -> str:
    """An amount in minor units with its currency. Rials have no minor unit in use."""
    places = 0 if currency == "IRR" else get_currency_precision(currency)
    return f"{text.number(Decimal(minor).scaleb(-places), places)} {currency}"


def today(brand: dict[str, str]) -> date:
    """The tenant's own date."""
    return datetime.now(UTC).astimezone(ZoneInfo(brand["timezone"] or "UTC")).date()


def build(viewer: Viewer, text: Text, brand: dict[str, str], *, always: bool = False) -> Frame | None:
    """Asks for period and source; None (with the empty state drawn) when the viewer has no session at all.

    `always`: a page that knows more than sessions; what it shows without any is its own matter.
    """
    found = data.span_of(viewer)
    if found is None and not always:
        _nothing_yet(viewer, text)
        return None
    now = today(brand)
    (first, last), end = found or (now, now), now + timedelta(days=1)
    left, right, _ = st.columns([2, 2, 2])
    usual = list(SPANS).index("p_30" if last >= end - timedelta(days=30) else "p_all")
    span = left.selectbox(text("period"), list(SPANS), format_func=text, index=usual, key="span")
    source = right.segmented_control(text("source"), list(SOURCES), format_func=text, default="s_all", key="source")
    days = SPANS[span or "p_all"]
    start = None if days is None else end - timedelta(days=days)
    return Frame(viewer, text, brand, start, end, SOURCES[source or "s_all"], first, last)


def _nothing_yet(viewer: Viewer, text: Text) -> None:
    st.subheader(text("empty_title"))
    st.write(text("empty_text"))
    if viewer.organisations is not None:
        return
    st.write(text("empty_import"))
    st.code(f"wattlane import sessions FILE.csv --tenant {viewer.tenant}", language="bash")


def table(text: Text, title: str, rows: pl.DataFrame, *, name: str, shown: pl.DataFrame | None = None) -> None:
    """A table with its CSV. `shown` is what the screen gets where that differs, such as names instead of ids."""
    if title:
        st.subheader(title)
    st.dataframe(worded(text, (rows if shown is None else shown).head(SHOWN)), width="stretch", hide_index=True)
    export(text, rows, name)


def worded(text: Text, rows: pl.DataFrame) -> pl.DataFrame:
    """For the screen: headings in words, one decimal, dates and times as text. The CSV keeps names and precision."""
    known = {name: text(f"c_{name}") for name in rows.columns if text.knows(f"c_{name}")}
    return rows.with_columns(
        cs.float().round(1), cs.date().dt.to_string("%Y-%m-%d"), cs.datetime().dt.to_string("%Y-%m-%d %H:%M:%S")
    ).rename(known)


def chart(text: Text, title: str, rows: pl.DataFrame, draw: Callable[[pl.DataFrame], alt.Chart], *, name: str) -> None:
    """A chart with the CSV of just the rows it shows."""
    st.subheader(title)
    st.altair_chart(draw(rows), width="stretch")
    export(text, rows, name)


def drill(frame: Frame) -> None:
    """The period's single sessions, newest first, a page at a time; read only when somebody asks for them."""
    text = frame.text
    if not st.toggle(text("show_sessions"), key="show-sessions"):
        return
    count = int(frame.sums()["sessions"].item())
    last = max(1, -(-count // PAGE))
    page = st.number_input(text("page_of", n=text.number(last)), 1, last, 1, key="sessions-page")
    rows = data.sessions_page(frame.viewer, **frame.asked, offset=(page - 1) * PAGE, limit=PAGE)
    columns = ["session", "site", "charger", "started_at", "ended_at", "duration_s", "energy_wh"]
    money_too = ["cost_minor", "currency"] if frame.viewer.sees_money else []
    table(text, "", rows.select(*columns, *money_too), name=f"sessions-{page}")


def export(text: Text, rows: pl.DataFrame, name: str) -> None:
    st.download_button(
        text("csv"), csv_of(rows), file_name=f"{name}.csv", mime="text/csv", key=f"csv-{name}", on_click="ignore",
        icon=":material/download:",
    )  # fmt: skip


def csv_of(rows: pl.DataFrame) -> bytes:
    """CSV in UTF-8 with a mark, so that spreadsheets read it right; text that they would run is made harmless.

    Sums of fractions lose their last, meaningless digits: 271.756, not 271.75600000000003.
    """
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    plain = rows.with_columns(cs.float().round(9)).with_columns(_harmless(name) for name in texts)
    return b"\xef\xbb\xbf" + plain.write_csv().encode()


def _harmless(name: str) -> pl.Expr:
    value = pl.col(name)
    return pl.when(value.str.contains(r"^[=+\-@\t\r]")).then("'" + value).otherwise(value).alias(name)
