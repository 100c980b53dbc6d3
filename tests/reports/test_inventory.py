"""Inventory reports: every figure from the lines by its own rule, the same bytes again, in four languages."""

import csv
import io
import json
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import figures, lines, page
from reports.figures import Figure, Sums
from reports.inventory.context import all_figures, context
from reports.inventory.document import files, html
from reports.inventory.extract import NotTheSame, read
from reports.inventory.points import DOCUMENTS
from tests.reports.ledger import extract, fuel, line, power

pytestmark = pytest.mark.req("ESG-03", "ESG-02")
KINDS = tuple(DOCUMENTS)


def by_hand(rows: list[dict[str, str]], rule: dict[str, str]) -> str:
    """A figure as an auditor reckons it from the two CSV files, with fractions and nothing of ours."""

    def fit(row: dict[str, str], where: str) -> bool:
        parts = [part.split("=", 1) for part in where.split("; ")] if where not in ("", "all") else []
        return all(row[name] in values.split("|") for name, values in parts)

    total = Fraction(sum(int(row[rule["sum_of"]] or 0) for row in rows if fit(row, rule["where"])))
    if rule["share_of"]:
        whole = sum(int(row[rule["sum_of"]] or 0) for row in rows if fit(row, rule["share_of"]))
        total = total * 100 / whole
    else:
        total = total * Fraction(10) ** int(rule["scale"]) / Fraction(rule["divided_by"])
    step = Fraction(1, 10 ** int(rule["places"]))
    return str(Decimal(round(total / step)).scaleb(-int(rule["places"])))


@pytest.mark.parametrize("kind", KINDS)
def test_each_figure_can_be_reckoned_from_the_two_files(kind: str) -> None:
    made = extract(kind, revenue="1250000.50")
    rows = list(csv.DictReader(io.StringIO(made.csv().decode(), newline="")))
    rules = list(csv.DictReader(io.StringIO(figures.table(all_figures(made), made.lines).decode(), newline="")))
    assert len(rules) >= 40
    for rule in rules:
        assert Decimal(rule["value"]) == Decimal(by_hand(rows, rule)), rule["id"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_point_of_the_page_stands_among_the_figures(kind: str) -> None:
    made = extract(kind, revenue="7")
    values = {figure.label: figure.value(made.sums) for figure in all_figures(made) if figure.label}
    for section in context(made)["sections"]:
        for row in section["rows"]:
            value = values[row["name"]]
            shown = Decimal(row["value"].replace(",", "")) if row["value"] != "–" else None
            assert shown == value, row


@pytest.mark.parametrize("kind", ["ghg", "esrs_e1"])
def test_totals_are_the_sums_of_the_scopes(kind: str) -> None:
    """Also where a certificate lies on power that was sold: both totals follow from what is printed above them."""
    sold = {"kind": "emission", "scope": "3", "category": "3D", "quantity": 2_000_000, "unit": "Wh"}
    certified = line(**sold, method="market", instrument="certificate", factor_value=0)
    own = extract(kind).lines
    made = extract(kind, [*own, line(**sold, method="location", factor_value=79_158), certified])
    by = {figure.id: figure.value(made.sums) or Decimal(0) for figure in all_figures(made)}
    once = Decimal("0.001")
    for method, category_3 in (("location", "scope_3_3"), ("market", "scope_3_3_market")):
        parts = by[f"{kind}/scope_1"] + by[f"{kind}/scope_2_{method}"] + by[f"{kind}/{category_3}"]
        assert abs(parts - by[f"{kind}/total_{method}"]) <= 2 * once
    assert by[f"{kind}/scope_3_3"] > by[f"{kind}/scope_3_3_market"]


def test_the_grounds_of_the_market_based_figure_sum_to_it() -> None:
    made = extract()
    by = {figure.id: figure.value(made.sums) or Decimal(0) for figure in all_figures(made)}
    kinds = ("certificate", "contract", "supplier", "residual", "average")
    assert sum(by[f"ghg/market_{kind}"] for kind in kinds) == by["ghg/scope_2_market"]


def test_intensities_only_where_the_revenue_is_known() -> None:
    without, known = context(extract("esrs_e1")), context(extract("esrs_e1", revenue="2000000"))
    codes = [row["code"] for section in without["sections"] for row in section["rows"]]
    assert "E1-6 §53" not in codes and "net revenue of the period was not given" in html(extract("esrs_e1"))
    rows = {row["code"]: row for section in known["sections"] for row in section["rows"]}
    assert rows["E1-6 §53"]["unit"] == "t CO2e / M EUR"


def test_the_resolution_of_the_factors_stands_at_each_figure() -> None:
    hourly = power(1, resolution="hourly", hour="2026-02-01T00:00Z")
    monthly = power(1, resolution="monthly")
    shown = context(extract("ghg", power(0) + hourly + monthly + fuel(1)))
    rows = {row["name"]: row["resolution"] for section in shown["sections"] for row in section["rows"]}
    assert rows["Scope 2, location-based"] == "hourly, monthly, yearly" and rows["Scope 1"] == "yearly"


@pytest.mark.slow
def test_made_again_from_its_own_files_it_is_the_same_to_the_byte() -> None:
    first = files(extract(notes=[("n_imported", {"n": 3})]))
    assert files(read(first["extract"], first["csv"])) == first
    with pytest.raises(NotTheSame):
        read(first["extract"], first["csv"].replace(b"1000003", b"1000004"))


def test_lines_that_are_no_product_are_found() -> None:
    assert lines.wrong_products(extract().lines) == []
    wrong = [*power(0), line(kind="emission", quantity=10, factor_value=3, ug=31)]
    assert lines.wrong_products(wrong) == [6]


@pytest.mark.parametrize(
    ("content", "says"), [(b"a,b\r\n1,2\r\n", "columns are missing"), (b"", "columns are missing")]
)
def test_a_table_of_something_else_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(lines.Unreadable, match=says):
        lines.read(content)


def test_a_cell_that_is_no_number_names_its_line() -> None:
    content = lines.table(power(0)).replace(b"1000003", b"1e6", 1)
    with pytest.raises(lines.Unreadable, match="line 1"):
        lines.read(content)


cell = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=10)


