"""What `wattlane import sessions` shows people: progress on stderr, the report in words."""

import sys
from typing import Any


class Meter:
    """Progress of one file: a bar that redraws on a terminal, a line per stage elsewhere."""

    def __init__(self, name: str, at: int, of: int) -> None:
        self._head = f"[{at}/{of}] {name}"
        self._live = sys.stderr.isatty()

    def __call__(self, stage: str, share: float) -> None:
        if self._live:
            done = round(share * 20)
            sys.stderr.write(f"\r\033[K{self._head}  {'█' * done}{'░' * (20 - done)} {stage}")
        else:
            sys.stderr.write(f"{self._head}: {stage}\n")
        sys.stderr.flush()

    def close(self, result: str) -> None:
        """The last word on the file."""
        sys.stderr.write(f"{chr(13) + chr(27) + '[K' if self._live else ''}{self._head}: {result}\n")
        sys.stderr.flush()


def as_text(report: dict[str, Any]) -> str:
    """The report in words, a block per file, sums at the end."""
    blocks = [refused_text(f) if "error" in f else _file(f) for f in report["files"]]
    good = [f for f in report["files"] if "error" not in f]
    if len(good) > 1:
        blocks.append("All files\n" + _figures(report))
    tail = [f"Rule: {report['rule']}", f"Times without a zone were read as {report['timezone']}."]
    if report["dry_run"]:
        tail.append("Dry run: nothing was written.")
    return "\n\n".join([*blocks, "\n".join(tail)])


def refused_text(entry: dict[str, Any]) -> str:
    """A file that was not understood, with what was tried."""
    tried = "\n".join(f"    {t}" for t in entry["tried"])
    return f"{entry['file']}\n  not understood: {entry['error']}\n  tried:\n{tried}"


def _file(entry: dict[str, Any]) -> str:
    lines = [entry["file"], _layout(entry["layout"]), _figures(entry)]
    if entry["already_imported"]:
        lines.append("  This file was imported before: nothing was changed.")
    if "note" in entry:
        lines.append(f"  {entry['note']}")
    if entry["quarantine"]:
        lines.append(f"  quarantine  {entry['quarantine']}")
    else:
        lines += [f"  line {e['line']}: {e['means']}" for e in entry["set_aside_examples"]]
    return "\n".join(lines)


def _layout(layout: dict[str, Any]) -> str:
    columns = "; ".join(f"{role} = {name}" for role, name in layout["columns"].items())
    packed = "" if layout["container"] == "plain" else f"{layout['container']}, "
    mark = f", delimiter {layout['delimiter']!r}" if layout["delimiter"] else ""
    return (
        f"  layout      {packed}{layout['format']}, {layout['encoding']}{mark}, decimal {layout['decimal_mark']!r}, "
        f"energy in {layout['energy_unit']} ({layout['energy_unit_from']})\n"
        f"              dates {layout['date_format']} ({layout['date_order_from']}), zone {layout['zone']}\n"
        f"              {columns}"
    )


def _figures(entry: dict[str, Any]) -> str:
    lines = [_line("read", entry["read"]), _line("imported", entry["imported"])]
    lines.append(f"  repaired    {entry['repaired']['rows']:>9,} rows")
    lines += [
        f"                {count:>7,} {kind.replace('_', ' ')}" for kind, count in entry["repaired"]["by_kind"].items()
    ]
    lines.append(_line("set aside", entry["set_aside"]))
    lines += [
        f"                {n:>7,} {reason.replace('_', ' ')}" for reason, n in entry["set_aside"]["by_reason"].items()
    ]
    if missing := entry["read"]["rows_without_energy"]:
        lines.append(f"  {missing:,} rows without a readable energy count 0 Wh")
    return "\n".join(lines)


def _line(label: str, part: dict[str, Any]) -> str:
    return f"  {label:<11} {part['rows']:>9,} rows  {part['energy_wh']:>15,} Wh"
