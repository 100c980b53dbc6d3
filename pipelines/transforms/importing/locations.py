"""Location files: registers of charging stations, OCPI locations, lists of places."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from pipelines.transforms.importing import coordinates
from pipelines.transforms.importing.claims import assign, columns_of
from pipelines.transforms.importing.connector_words import plugs
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.kind import Ask, Kind, Typed, base, first_reason
from pipelines.transforms.importing.kind_words import LOCATION_FUEL, LOCATION_PLACE, LOCATION_ROLES
from pipelines.transforms.importing.places import country_code
from pipelines.transforms.importing.profile import Profile, profiles
from pipelines.transforms.importing.status_words import meaning
from pipelines.transforms.importing.table import Table
from pipelines.transforms.importing.words import plain

_PLUGS = (
    r"connector.*(?:type|standard|title)|connectors?|connection ?type.*title|plug ?types?|stecker\w*|prise.*|sockets?"
)
_COUNTS = (
    r"^ev (?:level ?[12]|dc fast) (?:evse num|count)$|"
    r"^(?:number|num|count|anzahl)\b.*\b(?:ac|dc|type|level|chademo|ccs|slow|fast|rapid)"
)
_ELECTRIC = r"(?i)^(?:elec|electric\w*|ev|bev)$"
_POINT = r"(-?\d{1,3}(?:\.\d+)?)\s*[,;|\s]\s*(-?\d{1,3}(?:\.\d+)?)"
REASONS = coordinates.REASONS | {
    "not_electric": "the station sells another fuel",
    "shifted_columns": "its values stand in the wrong columns",
}


@dataclass(frozen=True, slots=True)
class _Texts:
    """Latitude and longitude as text, and the columns they came from."""

    latitude: pl.Series
    longitude: pl.Series
    words: dict[str, str]
    used: set[str]


def typed(table: Table, ask: Ask) -> Typed:
    """Rows of LANDING_LOCATIONS. Raises NotUnderstood where nothing says where the places are."""
    found = profiles(table)
    frame, height = table.clean, table.clean.height
    place = _place(frame, found)
    roles = assign([p for p in found if p.column not in place.used], LOCATION_ROLES)
    country = _country(frame, roles, ask)
    at = coordinates.placed(_degrees(place.latitude), _degrees(place.longitude), country, _both(place))
    plugs_in = _plug_columns(frame, found)
    connectors, unsure = _connectors(frame, [p.column for p in plugs_in])
    rows = base(table).with_columns(
        at, country=country, connectors=connectors, evses=_evses(frame, found, roles), power_w=_power(frame, roles),
        status=_status(frame, roles), _fuel=_other_fuel(frame, found), _shifted=_shifted(frame, roles),
        **{role: _text(frame, roles.get(role)) for role in ("id", "name", "city", "address", "operator")},
        **{role: _term(frame, roles.get(role), ask.option(role), height) for role in ("source", "licence")},
    )  # fmt: skip
    named = {"connectors": ", ".join(p.name for p in plugs_in)} if plugs_in else {}
    layout = {"columns": place.words | columns_of(roles) | named}
    return Typed(_judged(rows), layout, _notes(unsure, rows))


def _place(frame: pl.DataFrame, found: list[Profile]) -> _Texts:
    claimed = assign(found, LOCATION_PLACE)
    lat, lon, both = (claimed.get(role) for role in ("latitude", "longitude", "both"))
    if lat and lon:
        words = {"latitude": lat.name, "longitude": lon.name}
        return _Texts(frame[lat.column], frame[lon.column], words, {lat.column, lon.column})
    texts = frame[both.column] if both else pl.Series([], dtype=pl.String)
    good = texts.drop_nulls().str.contains(_POINT).mean() if texts.len() else 0.0
    if both is None or not good or good < 0.6:  # type: ignore[operator]
        names = ", ".join(p.name for p in found[:20])
        raise NotUnderstood("No columns for latitude and longitude were found.", [f"columns: {names}"])
    first, second = (texts.str.extract(_POINT, i) for i in (1, 2))
    # Well-known text and GeoJSON write x before y; a pair of plain numbers is latitude, longitude.
    x_first = bool(texts.str.contains(r"(?i)point|\[").any()) or "|" in "".join(texts.drop_nulls().head(5).to_list())
    x_first = x_first or re.search(r"\bxy\b", plain(both.name).replace("coordonneesxy", "xy")) is not None
    pair = (second, first) if x_first else (first, second)
    return _Texts(*pair, {"latitude and longitude": both.name}, {both.column})


def _both(place: _Texts) -> pl.Series:
    return place.latitude.is_not_null() & place.longitude.is_not_null()


def _degrees(texts: pl.Series) -> pl.Series:
    """Degrees as written, with a decimal point or comma; a trailing N, S, E or W gives the sign."""
    bare = texts.str.replace(r"(?i)\s*°?\s*[nesw]$", "")
    sign = texts.str.contains(r"(?i)[sw]$").fill_null(False)
    # A coordinate has no thousands: its only mark separates decimals.
    value = bare.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return pl.DataFrame({"v": value, "s": sign}).select(pl.when("s").then(-pl.col("v")).otherwise("v")).to_series()


def _country(frame: pl.DataFrame, roles: dict[str, Profile], ask: Ask) -> pl.Series:
    column, asked = roles.get("country"), ask.option("country")
    if column is None:
        if asked and country_code(asked) is None:
            raise NotUnderstood(f"{asked!r} is no country; use a code such as GB.", [])
        return pl.Series("country", [country_code(asked)], dtype=pl.String).new_from_index(0, frame.height)
    texts = frame[column.column]
    codes = {t: country_code(t) for t in texts.drop_nulls().unique().to_list()}
    return texts.replace_strict(list(codes), list(codes.values()), default=None, return_dtype=pl.String).alias(
        "country"
    )


def _text(frame: pl.DataFrame, column: Profile | None) -> pl.Series:
    if column is None:
        return pl.Series("t", [None], dtype=pl.String).new_from_index(0, frame.height)
    return frame[column.column]


def _term(frame: pl.DataFrame, column: Profile | None, option: str | None, height: int) -> pl.Series:
    return pl.Series("t", [option], dtype=pl.String).new_from_index(0, height) if option else _text(frame, column)


def _plug_columns(frame: pl.DataFrame, found: list[Profile]) -> list[Profile]:
    """Every column that is named for plugs and names them."""
    named = [p for p in found if p.kind == "text" and re.fullmatch(rf".*\b(?:{_PLUGS})\b.*", plain(p.name))]
    return [p for p in named if _names_plugs(frame[p.column])]


def _connectors(frame: pl.DataFrame, columns: list[str]) -> tuple[pl.Series, dict[str, int]]:
    """OCPI types of each row, and the words that are not certain, with counts."""
    if not columns:
        return pl.Series("connectors", [[]], dtype=pl.List(pl.String)).new_from_index(0, frame.height), {}
    texts = frame.select(pl.concat_str([pl.col(c).fill_null("") for c in columns], separator="|")).to_series()
    known = {t: plugs(t) for t in texts.unique().to_list()}
    counts = dict(texts.value_counts().iter_rows())
    unsure: dict[str, int] = {}
    for text, (_, words) in known.items():
        for word in words:
            unsure[word] = unsure.get(word, 0) + counts[text]
    lists = [known[t][0] for t in texts.to_list()]
    return pl.Series("connectors", lists, dtype=pl.List(pl.String)), unsure


def _names_plugs(texts: pl.Series) -> bool:
    seen = texts.drop_nulls().unique().head(50).to_list()
    return bool(seen) and sum(bool(plugs(t)[0]) for t in seen) >= 0.5 * len(seen)


def _evses(frame: pl.DataFrame, found: list[Profile], roles: dict[str, Profile]) -> pl.Series:
    """Charging points: a column that counts them, the sum of columns that count kinds of them, else a list's length."""
    column = roles.get("evses")
    counts = [p.column for p in found if p.kind == "number" and re.search(_COUNTS, plain(p.name))]
    if column is not None and not counts:
        return frame[column.column].str.extract(r"^(\d+)(?:\.0)?$", 1).cast(pl.Int64)
    if counts:
        numbers = [pl.col(c).str.extract(r"^(\d+)(?:\.0)?$", 1).cast(pl.Int64) for c in counts]
        none = pl.all_horizontal(n.is_null() for n in numbers)
        return frame.select(pl.when(~none).then(pl.sum_horizontal(numbers))).to_series()
    listed = next((p for p in found if plain(p.name) in ("evses uid", "evses evse id")), None)
    if listed is None:
        return pl.Series("evses", [None], dtype=pl.Int64).new_from_index(0, frame.height)
    return frame[listed.column].str.count_matches("|", literal=True).cast(pl.Int64) + 1


