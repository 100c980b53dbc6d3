"""A figure is a sum over lines, rounded once. It carries its own rule, so that anybody can reckon it again."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from itertools import product

from .lines import Line, cell, text

Where = Mapping[str, tuple[str, ...]]
HEADER = ("id", "label", "value", "unit", "sum_of", "where", "share_of", "divided_by", "scale", "places")


@dataclass(frozen=True)
class Figure:
    """Σ `column` over the lines that fit `where`, × 10^scale, ÷ `divided_by`, rounded half to even to `places`.

    With `share_of`: in percent of the same sum over the lines that fit that. Units of the sums: µg, Wh, ml, sessions.
    """

    id: str
    column: str
    where: Where
    unit: str
    scale: int
    places: int
    divided_by: Decimal = Decimal(1)
    share_of: Where | None = None
    label: str = field(default="", compare=False)

    def value(self, sums: "Sums") -> Decimal | None:
        """The figure; None for a share of nothing."""
        total = sums.of(self.column, self.where)
        with localcontext(prec=60):
            if self.share_of is None:
                exact = Decimal(total).scaleb(self.scale) / self.divided_by
            else:
                whole = sums.of(self.column, self.share_of)
                if whole == 0:
                    return None
                exact = Decimal(100 * total) / Decimal(whole)
            return exact.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_EVEN)


class Sums:
    """Sums over lines by the values of some columns. Each set of columns is gone through once, however many figures."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = list(lines)
        self._held: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], int]] = {}

    def of(self, column: str, where: Where) -> int:
        """Σ of a column over the lines that fit. KeyError for a column that the lines do not have."""
        names = tuple(where)
        held = self._held.get((column, names))
        if held is None:
            held = self._held[column, names] = self._gone_through(column, names)
        return sum(held.get(key, 0) for key in set(product(*where.values())))

    def _gone_through(self, column: str, names: tuple[str, ...]) -> dict[tuple[str, ...], int]:
        found: dict[tuple[str, ...], int] = defaultdict(int)
        for line in self._lines:
            if line[column]:
                found[tuple(str(line[name] or "") for name in names)] += int(line[column])
        return found


def fits(line: Line, where: Where) -> bool:
    """Whether each named column has one of the values."""
    return all(str(line[name] or "") in wanted for name, wanted in where.items())


def table(figures: Iterable[Figure], lines: list[Line]) -> bytes:
    """All figures with their rules as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    sums = Sums(lines)
    for figure in figures:
        value = figure.value(sums)
        writer.writerow([
            figure.id, cell(figure.label), "" if value is None else f"{value:f}", figure.unit, figure.column,
            written(figure.where), "" if figure.share_of is None else written(figure.share_of) or "all",
            f"{figure.divided_by:f}", figure.scale, figure.places,
        ])  # fmt: skip
    return out.getvalue().encode()


def read(content: bytes) -> list[tuple[Figure, str]]:
    """Figures of a CSV, each with the value that was printed."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [(_figure(row), row["value"]) for row in rows]


def written(where: Where) -> str:
    """`scope=2; method=location|both`; values as in the lines, `|`, `;` and `\\` in them escaped by a backslash."""
    return "; ".join(f"{name}={'|'.join(map(_escaped, values))}" for name, values in where.items())


def parsed(rule: str) -> dict[str, tuple[str, ...]]:
    """What `written` wrote."""
    found: dict[str, tuple[str, ...]] = {}
    for part in _split(rule, ";"):
        name, _, values = part.removeprefix(" ").partition("=")
        if name:
            found[name] = tuple(_plain(value) for value in _split(values, "|"))
    return found


def _figure(row: Mapping[str, str]) -> Figure:
    share = row["share_of"]
    return Figure(
        row["id"], row["sum_of"], parsed(row["where"]), row["unit"], int(row["scale"]), int(row["places"]),
        Decimal(row["divided_by"]), parsed("" if share == "all" else share) if share else None, text(row["label"]),
    )  # fmt: skip


def _escaped(value: str) -> str:
    for sign in ("\\", "|", ";"):
        value = value.replace(sign, "\\" + sign)
    return value


def _split(text: str, sign: str) -> list[str]:
    """Parts of a text at a sign that no backslash precedes."""
    parts, current, skip = [], "", False
    for letter in text:
        if skip or letter != sign:
            current += letter
            skip = not skip and letter == "\\"
        else:
            parts.append(current)
            current = ""
    return [*parts, current]


def _plain(value: str) -> str:
    out, skip = "", False
    for letter in value:
        if letter == "\\" and not skip:
            skip = True
        else:
            out += letter
            skip = False
    return out
