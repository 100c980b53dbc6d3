"""What an inventory report is made from: its head, and its lines, which are the CSV beside it."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from reports import lines as table
from reports.brand import Brand
from reports.edition import edition
from reports.figures import Sums
from reports.lines import Line

FORMAT = "wattlane-inventory-extract/1"


class NotTheSame(ValueError):
    """The CSV is not the one that the extract was written with."""


@dataclass(frozen=True)
class Extract:
    """Everything that the document says, without personal data. The period is half open, dates as YYYY-MM-DD.

    `kind`: ghg, esrs_e1 or vsme_b3. `revenue`: net revenue of the period in whole units of `currency`, for
    intensities. `notes`: what a reader must know of these data, as [word, {name: value}].
    """

    kind: str
    brand: Brand
    organisation: str
    language: str
    period_start: str
    period_end: str
    data_version: str
    published_at: str
    boundary: str  # whole: the tenant as one organisation; organisation: one fleet or enterprise in it
    currency: str = ""
    revenue: str = ""
    factors: list[dict[str, Any]] = field(default_factory=list)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def net_revenue(self) -> Decimal | None:
        return Decimal(self.revenue) if self.revenue else None

    @cached_property
    def sums(self) -> Sums:
        return Sums(self.lines)

    def csv(self) -> bytes:
        return table.table(self.lines)

    def to_json(self) -> bytes:
        """The extract without its lines: those are the CSV, named by checksum."""
        head = {k: v for k, v in asdict(self).items() if k != "lines"}
        body = {"format": FORMAT, "edition": edition(), "csv_sha256": hashlib.sha256(self.csv()).hexdigest(), **head}
        return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def read(head: bytes, lines: bytes) -> Extract:
    """An extract from its two files. NotTheSame when they do not belong together."""
    body = json.loads(head)
    body.pop("edition", None)
    if body.pop("format") != FORMAT or body.pop("csv_sha256") != hashlib.sha256(lines).hexdigest():
        raise NotTheSame("the CSV was changed or belongs to another report")
    notes = [(word, values) for word, values in body.pop("notes")]
    return Extract(**body | {"brand": Brand(**body["brand"]), "notes": notes, "lines": table.read(lines)})