@given(st.lists(st.tuples(cell, cell, st.integers(0, 10**14), st.integers(0, 10**7)), max_size=6))
@settings(max_examples=60)
def test_lines_come_back_as_they_were(cells: list[tuple[str, str, int, int]]) -> None:
    rows = [line(site=site, evidence=text, quantity=wh, factor_value=mg) for site, text, wh, mg in cells]
    assert lines.read(lines.table(rows)) == rows


@given(st.dictionaries(st.sampled_from(["site", "scope", "period"]), st.lists(cell, min_size=1, max_size=3).map(tuple)))
def test_rules_come_back_as_they_were(where: dict[str, tuple[str, ...]]) -> None:
    assert figures.parsed(figures.written(where)) == where


@given(st.lists(st.integers(0, 10**16), min_size=1, max_size=8), st.integers(0, 6))
def test_a_figure_is_rounded_once_half_to_even(values: list[int], places: int) -> None:
    found = Figure("x", "ug", {}, "t", -12, places).value(Sums(line(ug=value) for value in values))
    assert found == (Decimal(sum(values)) / 10**12).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("de", "ltr"), ("ar", "rtl"), ("fa", "rtl")])
def test_the_page_speaks_the_language_and_wears_the_brand(kind: str, language: str, direction: str) -> None:
    made = html(extract(kind, language=language))
    assert (
        f'dir="{direction}"' in made
        and "#0B6E4F" in made
        and context(extract(kind, language=language))["title"] in made
    )


@pytest.mark.parametrize("document", ["esg", "inventory", "fleet"])
def test_every_word_is_there_in_every_language_with_the_same_gaps(document: str) -> None:
    held = json.loads((Path(page.__file__).parent / document / "words.json").read_text(encoding="utf-8"))
    for key, texts in held.items():
        assert set(texts) == {"en", "ar", "de", "fa"} and all(texts.values()), key
        gaps = {
            language: sorted(part.split("}")[0] for part in text.split("{")[1:]) for language, text in texts.items()
        }
        assert all(gap == gaps["en"] for gap in gaps.values()), key


def test_hostile_names_stay_text() -> None:
    made = html(extract("ghg", power(0, site="<img src=x>")))
    assert "<img src=x>" not in made


def test_what_a_reader_must_know_of_these_data_is_said() -> None:
    retired = line(kind="credit", period="2026-03", quantity=1_000_000, unit="g", factor_value=1_000_000)
    given = {"notes": [("n_no_factor", {"n": 2, "wh": 1_234_567}), ("n_missing_energy", {"names": ["fuel_lpg"]})]}
    made = extract("esrs_e1", [*extract().lines, retired], revenue="2000000.5", language="de", **given)
    notes = " ".join(context(made)["notes"])
    for said in ("1.234,567 kWh", "Autogas (LPG)", "2.000.000,50 EUR", "grid/FI/2023 → 2026", "Absatz 59 (a)"):
        assert said in notes
    plain = extract(lines=[line(kind="emission", period="2023-03", scope="2", factor="grid/FI/2023", quantity=1)])
    assert not any("2023 →" in note or "59 (a)" in note for note in context(plain)["notes"])
    somewhere = [line(**one | {"site": ""}) for one in fuel(1)]
    assert [row["name"] for row in context(extract(lines=somewhere))["sites"]] == ["Fuel, and charging without a site"]


def test_an_empty_period_says_so() -> None:
    assert "Nothing was charged" in html(extract("vsme_b3", []))
