"""`python -m pipelines.defs.importing KIND FILE…`: what `wattlane import status|locations|prices|carbon` runs.

Exit 0: every file was understood; 1: one was not (what was tried, or which option to give, is printed); 2: wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.defs.importing.landing_in import Entry, Import
from pipelines.defs.importing.options import OPTIONS, parser
from pipelines.defs.importing.words import as_text
from pipelines.defs.sessions.import_text import Meter
from pipelines.defs.sessions.importing import WrongUsage, check_usage, refused
from pipelines.resources.landing import Landing
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.kind import Ask, read_kind, told
from pipelines.transforms.importing.report import total


def main(argv: list[str] | None = None) -> int:
    """Import the files named on the command line; the report goes to stdout, progress to stderr."""
    arguments = parser().parse_args(argv)
    try:
        report = run(arguments)
    except WrongUsage as error:
        sys.stderr.write(f"wattlane import: {error}\n")
        if arguments.json:
            sys.stdout.write(json.dumps({"error": str(error), "tried": []}) + "\n")
        return 2
    sys.stdout.write((json.dumps(report, ensure_ascii=False) if arguments.json else as_text(report)) + "\n")
    return 1 if "error" in report else 0


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """The whole report. Raises WrongUsage before anything is written."""
    check_usage(arguments)
    kind, options = OPTIONS[arguments.word]
    given = {o.name: text for o in options if (text := getattr(arguments, o.name))}
    landing = Landing(arguments.tenant, kind=arguments.word) if arguments.tenant else None
    write = landing is not None and not arguments.dry_run
    guard: AbstractContextManager[None] = landing.locked() if landing and write else nullcontext()
    with guard:
        files = list(_each(arguments, Import(kind, landing, write, arguments.timezone or "UTC", given)))
    return _report(files, arguments)


def _each(arguments: argparse.Namespace, work: Import) -> Iterator[Entry]:
    """One entry per file. In a dry run the keys of the files before count as imported."""
    seen = work.nothing_seen()
    done: set[str] = set()
    for at, name in enumerate(arguments.files, start=1):
        path, meter = Path(name), Meter(Path(name).name, at, len(arguments.files))
        raw = path.read_bytes()
        try:
            file = read_kind(work.kind, raw, Ask(work.zone, path.name, arguments.date_order, work.given), meter)
        except NotUnderstood as error:
            meter.close("not understood")
            yield refused(path, raw, error)
            continue
        entry, judged = work.land(path, file, seen, again=file.sha256 in done)
        done.add(file.sha256)
        fresh = told(work.kind, judged.filter(pl.col("_reason").is_null()))
        seen = pl.concat([seen, fresh], how="vertical_relaxed")
        meter.close(f"{entry['imported']['rows']} {work.kind.noun}")
        yield entry


def _report(files: list[Entry], arguments: argparse.Namespace) -> dict[str, Any]:
    good, bad = [f for f in files if "error" not in f], [f for f in files if "error" in f]
    sums = total([{k: f[k] for k in ("read", "imported", "set_aside", "repaired")} for f in good])
    known = sums.get("set_aside", {}).get("by_reason", {}).get("already_imported", 0)
    report: dict[str, Any] = {"kind": arguments.word, "files": files, **sums, "tenant": arguments.tenant}
    report |= {"rule": "read = imported + set aside, in rows and in the sum of the values"}
    report |= {"timezone": arguments.timezone or "UTC", "dry_run": arguments.dry_run}
    report |= {"duplicates_of_earlier_import": known}
    for key in ("quarantine", "manifest"):
        paths = [f[key] for f in good if f[key]]
        report[key] = paths[0] if len(paths) == 1 else paths or None
    if bad:
        report["error"] = "; ".join(f"{f['file']}: {f['error']}" for f in bad)
        report["tried"] = [t for f in bad for t in f["tried"]]
    return report


if __name__ == "__main__":
    sys.exit(main())
