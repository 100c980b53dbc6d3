"""The report of an import in words, a block per file."""

from __future__ import annotations

from typing import Any

from pipelines.defs.sessions.import_text import refused_text


def as_text(report: dict[str, Any]) -> str:
    """What people read; the JSON report says the same and more."""
    blocks = [refused_text(f) if "error" in f else _file(f) for f in report["files"]]
    if len([f for f in report["files"] if "error" not in f]) > 1:
        blocks.append("All files\n" + _figures(report))
    tail = [f"Rule: {report['rule']}.", f"Times without a zone were read as {report['timezone']}."]
    if report["dry_run"]:
        tail.append("Dry run: nothing was written.")
    return "\n\n".join([*blocks, "\n".join(tail)])


def _file(entry: dict[str, Any]) -> str:
    lines = [entry["file"], _layout(entry["layout"]), _figures(entry)]
    lines += [f"  note        {note}" for note in entry["notes"]]
    if entry["already_imported"]:
        lines.append("  This file was imported before: nothing was changed.")
    lines += [f"  line {e['line']}: {e['means']}" for e in entry["set_aside_examples"]]
    if entry["quarantine"]:
        lines.append(f"  quarantine  {entry['quarantine']}")
    return "\n".join(lines)


def _layout(layout: dict[str, Any]) -> str:
    plain = {k: v for k, v in layout.items() if k != "columns" and v not in (None, "", {}, "plain")}
    columns = "; ".join(f"{role} = {name}" for role, name in layout["columns"].items())
    said = ", ".join(f"{key.replace('_', ' ')} {_one(value)}" for key, value in plain.items())
    return f"  layout      {said}\n              {columns}"


def _one(value: Any) -> str:
    return " / ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)


def _figures(entry: dict[str, Any]) -> str:
    lines = [_line("read", entry["read"]), _line("imported", entry["imported"])]
    lines += _counted("repaired", entry["repaired"]["rows"], entry["repaired"]["by_kind"])
    lines += [_line("set aside", entry["set_aside"])]
    lines += [f"                {n:>7,} {word.replace('_', ' ')}" for word, n in _reasons(entry).items()]
    return "\n".join(lines)


def _reasons(entry: dict[str, Any]) -> dict[str, int]:
    reasons: dict[str, int] = entry["set_aside"]["by_reason"]
    return reasons


def _counted(label: str, rows: int, kinds: dict[str, int]) -> list[str]:
    head = f"  {label:<11} {rows:>9,} rows"
    return [head, *(f"                {n:>7,} {word.replace('_', ' ')}" for word, n in kinds.items())]


def _line(label: str, part: dict[str, Any]) -> str:
    summed = f"  sum {part['sum']:>18,}" if "sum" in part else ""
    return f"  {label:<11} {part['rows']:>9,} rows{summed}"
