"""Reckons a report again from its own files: `python -m reports.recompute FOLDER` (or `--csv F --figures F …`).

Needs nothing of the platform: no database, no network. Each line of the CSV must be the product that it claims to be,
each figure must come out of the lines by its own rule, the extract must name this CSV, and the PDF, made again from
extract and CSV by the edition that made it, must be the same to the byte. Exit 0 when all of it holds, 1 when
something differs, 2 when files are missing or cannot be read.
"""

import argparse
import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from reports import documents, figures, lines
from reports.edition import edition
from reports.render import RenderFailed

Say = Callable[[str], object]
FILES = {"csv": "report.csv", "figures": "figures.csv", "extract": "extract.json", "pdf": "report.pdf"}
# Of each kind of CSV, told by its columns: emission = quantity × factor.
PRODUCTS = (
    ("ug", "quantity", "factor_value"),
    ("co2e_location_ug", "energy_wh", "location_mg_per_kwh"),
    ("co2e_market_ug", "energy_wh", "market_mg_per_kwh"),
    ("baseline_ug", "energy_wh", "baseline_mg_per_kwh"),
)


class Unusable(ValueError):
    """A file is missing or is not what it should be; the text says which and what to do."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was printed, what came out, whether they agree."""

    name: str
    printed: str
    found: str
    same: bool


def recompute(found: dict[str, bytes]) -> list[Check]:
    """All checks that these files allow. Unusable."""
    try:
        rows = _rows(found["csv"])
        checks = [_products(rows), *_figures(found["figures"], rows)] if "figures" in found else [_products(rows)]
    except (KeyError, ValueError) as error:
        raise Unusable(f"the CSV and the figures do not belong together: {error}") from error
    if "extract" in found:
        checks += _document(found)
    return checks


def main(argv: list[str] | None = None) -> int:
    arguments = _arguments(argv)
    try:
        checks = recompute(_files(arguments))
    except (Unusable, RenderFailed) as error:
        sys.stderr.write(f"wattlane report recompute: {error}\n")
        return 2
    (_as_json if arguments.json else _as_text)(checks)
    return 0 if all(check.same for check in checks) else 1


def _rows(content: bytes) -> list[dict[str, Any]]:
    table = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [{name: lines.text(value or "") for name, value in row.items()} for row in table]


def _products(rows: list[dict[str, Any]]) -> Check:
    wrong, count = [], 0
    for number, row in enumerate(rows, start=1):
        for result, quantity, factor in PRODUCTS:
            if row.get(factor):
                count += 1
                if int(row[result]) != int(row[quantity]) * int(row[factor]):
                    wrong.append(number)
    said = f"differs in lines {', '.join(map(str, wrong[:20]))}" if wrong else f"{count} products agree"
    return Check("lines: emission = quantity × factor", f"{len(rows)} lines", said, not wrong)


def _figures(content: bytes, rows: list[dict[str, Any]]) -> list[Check]:
    checks, sums = [], figures.Sums(rows)
    for figure, printed in figures.read(content):
        value = figure.value(sums)
        found = "" if value is None else f"{value:f}"
        same = found == printed or (bool(found and printed) and Decimal(found) == Decimal(printed))
        checks.append(Check(figure.id, f"{printed} {figure.unit}".strip(), f"{found} {figure.unit}".strip(), same))
    return checks


def _document(found: dict[str, bytes]) -> list[Check]:
    try:
        made = documents.again(found["extract"], found["csv"], pdf="pdf" in found)
    except documents.NotTheSame as error:
        return [Check("extract names this CSV", "sha-256 of the CSV", str(error), False)]
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"the extract cannot be read: {error}") from error
    checks = [Check("extract names this CSV", "sha-256 of the CSV", "the same", True)]
    if (made_by := json.loads(found["extract"]).get("edition", "an early one")) != edition():
        said = f"this is edition {edition()}: its words and pages may differ, so only lines and figures are compared"
        return [*checks, Check("edition of the document", str(made_by), said, True)]
    for kind in ("figures", "pdf"):
        if kind in found and kind in made:
            same = made[kind] == found[kind]
            checks.append(Check(f"{FILES[kind]} made again", "", "the same bytes" if same else "other bytes", same))
    return checks


def _files(arguments: argparse.Namespace) -> dict[str, bytes]:
    named: dict[str, Path] = {kind: path for kind in FILES if (path := getattr(arguments, kind))}
    if arguments.folder:
        held = {kind: arguments.folder / name for kind, name in FILES.items()}
        named = {kind: path for kind, path in held.items() if path.is_file()} | named
    if "csv" not in named:
        raise Unusable("there is no report.csv: name the folder of the downloaded files, or --csv FILE --figures FILE")
    try:
        return {kind: path.read_bytes() for kind, path in named.items()}
    except OSError as error:
        raise Unusable(str(error)) from error


def _as_text(checks: list[Check]) -> None:
    for check in checks:
        sign = "same   " if check.same else "DIFFERS"
        sys.stdout.write(f"{sign}  {check.name}: printed {check.printed or '–'}, found {check.found or '–'}\n")
    wrong = sum(not check.same for check in checks)
    sys.stdout.write(f"{len(checks)} checks, {wrong} differ\n" if wrong else f"{len(checks)} checks, all agree\n")


def _as_json(checks: list[Check]) -> None:
    said = {"same": all(check.same for check in checks), "checks": [vars(check) for check in checks]}
    sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="wattlane report recompute", description="Reckon a report again.")
    parser.add_argument("folder", nargs="?", type=Path, help="where the downloaded files lie under their plain names")
    for kind, name in FILES.items():
        parser.add_argument(f"--{kind}", type=Path, metavar="FILE", help=f"{name}, when it has another name")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
