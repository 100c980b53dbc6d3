"""Charts: frames in, Altair charts out. They know no tenant, no clock and no Streamlit."""

from typing import Any

import altair as alt
import polars as pl

HEIGHT = 280
FEW_DAYS = 7
AROUND = 75  # what axis and title take of the height of a chart
# From which greatest value on an axis is written how, for amounts and for shares.
AMOUNTS = ((1000, "~s"), (10, ",.0f"), (0, ",.2~f"))
SHARES = ((0.05, ".0%"), (0.005, ".1%"), (0, ".2%"))


def over_time(rows: pl.DataFrame, *, day: str, value: str, title: str, colour: str) -> alt.Chart:
    """Bars of `value` over the dates in `day`: a bar per month when all of them are firsts, else per day."""
    monthly = rows.height > 1 and bool((rows[day].dt.day() == 1).all())
    daily = alt.TimeIntervalStep(interval="day", step=1) if not monthly and _days(rows[day]) <= FEW_DAYS else None
    each: dict[str, Any] = {} if daily is None else {"tickCount": daily}
    axis = alt.Axis(labelAngle=0, grid=False, format="%b %Y" if monthly else "%d %b", **each)
    x = alt.X(f"{day}:T", timeUnit="yearmonth" if monthly else "yearmonthdate", title=None, axis=axis)
    y = alt.Y(f"{value}:Q", title=title, **_ruled(rows[value]))
    tips = [alt.Tooltip(f"{day}:T"), alt.Tooltip(f"{value}:Q", format=",.1f")]
    return _plain(alt.Chart(rows).mark_bar(color=colour, cornerRadiusEnd=2).encode(x=x, y=y, tooltip=tips))


def line(rows: pl.DataFrame, *, day: str, value: str, title: str, colour: str) -> alt.Chart:
    """A line of `value` over the dates in `day`; one line per `currency` where there is such a column."""
    x = alt.X(f"{day}:T", title=None, axis=alt.Axis(grid=False))
    y = alt.Y(f"{value}:Q", title=title, **_ruled(rows[value]))
    tips = [alt.Tooltip(f"{day}:T"), alt.Tooltip(f"{value}:Q", format=",.1f")]
    point = alt.OverlayMarkDef(color=colour) if rows.height < 40 else False
    drawn = alt.Chart(rows).mark_line(color=colour, point=point).encode(x=x, y=y, tooltip=tips)
    return _plain(drawn.encode(strokeDash="currency:N") if "currency" in rows.columns else drawn)


def heat(rows: pl.DataFrame, *, weekdays: list[str], hour: str, title: str, colour: str) -> alt.Chart:
    """Weekday by hour; needs `weekday`, `local_hour`, `kwh`."""
    x = alt.X("local_hour:O", title=hour, axis=alt.Axis(labelAngle=0), scale=alt.Scale(domain=list(range(24))))
    overlap = alt.Axis(labelOverlap=False, labelFlush=False)
    y = alt.Y("weekday:O", title=None, sort=weekdays, scale=alt.Scale(domain=weekdays), axis=overlap)
    scale = alt.Scale(range=["#f1f3f5", colour], domain=[0, _most(rows["kwh"]) or 1])
    fill = alt.Color("kwh:Q", title=title, scale=scale, legend=alt.Legend(orient="top", gradientThickness=8))
    tips = ["weekday:O", "local_hour:O", alt.Tooltip("kwh:Q", format=",.1f")]
    cells = alt.Chart(rows).mark_rect(cornerRadius=3, stroke="white")
    return _plain(cells.encode(x=x, y=y, color=fill, tooltip=tips))


def ranked(rows: pl.DataFrame, *, name: str, value: str, title: str, colour: str, share: bool = False) -> alt.Chart:
    """Horizontal bars, longest first; `share` shows the value (0 to 1) in percent."""
    x = alt.X(f"{value}:Q", title=title, **_ruled(rows[value], SHARES if share else AMOUNTS))
    y = alt.Y(f"{name}:N", title=None, sort="-x", axis=alt.Axis(labelLimit=200, labelOverlap=False, labelFlush=False))
    tips = [f"{name}:N", alt.Tooltip(f"{value}:Q", format=".1%" if share else ",.1f")]
    bars = alt.Chart(rows).mark_bar(color=colour, cornerRadiusEnd=3).encode(x=x, y=y, tooltip=tips)
    return _plain(bars, height=AROUND + 26 * rows.height)


def grouped(rows: pl.DataFrame, *, month: str, value: str, series: str, title: str, colours: list[str]) -> alt.Chart:
    """Bars side by side per month, one colour per series."""
    x = alt.X(f"{month}:O", title=None, axis=alt.Axis(labelAngle=-40))
    y = alt.Y(f"{value}:Q", title=title, **_ruled(rows[value]))
    fill = alt.Color(f"{series}:N", title=None, scale=alt.Scale(range=colours), legend=alt.Legend(orient="top"))
    tips = [f"{month}:O", f"{series}:N", alt.Tooltip(f"{value}:Q", format=",.1f")]
    return _plain(
        alt.Chart(rows).mark_bar(cornerRadiusEnd=2).encode(x=x, y=y, color=fill, xOffset=series, tooltip=tips)
    )


def three(colours: tuple[str, str]) -> list[str]:
    """The brand's two colours and a grey, for three series."""
    return [*colours, "#8a94a0"]


def _ruled(values: pl.Series, forms: tuple[tuple[float, str], ...] = AMOUNTS) -> dict[str, Any]:
    """An axis in numbers that fit its values; where nothing is above zero it still has a length."""
    most = _most(values)
    axis = alt.Axis(format=next(form for least, form in forms if most >= least), tickCount=5)
    below = values.len() > 0 and float(values.min() or 0) < 0  # type: ignore[arg-type]
    return {"axis": axis} if most or below else {"axis": axis, "scale": alt.Scale(domain=[0, 1])}


def _most(values: pl.Series) -> float:
    return max(0.0, float(values.max() or 0))  # type: ignore[arg-type]


def _days(days: pl.Series) -> int:
    return (days.max() - days.min()).days + 1 if days.len() else 0  # type: ignore[operator,union-attr]


def _plain(chart: alt.Chart, height: int = HEIGHT) -> alt.Chart:
    plain: alt.Chart = chart.properties(height=height).configure_view(stroke=None)
    drawn: alt.Chart = plain.configure_axis(domain=False, ticks=False)
    return drawn
