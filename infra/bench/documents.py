"""The printed fleet of 10,000 vehicles: all four files, against WeasyPrint alone on the same page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reports import fleet, render
from reports.brand import Brand
from reports.fleet.document import files, html
from reports.fleet.extract import Extract

from .harness import Case

VEHICLES, MONTHS, SITES = 10_000, 12, 40


@contextmanager
def fleet_report() -> Iterator[Case]:
    """Rows of a year to PDF, lines, figures with their rules, extract."""
    rows = _rows()

    def ours() -> int:
        made = files(_extract(rows))
        if not made["pdf"].startswith(b"%PDF"):
            raise RuntimeError("no PDF")
        return VEHICLES

    page = html(_extract(rows))

    def reference() -> int:
        from weasyprint import HTML

        base = f"file://{Path(fleet.__file__).parent}/"
        HTML(string=page, base_url=base).write_pdf(pdf_variant=render.VARIANT)
        return VEHICLES

    yield Case(
        f"report of {VEHICLES:,} vehicles, {len(rows):,} lines", "vehicles", ours, reference, "WeasyPrint on its page"
    )


def _rows() -> list[dict[str, Any]]:
    return [
        {
            "vehicle": f"VL-{vehicle:05}", "site": f"Depot {vehicle % SITES}", "month": f"2026-{month:02}",
            "currency": "EUR", "sessions": 9, "priced_sessions": 9, "energy_wh": 180_000 + vehicle, "occupied_s": 9000,
            "cost_minor": 4_500, "co2e_location_ug": 180_000 * 79_158, "co2e_market_ug": 0, "avoided_ug": 10**11,
        }
        for vehicle in range(VEHICLES)
        for month in range(1, MONTHS + 1)
    ]  # fmt: skip


def _extract(rows: list[dict[str, Any]]) -> Extract:
    return Extract(
        brand=Brand("Volta", "#1b365d", "#ff8a00"), organisation="Fleet", language="en", period_start="2026-01-01",
        period_end="2027-01-01", data_version="bench", published_at="2027-01-01T00:00:00+00:00", digits={"EUR": 2},
        rows=rows,
    )  # fmt: skip