def _power(frame: pl.DataFrame, roles: dict[str, Profile]) -> pl.Series:
    """Watts of the strongest connector; a list's highest. Watts where the header says so, else kilowatts."""
    column = roles.get("power")
    if column is None:
        return pl.Series("power_w", [None], dtype=pl.Int64).new_from_index(0, frame.height)
    name = plain(column.name)
    watts = "electric power" in name or (re.search(r"\bw\b|watts?", name) is not None and "k" not in name)
    texts = frame[column.column].str.replace_all(",", ".", literal=True)
    texts = texts.str.replace_all(r"(?i)\s*kw\b", "")
    numbers = texts.str.extract_all(r"\d+(?:\.\d+)?").list.eval(pl.element().cast(pl.Float64)).list.max()
    return (numbers * (1 if watts else 1000)).round(0).cast(pl.Int64)


def _status(frame: pl.DataFrame, roles: dict[str, Profile]) -> pl.Series:
    """OCPI status where the word is certain; a place whose points say different things has none."""
    column = roles.get("status")
    if column is None:
        return pl.Series("status", [None], dtype=pl.String).new_from_index(0, frame.height)
    texts = frame[column.column]
    known = {t: _one_meaning(t) for t in texts.drop_nulls().unique().to_list()}
    return texts.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String).alias("status")


