"""How a ratio is measured: reference, ours, reference again; the median of three rounds."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 3


@dataclass(frozen=True)
class Speed:
    """Units per second of wall clock, and CPU microseconds of this process per unit."""

    per_second: float
    cpu_us: float


Work = Callable[[], "int | Speed"]


@dataclass(frozen=True)
class Case:
    """One comparison. `ours` and `reference` do a fixed amount of work and return how many units it was; work with a
    preparation that must not count returns its speed itself."""

    name: str
    unit: str
    ours: Work
    reference: Work
    against: str


@dataclass(frozen=True)
class Result:
    case: Case
    ours: Speed
    reference: Speed
    ratio: float


def measure(work: Work) -> Speed:
    """Run once."""
    wall, cpu = time.perf_counter(), time.process_time()
    units = work()
    if isinstance(units, Speed):
        return units
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Speed(units / wall, cpu / units * 1e6)


def compare(case: Case) -> Result:
    """Median over the rounds; the reference of a round is the mean of its two runs."""
    ours, references = [], []
    for _ in range(ROUNDS):
        before, here, after = measure(case.reference), measure(case.ours), measure(case.reference)
        ours.append(here)
        references.append(Speed((before.per_second + after.per_second) / 2, (before.cpu_us + after.cpu_us) / 2))
    ratio = statistics.median(a.per_second / b.per_second for a, b in zip(ours, references, strict=True))
    return Result(case, _median(ours), _median(references), ratio)


def _median(speeds: list[Speed]) -> Speed:
    return Speed(statistics.median(s.per_second for s in speeds), statistics.median(s.cpu_us for s in speeds))


def table(results: list[Result]) -> str:
    """Markdown, as in the README."""
    lines = [
        f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}",
        "",
        "| what | ours | reference | ratio | CPU a unit, ours / reference |",
        "|---|---|---|---|---|",
    ]
    for r in results:
        ours, reference = f"{r.ours.per_second:,.0f} {r.case.unit}/s", f"{r.reference.per_second:,.0f}"
        cpu = f"{r.ours.cpu_us:,.0f} / {r.reference.cpu_us:,.0f} µs"
        lines.append(f"| {r.case.name} | {ours} | {reference} ({r.case.against}) | **{r.ratio:.2f}** | {cpu} |")
    return "\n".join(lines)
