"""Numbers, times and states as people of each language read them; translations complete and compiled."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils import translation

from saas.web import words

LOCALE = Path(words.__file__).parent / "locale"
LANGUAGES = ("de", "ar", "fa")
MOMENT = datetime(2026, 11, 20, 6, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "12.35\u00a0kWh"),
        ("de", "12,35\u00a0kWh"),
        ("ar", "12.35\u00a0كيلوواط ساعة"),
        ("fa", "۱۲٫۳۵\u00a0کیلووات‌ساعت"),
    ],
)
def test_energy_in_each_language(language: str, said: str) -> None:
    with translation.override(language):
        assert words.energy(12_346) == said


def test_whole_kilowatts_have_no_fraction() -> None:
    with translation.override("en"):
        assert (words.power(22_000), words.power(7_360)) == ("22\u00a0kW", "7.4\u00a0kW")


def test_durations() -> None:
    with translation.override("en"):
        assert [words.duration(m) for m in (0, 1, 60, 90)] == [
            "0\u00a0min",
            "1\u00a0min",
            "1\u00a0h",
            "1\u00a0h 30\u00a0min",
        ]


def test_times_are_those_of_the_place() -> None:
    with translation.override("en"):
        assert words.clock(MOMENT, "Europe/Helsinki") == "08:05"
        assert words.clock(MOMENT, "Asia/Dubai") == "10:05"


def test_a_period_over_midnight_names_both_days() -> None:
    with translation.override("en"):
        late = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
        assert words.span(late, late.replace(day=21, hour=1), "Europe/Helsinki").count("Nov") == 2
        assert words.span(MOMENT, late, "UTC").count("Nov") == 1


def test_arabic_counts_in_its_own_forms() -> None:
    with translation.override("ar"):
        assert words.chargers(1) == "شاحن واحد"
        assert words.chargers(2) == "شاحنان"
        assert words.chargers(6) == "6 شواحن"
        assert words.chargers(12) == "12 شاحنًا"


def test_cards_round_prices_and_pages_do_not() -> None:
    with translation.override("en"):
        assert words.price_part("ENERGY", "0.3012", "EUR") == "€0.301 / kWh"
        assert words.price_part("TIME", "3.6395", "EUR") == "€3.64 / h"
        assert words.price_part("TIME", "3.6395", "EUR", exact=True) == "€3.6395 / h"


@pytest.mark.req("TEN-01")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_of_the_pages_is_translated(language: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalogue = read_po(file)
    assert len(catalogue) > 400
    lacking = [m.id for m in catalogue if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string)]
    assert lacking == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive_translation(language: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        wrong = [(m.id, error) for m in read_po(file, locale=language) for error in m.check()]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_of_this_text(language: str) -> None:
    """`python -m saas.web.build` compiles; both are committed, so that a checkout speaks before it is built."""
    source = LOCALE / language / "LC_MESSAGES" / "django.po"
    held = io.BytesIO()
    with source.open("rb") as file:
        write_mo(held, read_po(file))
    assert held.getvalue() == source.with_suffix(".mo").read_bytes()


def test_finished_sentences_in_the_digits_of_the_language() -> None:
    with translation.override("fa"):
        assert words.digits("3 از 10") == "۳ از ۱۰"
    assert words.digits("3 of 10") == "3 of 10"


@pytest.mark.parametrize(
    ("seconds", "text"), [(19, "19\u00a0s"), (60, "1\u00a0min"), (90.4, "90\u00a0s"), (3600, "1\u00a0h")]
)
def test_short_spans_in_seconds(seconds: float, text: str) -> None:
    assert words.between(seconds) == text
