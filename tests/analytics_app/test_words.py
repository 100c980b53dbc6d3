"""Words, numbers, exports and charts."""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest

from analytics_app import brand, charts, text
from analytics_app.frame import csv_of, money
from analytics_app.text import LANGUAGES, Text

FILES = {
    file.name: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted(Path(text.__file__).with_name("words").glob("*.json"))
}
WORDS = {key: texts for words in FILES.values() for key, texts in words.items()}


def test_no_word_stands_in_two_files() -> None:
    assert len(WORDS) == sum(map(len, FILES.values()))


@pytest.mark.req("ANA-02")
@pytest.mark.parametrize("key", WORDS)
def test_every_word_is_there_in_every_language_with_the_same_gaps(key: str) -> None:
    assert set(WORDS[key]) == set(LANGUAGES)
    gaps = [sorted(re.findall(r"{(\w+)}", WORDS[key][language])) for language in LANGUAGES]
    assert all(gap == gaps[0] for gap in gaps) and all(WORDS[key].values())


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "1,234.5 kWh"), ("de", "1.234,5 kWh"), ("ar", "1,234.5 kWh"), ("fa", "۱٬۲۳۴٫۵ kWh")]
)
def test_energy_in_the_digits_of_the_language(language: str, shown: str) -> None:
    assert Text(language).kwh(1_234_500) == shown


@pytest.mark.parametrize(
    ("minor", "currency", "shown"), [(1250, "EUR", "12.50 EUR"), (1250, "IRR", "1,250 IRR"), (1250, "KWD", "1.250 KWD")]
)
def test_money_has_the_places_of_its_currency(minor: int, currency: str, shown: str) -> None:
    assert money(Text("en"), minor, currency) == shown


def test_grams_round_half_to_even() -> None:
    assert Text("en").number(Decimal("2.5").quantize(Decimal(1))) == "2"
    assert Text("en").kg(1_250_000_000) == "1.2 kg"


@pytest.mark.req("ANA-03")
def test_exports_open_in_spreadsheets_and_run_nothing() -> None:
    rows = pl.DataFrame({"site": ["=1+1", "Kallio", None], "other": ["@x", "-", "ok"], "kwh": [-1.5, 2, 3]})
    lines = csv_of(rows).decode("utf-8-sig").splitlines()
    assert csv_of(rows).startswith(b"\xef\xbb\xbf")
    assert lines == ["site,other,kwh", "'=1+1,'@x,-1.5", "Kallio,'-,2.0", ",ok,3.0"]


@pytest.mark.parametrize("value", ["red", "#12345", "url(x)", "", "#1234567"])
def test_a_colour_that_is_none_never_becomes_css(value: str) -> None:
    row = {"colour_primary": value, "colour_accent": value}
    assert brand.colours(row) == ("#1f4e79", "#e0a100")


def test_a_hostile_brand_name_stays_text() -> None:
    row = {"name": "<script>", "logo_svg": "", "colour_primary": "#000000", "colour_accent": "#ffffff"}
    assert "<script>" not in brand.mark(row) + brand.icon(row)


def test_charts_are_charts_of_their_rows() -> None:
    days = pl.DataFrame({"day": ["2026-01-01", "2026-02-01"], "kwh": [1.0, 2.0]}).with_columns(
        pl.col("day").str.to_date()
    )
    monthly = charts.over_time(days, day="day", value="kwh", title="kWh", colour="#000000").to_dict()
    assert monthly["encoding"]["x"]["timeUnit"] == "yearmonth"
    single = charts.over_time(days.head(1), day="day", value="kwh", title="kWh", colour="#000000").to_dict()
    assert single["encoding"]["x"]["timeUnit"] == "yearmonthdate"
    ranked = charts.ranked(days, name="day", value="kwh", title="kWh", colour="#123456", share=True)
    assert isinstance(ranked, alt.Chart) and ranked.to_dict()["mark"]["color"] == "#123456"


def test_axes_have_numbers_that_fit_and_a_length_where_nothing_was_charged() -> None:
    def axis(most: float, *, share: bool = False) -> dict[str, Any]:
        rows = pl.DataFrame({"site": ["a", "b"], "kwh": [0.0, most]})
        drawn = charts.ranked(rows, name="site", value="kwh", title="kWh", colour="#123456", share=share)
        found: dict[str, Any] = drawn.to_dict()["encoding"]["x"]
        return found

    assert [axis(most)["axis"]["format"] for most in (4000.0, 40.0, 0.4)] == ["~s", ",.0f", ",.2~f"]
    assert [axis(most, share=True)["axis"]["format"] for most in (0.4, 0.02, 0.001)] == [".0%", ".1%", ".2%"]
    assert axis(0.0)["scale"]["domain"] == [0, 1] and "scale" not in axis(1.0)
    none = pl.DataFrame({"day": [date(2026, 1, 1)], "kwh": [0.0]})
    drawn = charts.over_time(none, day="day", value="kwh", title="kWh", colour="#000000").to_dict()["encoding"]
    assert drawn["y"]["scale"]["domain"] == [0, 1] and drawn["x"]["axis"]["tickCount"] == {"interval": "day", "step": 1}


def test_csv_holds_no_noise_of_sums() -> None:
    assert csv_of(pl.DataFrame({"kwh": [271.75600000000003, 0.1 + 0.2]})).decode("utf-8-sig") == "kwh\n271.756\n0.3\n"
