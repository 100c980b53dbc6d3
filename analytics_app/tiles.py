"""Tiles of composed dashboards: from the words of a Spec to rows of marts, and to what is drawn."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from analytics_app import brand as look
from analytics_app import charts, data, figures
from analytics_app.frame import chart, money, table, today
from analytics_app.text import Text
from analytics_app.who import Viewer
from pipelines.marts import roster
from saas.contracts.dashboards import MEASURES, SPANS, TIMES, Measure, Spec, Tile, may_see, tile_faults

COLUMNS = {"day": "local_day", "month": "month_of", "hour": "local_hour"}
NAMED = {"host_organisation": "organisation", "fleet_organisation": "organisation", "vehicle": "vehicle",
         "driver": "driver"}  # fmt: skip
PLACES = ("charger", "site")
SHARES = {"count": 1, "kwh": 1000, "hours": 3600, "kg": 1_000_000_000}
UNITS = {"count": "", "kwh": "kWh", "hours": "h", "kg": "kg", "money": ""}
READS: dict[str, Any] = {"sessions_daily": data.sums_of, "fleet_daily": data.fleet_of, "energy_hours": data.hours_of}
PER_ROW = 6


def draw(viewer: Viewer, text: Text, brand: dict[str, str], spec: Spec) -> None:
    """The tiles in rows of six sixths. What the viewer's roles may not see is left out, and said."""
    seen = [tile for tile in spec.tiles if visible(tile, viewer)]
    for number, row in enumerate(packed(seen)):
        spare = PER_ROW - sum(tile.width for tile in row)
        cells = st.columns([tile.width for tile in row] + ([spare] if spare else []))
        for cell, (place, tile) in zip(cells, enumerate(row), strict=False):
            with cell:
                _tile(viewer, text, brand, spec, tile, key=f"{tile.measure}-{number}-{place}")
    if hidden := len(spec.tiles) - len(seen):
        st.caption(text("tiles_hidden", n=text.number(hidden)))


def visible(tile: Tile, viewer: Viewer) -> bool:
    measure = MEASURES.get(tile.measure)
    return measure is not None and may_see(measure, viewer.roles) and not list(tile_faults(tile, viewer.roles))


def packed(tiles: Sequence[Tile]) -> Iterator[list[Tile]]:
    """Tiles in their order, as many in a row as fit."""
    row: list[Tile] = []
    for tile in tiles:
        if row and sum(held.width for held in row) + tile.width > PER_ROW:
            yield row
            row = []
        row.append(tile)
    if row:
        yield row


def rows_of(viewer: Viewer, brand: dict[str, str], spec: Spec, tile: Tile) -> pl.DataFrame:
    """`value` per dimension of the tile, in the measure's unit; money in minor units, per `currency` besides.

    Time runs forward, everything else from most to least, `limit` of it.
    """
    measure = MEASURES[tile.measure]
    start, end = period(spec, today(brand))
    by = [COLUMNS.get(word, word) for word in tile.by] + (["currency"] if measure.unit == "money" else [])
    where = {COLUMNS.get(word, word): meant(viewer, word, values) for word, values in tile.filters.items() if values}
    source = None if spec.source == "all" else spec.source
    sums = READS[measure.mart](viewer, *by, start=start, end=end, source=source, where=where)
    return _shaped(sums, measure, tile, by)


def meant(viewer: Viewer, word: str, values: Sequence[str]) -> Sequence[str]:
    """Ids for what a filter names: dashboards that were saved long ago have chargers and sites by name."""
    if word not in PLACES:
        return values
    return roster.ids_called(data.places_of(viewer), word, values)


def words_of(viewer: Viewer, word: str, rows: pl.DataFrame) -> pl.Series:
    """What to call the values of a dimension; an id that nobody named as it is."""
    if word not in NAMED:
        return data.placed(viewer, rows)[word]
    found = data.roster_of(viewer).filter(pl.col("kind") == NAMED[word]).select("id", "name").unique("id")
    return rows[word].replace(dict(found.iter_rows()))


