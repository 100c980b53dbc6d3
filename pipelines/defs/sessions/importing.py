"""`python -m pipelines.defs.sessions.importing`: what `wattlane import sessions` runs.

Exit 0: every file was understood; 1: one was not (what was tried is printed); 2: wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.resources.landing import Landing
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.faults import REASONS, already_known
from pipelines.transforms.importing.reading import Options, SessionFile, read_sessions
from pipelines.transforms.importing.report import RULE, figures, total
from pipelines.transforms.importing.table import ROW
from pipelines.transforms.importing.zones import is_zone
from saas.contracts.internal import pseudonym

from .import_text import Meter, as_text

EXAMPLES = 10


class WrongUsage(Exception):
    """The command line cannot be carried out as given."""


def main(argv: list[str] | None = None) -> int:
    """Import the files named on the command line; the report goes to stdout, progress to stderr."""
    arguments = _parser().parse_args(argv)
    try:
        report = run(arguments)
    except WrongUsage as error:
        sys.stderr.write(f"wattlane import: {error}\n")
        if arguments.json:
            sys.stdout.write(json.dumps({"error": str(error), "tried": []}) + "\n")
        return 2
    sys.stdout.write((json.dumps(report, ensure_ascii=False) if arguments.json else as_text(report)) + "\n")
    return 1 if "error" in report else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wattlane import sessions", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--tenant")
    parser.add_argument("--timezone")
    parser.add_argument("--date-order", choices=("dmy", "mdy"))
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """The whole report. Raises WrongUsage before anything is written."""
    check_usage(arguments)
    tenant, zone = arguments.tenant or "", arguments.timezone or "UTC"
    landing = Landing(tenant) if tenant else None
    write = landing is not None and not arguments.dry_run
    secret = landing.driver_secret() if landing and write else ""
    options = Options(zone, lambda name: pseudonym(secret, tenant, name), arguments.date_order)
    guard: AbstractContextManager[None] = landing.locked() if landing and write else nullcontext()
    with guard:
        files = list(_each(arguments, _Import(landing, options, write)))
    return _report(files, arguments, zone)


def check_usage(arguments: argparse.Namespace) -> None:
    """What every kind of import needs: files that are there, a zone and a tenant that can be. Raises WrongUsage."""
    for name in arguments.files:
        if Path(name).is_dir():
            raise WrongUsage(f"{name} is a folder: name the files in it")
        if not Path(name).is_file():
            raise WrongUsage(f"no such file: {name}")
    if arguments.timezone and not is_zone(arguments.timezone):
        raise WrongUsage(f"unknown time zone {arguments.timezone!r}; use a name such as Europe/Helsinki")
    if arguments.tenant and not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", arguments.tenant):
        raise WrongUsage(f"{arguments.tenant!r} is no tenant's name")
    if not arguments.tenant and not arguments.dry_run:
        raise WrongUsage("name the tenant with --tenant, or try the file with --dry-run")


def _each(arguments: argparse.Namespace, work: _Import) -> Iterator[dict[str, Any]]:
    """One entry per file. In a dry run the keys of the files before count as imported."""
    seen = pl.Series("session_key", [], dtype=pl.String)
    done: set[str] = set()
    for at, name in enumerate(arguments.files, start=1):
        path = Path(name)
        meter = Meter(path.name, at, len(arguments.files))
        try:
            raw = path.read_bytes()
            file = read_sessions(raw, path.name, work.options, meter)
        except NotUnderstood as error:
            meter.close("not understood")
            yield refused(path, raw, error)
            continue
        entry, judged = work.land(path, file, seen, again=file.sha256 in done)
        done.add(file.sha256)
        seen = pl.concat([seen, judged.filter(pl.col("_reason").is_null())["session_key"]])
        meter.close(f"{entry['imported']['rows']} sessions")
        yield entry


def refused(path: Path, raw: bytes, error: NotUnderstood) -> dict[str, Any]:
    """The entry of a file that was not understood."""
    checksum = hashlib.sha256(raw).hexdigest()
    return {"file": str(path), "sha256": checksum, "error": error.message, "tried": error.tried}


@dataclass(frozen=True, slots=True)
class _Import:
    """One run of the command: where to, how to read, and whether to write. No `landing` without a tenant."""

    landing: Landing | None
    options: Options
    write: bool

    def land(
        self, path: Path, file: SessionFile, seen: pl.Series, *, again: bool
    ) -> tuple[dict[str, Any], pl.DataFrame]:
        """The file's entry in the report, and its judged rows; stores them unless it is a dry run or nothing new."""
        before = self.landing.manifest(file.sha256) if self.landing else None
        done = before is not None or again
        judged = _all_known(file.judged) if done else already_known(file.judged, self._known(file, seen))
        entry = {"file": str(path), "sha256": file.sha256, "layout": file.layout, **figures(judged)}
        entry |= {"already_imported": done, "set_aside_examples": list(_aside(file, judged, EXAMPLES))}
        if before and before["timezone"] != self.options.zone:
            entry["note"] = f"imported before with time zone {before['timezone']}; nothing was changed"
        if self.landing and self.write and not done:
            self._store(self.landing, file, judged, entry)
        stored = self.landing if self.landing and (self.write or before) else None
        entry["quarantine"] = str(stored.quarantine_path(file.sha256)) if stored else None
        entry["manifest"] = str(stored.manifest_path(file.sha256)) if stored else None
        return entry, judged

    def _known(self, file: SessionFile, seen: pl.Series) -> pl.Series:
        return pl.concat([seen, self.landing.known_keys(but=file.sha256)]) if self.landing else seen

    def _store(self, landing: Landing, file: SessionFile, judged: pl.DataFrame, entry: dict[str, Any]) -> None:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = entry | {"timezone": self.options.zone, "imported_at": at}
        landing.store(file.sha256, _sessions(file, judged), _aside(file, judged), manifest)


