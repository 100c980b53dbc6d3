"""When to charge: in the cheapest (or cleanest) hours, without losing a kWh against charging at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """A period of one price, half open, in seconds; `price` in whole parts of whatever the series counts in.

    `most`: what all jobs together may take in it, in whatever jobs count in (W, or mA of one line).
    """

    start_s: int
    end_s: int
    price: int
    most: int


@dataclass(frozen=True)
class Job:
    """What a vehicle wants by a moment: `amount` is `most` times seconds. Where not all can have theirs the lowest
    `order` is first.
    """

    key: int
    amount: int
    until_s: int
    most: int
    order: int = 0


Plan = Mapping[int, Sequence[int]]  # job → how much in each band


def cheapest(bands: Sequence[Band], jobs: Sequence[Job]) -> dict[int, list[int]]:
    """How much each job takes in each band.

    Every job gets at least the energy that `soonest` gives it. A job that would lose some by waiting for cheap bands
    that others fill is served soonest, before the others; in the worst case all are.
    """
    at_once = soonest(bands, jobs)
    hasty: set[int] = set()
    while True:
        plan = _fill(bands, jobs, hasty)
        losing = {
            job.key for job in jobs if delivered(bands, job, plan[job.key]) < delivered(bands, job, at_once[job.key])
        }
        if not losing:
            return plan
        if losing <= hasty:
            return at_once
        hasty |= losing


def soonest(bands: Sequence[Band], jobs: Sequence[Job]) -> dict[int, list[int]]:
    """The same, from now on: whoever must leave first is served first."""
    return _fill(bands, jobs, {job.key for job in jobs})


def delivered(bands: Sequence[Band], job: Job, plan: Sequence[int]) -> int:
    """What the job gets from a plan by its time, at most what it wants."""
    got = sum(level * _seconds(band, job.until_s) for band, level in zip(bands, plan, strict=True))
    return min(got, job.amount)


def _fill(bands: Sequence[Band], jobs: Sequence[Job], hasty: set[int]) -> dict[int, list[int]]:
    """One job after the other into what the ones before have left; the hasty first, and in order of time."""
    left = [band.most for band in bands]
    plan: dict[int, list[int]] = {}
    for job in sorted(jobs, key=lambda job: (job.key not in hasty, job.order, job.until_s, job.key)):
        order = range(len(bands))
        ranked = list(order) if job.key in hasty else sorted(order, key=lambda i: (bands[i].price, i))
        plan[job.key] = _place(bands, job, ranked, left)
    return plan


def _place(bands: Sequence[Band], job: Job, ranked: Sequence[int], left: list[int]) -> list[int]:
    """Puts the job's energy into the bands in this order and takes it off `left`."""
    placed, left_over = [0] * len(bands), job.amount
    for index in ranked:
        seconds = _seconds(bands[index], job.until_s)
        if left_over <= 0 or seconds <= 0:
            continue
        level = max(0, min(job.most, left[index], -(-left_over // seconds)))
        placed[index], left[index] = level, left[index] - level
        left_over -= level * seconds
    return placed


def _seconds(band: Band, until_s: int) -> int:
    return max(0, min(band.end_s, until_s) - band.start_s)