def period(spec: Spec, now: date) -> tuple[date | None, date]:
    days, end = SPANS[spec.span], now + timedelta(days=1)
    return None if days is None else end - timedelta(days=days), end


def _shaped(sums: pl.DataFrame, measure: Measure, tile: Tile, by: list[str]) -> pl.DataFrame:
    value = pl.col(measure.column)
    rows = sums.select(*by, value=value if measure.unit in {"count", "money"} else value / SHARES[measure.unit])
    if measure.unit == "money":
        rows = rows.filter(pl.col("currency").is_not_null())
    rows = rows.rename({COLUMNS.get(word, word): word for word in tile.by})
    if tile.by and tile.by[0] not in TIMES and tile.kind != "heat":
        return rows.sort("value", tile.by[0], descending=[True, False]).head(tile.limit)
    return rows.sort(tile.by) if tile.by else rows


def _tile(viewer: Viewer, text: Text, brand: dict[str, str], spec: Spec, tile: Tile, *, key: str) -> None:
    measure = MEASURES[tile.measure]
    title = tile.title or heading(text, tile)
    rows = named(rows_of(viewer, brand, spec, tile), tile, viewer, text)
    if tile.kind == "metric":
        st.metric(title, said(text, measure, rows))
    elif not rows.height:
        st.subheader(title)
        st.caption(text("empty_period"))
    elif tile.kind == "table":
        words = {word: text(f"d_{word}") for word in tile.by} | {"value": text(f"m_{measure.name}")}
        table(text, title, rows, name=key, shown=rows.rename(words))
    else:
        primary, _ = look.colours(brand)
        chart(text, title, rows, lambda r: DRAWN[tile.kind](text, primary, measure, tile, r), name=key)


def heading(text: Text, tile: Tile) -> str:
    parts = [text(f"d_{word}") for word in tile.by]
    return text(f"m_{tile.measure}") + (f" · {' × '.join(parts)}" if parts else "")


def named(rows: pl.DataFrame, tile: Tile, viewer: Viewer, text: Text) -> pl.DataFrame:
    """Ids as the names of the roster."""
    for word in tile.by:
        if word in NAMED:
            rows = figures.named(rows, word, data.roster_of(viewer), NAMED[word], text("unknown"))
    return rows


def said(text: Text, measure: Measure, rows: pl.DataFrame) -> str:
    """A single figure in words."""
    if measure.unit == "money":
        return " · ".join(money(text, minor, currency) for currency, minor in rows.iter_rows() if minor) or "–"
    value = Decimal(rows["value"].item() or 0)
    return f"{text.number(value, 0 if measure.unit == 'count' else 1)} {UNITS[measure.unit]}".strip()


def _line(text: Text, colour: str, measure: Measure, tile: Tile, rows: pl.DataFrame) -> alt.Chart:
    return charts.line(rows, day=tile.by[0], value="value", title=UNITS[measure.unit], colour=colour)


def _bar(text: Text, colour: str, measure: Measure, tile: Tile, rows: pl.DataFrame) -> alt.Chart:
    word, unit = tile.by[0], UNITS[measure.unit]
    if word in TIMES:
        return charts.over_time(rows, day=word, value="value", title=unit, colour=colour)
    if word == "weekday":
        rows = rows.with_columns(pl.col(word).replace_strict(_weekdays(text)))
    return charts.ranked(rows, name=word, value="value", title=unit, colour=colour)


def _heat(text: Text, colour: str, measure: Measure, tile: Tile, rows: pl.DataFrame) -> alt.Chart:
    names = _weekdays(text)
    cells = rows.select(pl.col("weekday").replace_strict(names), local_hour="hour", kwh="value")
    return charts.heat(cells, weekdays=list(names.values()), hour=text("hour"), title="kWh", colour=colour)


def _weekdays(text: Text) -> dict[int, str]:
    return dict(enumerate(text("weekdays").split(","), start=1))


DRAWN = {"line": _line, "bar": _bar, "heat": _heat}
