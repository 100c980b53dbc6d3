"""The lake: 50 million messages to quarters of an hour and sessions, beside a bare Polars and a bare DuckDB query of
the same aggregate over the same files; one more day on a long history; and filtered reads of a mart.

Each part runs in a process of its own, which says its wall time, its CPU time and the most memory that it held; the
queries write what they found and all must agree. Alone: `python -m infra.bench.lake [--rows N] [--history N]`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROWS, HISTORY, ROUNDS = 50_000_000, 10_000_000, 3
# What the goal is held against, and a shorter query that is right for good data only.
BARE, SHORT = ("polars", "duckdb"), "duckdb_short"
PARTS = ("ours", *BARE, SHORT)
GOAL, MOST_MB = 1.2, 1024
NEEDED_BYTES_A_ROW = 60
NOTES = (
    f"Goals: at most {GOAL} of the faster bare query, less than {MOST_MB} MB.",
    "* Finds the same while no register falls and no session is interrupted within a quarter: not what the goal says.",
)


def report(rows: int = ROWS, history: int = HISTORY) -> str:
    """The tables of this bench."""
    return "\n\n".join([aggregate(rows), long_history(history)])


def aggregate(rows: int) -> str:
    """From messages to quarters and sessions; the best of the rounds, in which the parts take turns."""
    with tempfile.TemporaryDirectory(prefix="wattlane-lake-") as name:
        _room(Path(name), rows * NEEDED_BYTES_A_ROW)
        made = _child(name, "generate", rows)
        runs = {part: [] for part in PARTS}
        for _ in range(ROUNDS if rows <= 10_000_000 else 1):
            for part in PARTS:
                runs[part].append(_child(name, part, made["rows"]))
    return _agreed(made, {part: min(found, key=lambda run: run["seconds"]) for part, found in runs.items()})


def _agreed(made: dict[str, Any], runs: dict[str, dict[str, Any]]) -> str:
    answers = {json.dumps(run["answer"]) for run in runs.values()}
    if len(answers) != 1:
        raise SystemExit(f"they do not agree: {runs}")
    bare = min(runs[part]["seconds"] for part in BARE)
    lines = [
        f"{made['rows']:,} messages of {made['days']} days in {made['bytes'] / 1e6:,.0f} MB"
        f" to {runs['ours']['answer'][0]:,} quarters and {runs['ours']['answer'][2]:,} sessions",
        "",
        "| | wall s | CPU s | rows/s | most memory MB | wall, of the faster bare query |",
        "|---|---|---|---|---|---|",
    ]
    names = {"ours": "the assets' own steps, by day, published", "polars": "bare Polars", "duckdb": "bare DuckDB"}
    names[SHORT] = "DuckDB, by first and last of each quarter *"
    for part in PARTS:
        run = runs[part]
        lines.append(
            f"| {names[part]} | {run['seconds']:.1f} | {run['cpu']:.1f} | {made['rows'] / run['seconds']:,.0f} "
            f"| {run['mb']:,} | {run['seconds'] / bare:.2f} |"
        )
    return "\n".join([*lines, "", *NOTES])


def long_history(rows: int) -> str:
    """One more day on a tenth of the history and on all of it, and filtered reads of the mart."""
    lines = [
        "| sessions in the mart | of the day | one more day s | its CPU s | read p50 ms | read p99 ms | reader MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for size in (rows // 10, rows):
        with tempfile.TemporaryDirectory(prefix="wattlane-lake-") as name:
            _room(Path(name), size * 150)
            _child(name, "history", size)
            day, read = _child(name, "day", size), _child(name, "read", size)
        cost, cpu = (statistics.median(day["answer"][what]) for what in ("seconds", "cpu"))
        lines.append(
            f"| {size:,} | {day['answer']['rows']:,} | {cost:.2f} | {cpu:.2f} | {read['answer']['p50']:.0f} "
            f"| {read['answer']['p99']:.0f} | {read['mb']:,} |"
        )
    return "\n".join(lines)


def _room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise SystemExit(f"{folder} has {free / 1e9:.1f} GB free, {size / 1e9:.1f} GB are needed")


def _child(home: str, part: str, rows: int) -> dict[str, Any]:
    print(f"lake: {part}", file=sys.stderr, flush=True)
    environment = {k: v for k, v in os.environ.items() if k not in ("LAKE_URL", "WATTLANE_DASK", "DATABASE_URL")}
    argv = [sys.executable, "-m", "infra.bench.lake_parts", part, str(rows)]
    done = subprocess.run(argv, env=environment | {"WATTLANE_HOME": home}, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="messages; 0 leaves this part out")
    parser.add_argument("--history", type=int, default=HISTORY, help="sessions; 0 leaves this part out")
    given = parser.parse_args()
    if given.rows:
        print(aggregate(given.rows), flush=True)
    if given.history:
        print(f"\n{long_history(given.history)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
