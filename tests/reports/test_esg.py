"""The ESG report: reckoned again from its CSV, made again to the byte, in four languages, with nothing personal."""

import csv
import io
import json
import subprocess
import zlib
from contextlib import suppress
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import render
from reports.brand import Brand, ink_on
from reports.esg.context import context, grams
from reports.esg.document import files, html
from reports.esg.extract import Extract, NotTheSame, read, rows_from

pytestmark = pytest.mark.req("ESG-03")
EXAMPLE = Path(render.__file__).parent / "esg" / "example.json"
PETROL = 905_091


def row(number: int, **other: object) -> dict[str, object]:
    wh, factor = 7_333 + 13 * number, 79_158
    plain = {
        "session": f"s{number}",
        "source": "live",
        "scope": "2" if number % 3 else "3.3",
        "charger": "c1",
        "site": f"Site {number % 4}",
        "country": "FI",
        "country_from": "site",
        "local_day": f"2026-0{1 + number % 3}-11",
        "started_at": "2026-01-11T10:00:00+00:00",
        "ended_at": "2026-01-11T11:00:00+00:00",
        "energy_wh": wh,
        "resolution": "yearly",
        "location_factor": "grid/FI/2023",
        "location_mg_per_kwh": factor,
        "co2e_location_ug": wh * factor,
        "market_factor": "grid/FI/2023",
        "market_basis": "location",
        "market_mg_per_kwh": factor,
        "co2e_market_ug": wh * factor,
        "baseline_factor": "vm",
        "avoided_ug": wh * (PETROL - factor),
        "baseline_mg_per_kwh": PETROL,
        "baseline_ug": wh * PETROL,
    }
    return plain | other


def extract(rows: list[dict[str, object]] | None = None, language: str = "en") -> Extract:
    given = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    brand = Brand(**given.pop("brand"))
    return Extract(
        **given | {"brand": brand, "language": language, "rows": [row(n) for n in range(40)] if rows is None else rows}
    )


def table(made: Extract) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.csv().decode(), newline="")))


def kg(micrograms: int) -> str:
    whole = (Decimal(micrograms) / 10**6).quantize(Decimal(1), ROUND_HALF_EVEN)
    return f"{whole / 1000:,.3f}"


def test_every_printed_figure_is_a_sum_of_the_csv() -> None:
    made = extract()
    shown, lines = context(made), table(made)
    assert shown["total"]["location_kg"] == kg(sum(int(x["co2e_location_ug"]) for x in lines))
    assert shown["total"]["kwh"] == f"{Decimal(sum(int(x['energy_wh']) for x in lines)) / 1000:,.3f}"
    months = {"January 2026": "2026-01", "February 2026": "2026-02", "March 2026": "2026-03"}
    for month in shown["months"]:
        of_month = [x for x in lines if x["local_day"].startswith(months[month["name"]])]
        assert month["avoided_kg"] == kg(sum(int(x["avoided_ug"]) for x in of_month))
    for site in shown["sites"]:
        assert site["market_kg"] == kg(sum(int(x["co2e_market_ug"]) for x in lines if x["site"] == site["name"]))
    scopes = {"Scope 2": "2", "Scope 3": "3.3"}
    for scope in shown["scopes"]:
        of_scope = [x for x in lines if x["scope"] == scopes[scope["name"][:7]]]
        assert scope["location_kg"] == kg(sum(int(x["co2e_location_ug"]) for x in of_scope))


@pytest.mark.req("ESG-01")
def test_every_csv_row_is_energy_times_its_factor() -> None:
    for line in table(extract()):
        wh = int(line["energy_wh"])
        assert int(line["co2e_location_ug"]) == wh * int(line["location_mg_per_kwh"])
        assert int(line["avoided_ug"]) == wh * int(line["baseline_mg_per_kwh"]) - int(line["co2e_location_ug"])
        assert line["location_factor_source"] and line["location_factor_year"] == "2023"


@pytest.mark.parametrize(
    ("micrograms", "whole"), [(500_000, 0), (1_500_000, 2), (2_500_000, 2), (2_500_001, 3), (-500_000, 0)]
)
def test_grams_are_rounded_half_to_even(micrograms: int, whole: int) -> None:
    assert grams(micrograms) == whole


def test_made_again_from_its_own_files_it_is_the_same_to_the_byte() -> None:
    first = files(extract())
    again = files(read(first["extract"], first["csv"]))
    assert again == first
    plain = unpacked(first["pdf"])
    assert b"pdfaid" in plain and b"Wattlane, data version carbon@3 factors@0" in plain


