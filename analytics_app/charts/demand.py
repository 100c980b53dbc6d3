"""Charts of demand: a forecast with its interval, and where and when people look in vain."""

import altair as alt
import polars as pl

from analytics_app.charts.plain import plain

MOST_NAMES = 12


def forecast(rows: pl.DataFrame, *, words: dict[str, str], colours: tuple[str, str]) -> alt.Chart:
    """Hours with `local`, `actual`, `forecast`, `low`, `high` (kWh). `words`: of actual, forecast and interval."""
    x = alt.X("local:T", title=None, axis=alt.Axis(grid=False, format="%d %b %H:%M", labelOverlap=True))
    y = alt.Axis(format="~s", tickCount=5)
    names = [words["actual"], words["forecast"]]
    scale = alt.Scale(domain=names, range=[colours[1], colours[0]])
    colour = alt.Color("series:N", title=None, scale=scale, legend=alt.Legend(orient="top"))
    tips = [alt.Tooltip("local:T", format="%Y-%m-%d %H:%M"), "series:N", alt.Tooltip("kwh:Q", format=",.1f")]
    band = alt.Chart(rows).mark_area(color=colours[0], opacity=0.16)
    series = rows.select("local", pl.col("actual").alias(names[0]), pl.col("forecast").alias(names[1]))
    long = series.unpivot(index="local", variable_name="series", value_name="kwh").drop_nulls("kwh")
    lines = alt.Chart(long).mark_line(strokeWidth=1.8).encode(x=x, y=alt.Y("kwh:Q"), color=colour, tooltip=tips)
    area = band.encode(x=x, y=alt.Y("low:Q", title="kWh", axis=y), y2="high:Q")
    drawn: alt.Chart = plain(alt.layer(area, lines))
    return drawn


def places(rows: pl.DataFrame, *, words: dict[str, str], colour: str) -> alt.Chart:
    """Cells by `longitude` and `latitude`: size by searches, depth by the `share` in vain; names of the busiest."""
    axis = alt.Axis(labels=False, title=None, grid=False)
    x = alt.X("longitude:Q", axis=axis, scale=alt.Scale(zero=False, padding=24, nice=False))
    y = alt.Y("latitude:Q", axis=axis, scale=alt.Scale(zero=False, padding=24, nice=False))
    fill = alt.Color(
        "share:Q", title=words["share"], scale=alt.Scale(domain=[0, 1], range=["#dfe5ea", colour]),
        legend=alt.Legend(orient="top", format=".0%", gradientThickness=8),
    )  # fmt: skip
    size = alt.Size("searches:Q", title=words["searches"], scale=alt.Scale(range=[60, 900]), legend=None)
    tips = ["place:N", alt.Tooltip("searches:Q"), alt.Tooltip("unmet:Q"), alt.Tooltip("share:Q", format=".0%")]
    dots = (
        alt.Chart(rows).mark_circle(opacity=0.9, stroke="white").encode(x=x, y=y, color=fill, size=size, tooltip=tips)
    )
    busiest = rows.sort("searches", descending=True).unique("place", keep="first", maintain_order=True).head(MOST_NAMES)
    names = alt.Chart(busiest).mark_text(dy=-18, fontSize=11, color="#5c6770").encode(x=x, y=y, text="place:N")
    drawn: alt.Chart = plain(alt.layer(dots, names).interactive(), height=420)
    return drawn


def hours(rows: pl.DataFrame, *, weekdays: list[str], hour: str, title: str, colour: str) -> alt.Chart:
    """Weekday by hour; needs `day` (in words), `local_hour` and `unmet`."""
    x = alt.X("local_hour:O", title=hour, axis=alt.Axis(labelAngle=0), scale=alt.Scale(domain=list(range(24))))
    y = alt.Y(
        "day:O",
        title=None,
        sort=weekdays,
        scale=alt.Scale(domain=weekdays),
        axis=alt.Axis(labelOverlap=False, labelFlush=False),
    )
    legend = alt.Legend(orient="top", gradientThickness=8)
    fill = alt.Color("unmet:Q", title=title, scale=alt.Scale(range=["#f1f3f5", colour]), legend=legend)
    cells = alt.Chart(rows).mark_rect(cornerRadius=3, stroke="white")
    drawn: alt.Chart = plain(
        cells.encode(x=x, y=y, color=fill, tooltip=["day:O", "local_hour:O", "searches:Q", "unmet:Q"])
    )
    return drawn
