"""What a fleet report is made from: a row for each vehicle, site, month and currency. No driver is named."""

import csv
import hashlib
import io
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from reports.brand import Brand
from reports.edition import edition
from reports.figures import Sums
from reports.lines import cell, text

FORMAT = "wattlane-fleet-extract/1"
TEXTS = ("vehicle", "site", "month", "currency")
NUMBERS = (
    "sessions", "priced_sessions", "energy_wh", "occupied_s", "cost_minor", "co2e_location_ug", "co2e_market_ug",
    "avoided_ug",
)  # fmt: skip
COLUMNS = (*TEXTS, *NUMBERS)
Row = dict[str, Any]


class NotTheSame(ValueError):
    """The CSV is not the one that the extract was written with."""


@dataclass(frozen=True)
class Extract:
    """Everything that the document says. The period is half open. `digits`: minor digits of each currency.

    `idle`: vehicles of the roster that did not charge.
    """

    brand: Brand
    organisation: str
    language: str
    period_start: str
    period_end: str
    data_version: str
    published_at: str
    digits: dict[str, int]
    idle: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @cached_property
    def sums(self) -> Sums:
        return Sums(self.rows)

    @cached_property
    def table(self) -> bytes:
        """The rows as CSV."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows([cell(row[name]) for name in COLUMNS] for row in self.rows)
        return out.getvalue().encode()

    def csv(self) -> bytes:
        return self.table

    @property
    def csv_sha256(self) -> str:
        return hashlib.sha256(self.table).hexdigest()

    def to_json(self) -> bytes:
        """The extract without its rows: those are the CSV, named by checksum."""
        head = {name: value for name, value in vars(self).items() if name in _HEAD}
        body = {
            "format": FORMAT,
            "edition": edition(),
            "csv_sha256": self.csv_sha256,
            **head,
            "brand": asdict(self.brand),
        }
        return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


_HEAD = {name for name in Extract.__dataclass_fields__ if name != "rows"}


def read(head: bytes, table: bytes) -> Extract:
    """An extract from its two files. NotTheSame when they do not belong together."""
    body = json.loads(head)
    body.pop("edition", None)
    if body.pop("format") != FORMAT or body.pop("csv_sha256") != hashlib.sha256(table).hexdigest():
        raise NotTheSame("the CSV was changed or belongs to another report")
    found = csv.DictReader(io.StringIO(table.decode(), newline=""))
    rows = [{n: text(row[n]) for n in TEXTS} | {n: int(row[n]) for n in NUMBERS} for row in found]
    return Extract(**body | {"brand": Brand(**body["brand"]), "rows": rows})
