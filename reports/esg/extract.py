"""What a report is made from, kept beside it: with this and the CSV the report can be made again at any time."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from reports.brand import Brand
from reports.edition import edition
from reports.lines import cell
from reports.lines import text as plain

FORMAT = "wattlane-esg-extract/1"
COLUMNS = (
    "session", "source", "scope", "charger", "site", "country", "country_from", "started_at", "ended_at", "local_day",
    "energy_wh", "resolution", "location_factor", "location_mg_per_kwh", "co2e_location_ug", "market_factor",
    "market_basis", "market_mg_per_kwh", "co2e_market_ug", "baseline_factor", "baseline_mg_per_kwh", "baseline_ug",
    "avoided_ug",
)  # fmt: skip
KEYS = ("month", "place", "sessions")
_WHOLE = {name for name in COLUMNS if name.endswith(("_wh", "_ug", "_per_kwh"))}
Row = dict[str, Any]


@dataclass(frozen=True)
class Extract:
    """Everything that the document says, without personal data. The period is half open, dates as YYYY-MM-DD."""

    brand: Brand
    organisation: str
    language: str
    period_start: str
    period_end: str
    data_version: str
    published_at: str
    factors: list[dict[str, Any]]
    rows: list[Row] = field(default_factory=list)

    def csv(self) -> bytes:
        """All sessions, all figures, full precision. Text that a spreadsheet would run as a formula is quoted."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([*COLUMNS, *(f"location_factor_{name}" for name in ("year", "source")), *KEYS])
        named = {factor["factor"]: factor for factor in self.factors}
        for row in self.rows:
            used = [named[name] for name in (row["location_factor"] or "").split("; ") if name in named]
            keys = [cell(value) for value in keyed(row).values()]
            writer.writerow(
                [*(cell(row[name]) for name in COLUMNS), *(_all(used, name) for name in ("year", "source")), *keys]
            )
        return out.getvalue().encode()

    def to_json(self) -> bytes:
        """The extract without its rows: those are the CSV, named by checksum."""
        head = {k: v for k, v in asdict(self).items() if k != "rows"}
        body = {"format": FORMAT, "edition": edition(), "csv_sha256": hashlib.sha256(self.csv()).hexdigest(), **head}
        return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


class NotTheSame(ValueError):
    """The CSV is not the one that the extract was written with."""


def _all(factors: list[dict[str, Any]], name: str) -> str:
    """What the factors of a session say, each once: its hours may have several."""
    return "; ".join(dict.fromkeys(str(factor[name]) for factor in factors if factor[name] is not None))


def read(head: bytes, table: bytes) -> Extract:
    """An extract from its two files. NotTheSame when they do not belong together."""
    body = json.loads(head)
    body.pop("edition", None)
    if body.pop("format") != FORMAT or body.pop("csv_sha256") != hashlib.sha256(table).hexdigest():
        raise NotTheSame("the CSV was changed or belongs to another report")
    rows = [_row(line) for line in csv.DictReader(io.StringIO(table.decode(), newline=""))]
    return Extract(**body | {"brand": Brand(**body["brand"]), "rows": rows})


def rows_from(table: Iterable[Mapping[str, Any]], scope_of: Any) -> list[Row]:
    """Rows of the carbon mart as rows of the extract: no driver, no vehicle; `scope_of(row)` gives the scope."""
    return [
        {name: _iso(row.get(name)) for name in COLUMNS if name != "scope"} | {"scope": scope_of(row)} for row in table
    ]


def keyed(row: Row) -> dict[str, Any]:
    """What the figures of a row are summed by: its month, its site or else its charger, and 1."""
    return {"month": str(row["local_day"])[:7], "place": str(row["site"] or row["charger"]), "sessions": 1}


def _iso(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _row(line: Mapping[str, str]) -> Row:
    return {name: _value(name, line[name]) for name in COLUMNS}


def _value(name: str, text: str) -> Any:
    if text == "":
        return None
    if name in _WHOLE:
        return int(text)
    return plain(text)