def _one_meaning(text: str) -> str | None:
    found = {meaning(part) for part in text.split("|")}
    return found.pop() if len(found) == 1 else None


def _other_fuel(frame: pl.DataFrame, found: list[Profile]) -> pl.Series:
    column = next((p for p in found if LOCATION_FUEL.of(p) > 0), None)
    none = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    return ~frame[column.column].str.contains(_ELECTRIC).fill_null(True) if column else none


def _shifted(frame: pl.DataFrame, roles: dict[str, Profile]) -> pl.Series:
    """A status that names a plug: the row's values slipped into other columns."""
    column = roles.get("status")
    if column is None:
        return pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    texts = frame[column.column]
    wrong = [t for t in texts.drop_nulls().unique().to_list() if meaning(t) is None and plugs(t)[0]]
    return texts.is_in(wrong).fill_null(False)


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    reason = first_reason(
        ("too_many_fields", pl.col("_extra")), ("not_electric", pl.col("_fuel")),
        ("shifted_columns", pl.col("_shifted")),
    )  # fmt: skip
    content = pl.concat_str(
        pl.lit("?"), pl.col("name").fill_null(""), pl.col("latitude").cast(pl.String).fill_null(""),
        pl.col("longitude").cast(pl.String).fill_null(""), separator="|",
    )  # fmt: skip
    # An id is unique in its own register only: the name beside it keeps two registers apart.
    own = pl.concat_str("id", pl.col("name").fill_null(""), separator="|")
    good = pl.coalesce(reason, "_place_reason").is_null()
    return rows.with_columns(
        _reason=pl.coalesce(reason, "_place_reason"), row_key=pl.coalesce(own, content),
        _exchanged=pl.col("_exchanged") & good, _sign=pl.col("_sign") & good,
    )  # fmt: skip


def _notes(unsure: dict[str, int], rows: pl.DataFrame) -> list[str]:
    notes = []
    if unsure:
        words = sorted(unsure.items(), key=lambda pair: -pair[1])[:10]
        notes.append("plugs that are not certain were left out: " + ", ".join(f"{w!r} ({n})" for w, n in words))
    return notes


LOCATIONS = Kind("locations", "places", REASONS, coordinates.REPAIRS, typed, ("latitude", "longitude", "name"))