def unpacked(pdf: bytes) -> bytes:
    """All compressed streams of a PDF, unpacked."""
    found = []
    for part in pdf.split(b"stream\n")[1:]:
        with suppress(zlib.error):
            found.append(zlib.decompressobj().decompress(part))
    return b"".join(found)


def test_a_changed_csv_is_not_taken_for_the_report() -> None:
    made = extract()
    with pytest.raises(NotTheSame):
        read(made.to_json(), made.csv().replace(b"7333", b"7334"))


cell = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@given(st.lists(st.tuples(cell, cell, st.integers(0, 10**12)), max_size=5))
@settings(max_examples=50, deadline=None)
def test_extract_and_csv_give_the_rows_back(cells: list[tuple[str, str, int]]) -> None:
    rows = [
        row(n, site=site or None, charger=charger or None, energy_wh=wh) for n, (site, charger, wh) in enumerate(cells)
    ]
    made = extract(rows)
    assert read(made.to_json(), made.csv()).rows == rows


def test_text_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    made = extract([row(1, site="=HYPERLINK(1)")])
    assert table(made)[0]["site"] == "'=HYPERLINK(1)"


def test_no_person_reaches_the_files() -> None:
    mart_row = row(1) | {"driver": "d_secret", "vehicle": "v_secret"}
    made = extract(rows_from([mart_row], lambda _: "2"))
    assert b"secret" not in made.csv() + made.to_json() + html(made).encode()


@pytest.mark.req("ANA-03")
@pytest.mark.parametrize(
    ("language", "direction", "title"),
    [
        ("en", "ltr", "Greenhouse gas report"),
        ("de", "ltr", "Treibhausgasbericht"),
        ("ar", "rtl", "تقرير"),
        ("fa", "rtl", "گزارش"),
    ],
)
def test_the_page_speaks_the_language_and_wears_the_brand(language: str, direction: str, title: str) -> None:
    page = html(extract(language=language))
    assert f'dir="{direction}"' in page and title in page
    assert "#0B6E4F" in page and "Ampère" in page


def test_an_unknown_language_falls_back_to_english() -> None:
    assert 'lang="en"' in html(extract(language="xx"))


def test_the_page_names_data_version_checksum_factors_and_limits() -> None:
    made = extract(
        [
            row(1, source="imported", country_from="tenant"),
            row(2, location_mg_per_kwh=None, location_factor=None, co2e_location_ug=None),
        ]
    )
    page = html(made)
    assert "carbon@3 factors@0" in page and context(made)["csv_sha256"] in page
    assert "Our World in Data" in page and "VM0038" in page and "yearly" in page
    assert "1 of the sessions were imported" in page and "have no grid factor" in page
    assert "country was taken from the tenant" in page


def test_an_empty_period_says_so() -> None:
    assert "No session ended in this period" in html(extract([]))


def test_many_sites_are_cut_and_still_add_up() -> None:
    shown = context(extract([row(n, site=f"S{n:04}") for n in range(420)]))
    assert len(shown["sites"]) == 301
    assert shown["sites"][-1]["name"].startswith("120 further sites")


def test_hostile_brand_and_names_stay_text() -> None:
    evil = Brand("<script>x</script>", "red;}body{display:none", "#000000", '<svg onload="x"/>')
    page = html(replace(extract([row(1, site="<img src=x>")]), brand=evil))
    assert "<script>" not in page and "<img src=x>" not in page and "display:none" not in page


@pytest.mark.parametrize(("colour", "ink"), [("#ffffff", "#000000"), ("#0B6E4F", "#ffffff"), ("#F5B700", "#000000")])
def test_text_on_the_brand_colour_is_readable(colour: str, ink: str) -> None:
    assert ink_on(colour) == ink


@pytest.mark.req("OPS-01")
def test_missing_system_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(render._LIBRARIES, "pango", ("libnothere.so.9",))
    assert render.missing_libraries() == ["pango"]
    with pytest.raises(render.MissingLibraries, match="pango"):
        render.pdf("<p>x</p>", folder="esg")


def test_the_printer_opens_nothing_outside_its_folder(tmp_path: Path) -> None:
    secret = tmp_path / "style.css"
    secret.write_text("p { font-size: 99pt }")
    page = "<!doctype html><html lang=en><title>t</title>{}<p>x</p></html>"
    plain = render.pdf(page.format(""), folder="esg")
    assert render.pdf(page.format(f'<link rel="stylesheet" href="file://{secret}">'), folder="esg") == plain


def test_a_page_that_takes_too_long_fails_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("x", 1)

    monkeypatch.setattr(render.subprocess, "run", slow)
    with pytest.raises(render.RenderFailed, match="took more than"):
        render.pdf("<p>x</p>", folder="esg")
