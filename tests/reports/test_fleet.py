"""The fleet report: figures by their rules, ten thousand vehicles on few pages, the same bytes again."""

import re
from decimal import Decimal
from typing import Any

import pytest

from reports import recompute
from reports.brand import Brand
from reports.fleet.context import VEHICLES_SHOWN, all_figures, context
from reports.fleet.document import files, html, tables
from reports.fleet.extract import Extract, read

pytestmark = pytest.mark.req("FLT-02", "ANA-03")


def row(number: int, **given: Any) -> dict[str, Any]:
    wh = 10_000 + 7 * number
    return {
        "vehicle": f"VL-{number % 50:04}", "site": f"Depot {number % 3}", "month": f"2026-0{1 + number % 6}",
        "currency": "EUR", "sessions": 3, "priced_sessions": 2, "energy_wh": wh, "occupied_s": 3600, "cost_minor": 499,
        "co2e_location_ug": wh * 79_158, "co2e_market_ug": wh * 1_000, "avoided_ug": wh * 800_000,
    } | given  # fmt: skip


def extract(rows: list[dict[str, Any]] | None = None, **given: Any) -> Extract:
    head: dict[str, Any] = {
        "brand": Brand("Volta", "#1b365d", "#ff8a00"), "organisation": "Volta Logistics fleet", "language": "en",
        "period_start": "2026-01-01", "period_end": "2026-07-01", "data_version": "fleet@7", "digits": {"EUR": 2},
        "published_at": "2026-07-01T06:00:00+00:00",
    }  # fmt: skip
    return Extract(rows=[row(n) for n in range(300)] if rows is None else rows, **head | given)


def test_printed_rows_are_the_sums_of_the_csv() -> None:
    made = extract()
    shown = context(made)
    first = next(r for r in shown["vehicles"] if r["name"] == "VL-0007")
    mine = [r for r in made.rows if r["vehicle"] == "VL-0007"]
    assert first["cells"][1] == f"{Decimal(sum(r['energy_wh'] for r in mine)) / 1000:,.1f}"
    assert first["cells"][2] == f"{Decimal(499 * len(mine)) / 100:,.2f} EUR"
    assert shown["total"]["cells"][0] == "900"


def test_the_files_agree_with_one_another_and_come_back() -> None:
    made = tables(extract(idle=["VL-9999"]))
    assert all(check.same for check in recompute.recompute(made))
    assert tables(read(made["extract"], made["csv"])) == made


def test_currencies_are_never_added() -> None:
    rows = [row(0, vehicle="A", cost_minor=100), row(1, vehicle="A", currency="IRR", cost_minor=5_000_000)]
    shown = context(extract(rows, digits={"EUR": 2, "IRR": 0}))
    assert shown["total"]["cells"][2] == "1.00 EUR · 5,000,000 IRR"


def test_sessions_without_a_known_cost_are_said() -> None:
    assert "300 sessions have no known cost" in html(extract())
    assert "have no known cost" not in html(extract([row(1, priced_sessions=3)]))


def test_many_vehicles_are_cut_and_still_add_up() -> None:
    made = extract([row(n, vehicle=f"V{n:05}") for n in range(10_000)])
    shown = context(made)
    assert len(shown["vehicles"]) == VEHICLES_SHOWN + 1
    assert shown["vehicles"][-1]["name"].startswith("9,800 others")
    sessions = sum(int(r["cells"][0].replace(",", "")) for r in shown["vehicles"])
    assert sessions == 30_000 and len(list(all_figures(made))) > 60_000


def test_vehicles_that_did_not_charge_are_named() -> None:
    page = html(extract(idle=[f"X{n}" for n in range(45)]))
    assert "X39" in page and "and 5 more" in page and "X41" not in page


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fa"])
def test_it_prints_the_same_bytes_again(language: str) -> None:
    made = files(extract(language=language))
    assert files(read(made["extract"], made["csv"])) == made


def test_hostile_names_stay_text_and_an_empty_period_says_so() -> None:
    page = html(extract([row(1, vehicle="<script>x</script>", site="=1+1")]))
    assert "<script>" not in page
    assert re.search(r"'=1\+1", extract([row(1, site="=1+1")]).csv().decode())
    assert "No vehicle of this fleet charged" in html(extract([]))