def _all_known(judged: pl.DataFrame) -> pl.DataFrame:
    """The very same file again: whatever could be imported, was."""
    return judged.with_columns(pl.coalesce("_reason", pl.lit("already_imported")).alias("_reason"))


def _sessions(file: SessionFile, judged: pl.DataFrame) -> pl.DataFrame:
    good = judged.filter(pl.col("_reason").is_null())
    return good.with_columns(source_file=pl.lit(file.name), source_sha256=pl.lit(file.sha256))


def _aside(file: SessionFile, judged: pl.DataFrame, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """Each set-aside row with file, line, row, reason and what the file said. Sessions known already are not faults."""
    faults = judged.filter(pl.col("_reason").is_not_null() & (pl.col("_reason") != "already_imported"))
    faults = faults.select(ROW_IN, "_line", "_reason", "energy_wh").head(limit or judged.height)
    raw = file.table.frame.join(faults, left_on=ROW, right_on=ROW_IN, how="semi").sort(ROW)
    columns = [f"c{i}" for i in range(len(file.table.names))]
    for (row, line, reason, energy), texts in zip(faults.iter_rows(), raw.select(columns).iter_rows(), strict=True):
        yield {
            "file": file.name, "line": line, "row": row, "reason": reason, "means": REASONS[reason],
            "energy_wh": energy, "raw": dict(zip(file.table.names, texts, strict=True)),
        }  # fmt: skip


ROW_IN = "source_row"


def _report(files: list[dict[str, Any]], arguments: argparse.Namespace, zone: str) -> dict[str, Any]:
    good = [f for f in files if "error" not in f]
    sums = total([{k: f[k] for k in ("read", "imported", "set_aside", "repaired")} for f in good])
    report: dict[str, Any] = {"files": files, **sums, "rule": RULE, "timezone": zone, "tenant": arguments.tenant}
    known = sums.get("set_aside", {}).get("by_reason", {}).get("already_imported", 0)
    report |= {"duplicates_of_earlier_import": known, "dry_run": arguments.dry_run}
    for key in ("quarantine", "manifest"):
        paths = [f[key] for f in good if f[key]]
        report[key] = paths[0] if len(paths) == 1 else paths or None
    bad = [f for f in files if "error" in f]
    if bad:
        report |= {
            "error": "; ".join(f"{f['file']}: {f['error']}" for f in bad),
            "tried": [t for f in bad for t in f["tried"]],
        }
    return report


if __name__ == "__main__":
    sys.exit(main())
