"""When to charge: in the cheapest (or cleanest) hours, without losing a kWh against charging at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """A period of one price, half open, in seconds; `price` in whole parts of whatever the series counts in.

    `power_w`: what all jobs together may take in it.
    """

    start_s: int
    end_s: int
    price: int
    power_w: int


@dataclass(frozen=True)
class Job:
    """Energy (in watt-seconds) that a vehicle wants by a moment. Where it does not suffice the lowest `order` is first."""

    key: int
    energy_ws: int
    until_s: int
    power_w: int
    order: int = 0


Plan = Mapping[int, Sequence[int]]  # job → watts in each band


def cheapest(bands: Sequence[Band], jobs: Sequence[Job]) -> dict[int, list[int]]:
    """Watts of each job in each band.

    Every job gets at least the energy that `soonest` gives it. A job that would lose some by waiting for cheap bands
    that others fill is served soonest, before the others; in the worst case all are.
    """
    at_once = soonest(bands, jobs)
    hasty: set[int] = set()
    while True:
        plan = _fill(bands, jobs, hasty)
        losing = {
            job.key for job in jobs if energy_ws(bands, job, plan[job.key]) < energy_ws(bands, job, at_once[job.key])
        }
        if not losing:
            return plan
        if losing <= hasty:
            return at_once
        hasty |= losing


def soonest(bands: Sequence[Band], jobs: Sequence[Job]) -> dict[int, list[int]]:
    """The same, from now on: whoever must leave first is served first."""
    return _fill(bands, jobs, {job.key for job in jobs})


def energy_ws(bands: Sequence[Band], job: Job, plan: Sequence[int]) -> int:
    """What the job gets from a plan by its time, at most what it wants."""
    got = sum(watts * _seconds(band, job.until_s) for band, watts in zip(bands, plan, strict=True))
    return min(got, job.energy_ws)


def _fill(bands: Sequence[Band], jobs: Sequence[Job], hasty: set[int]) -> dict[int, list[int]]:
    """One job after the other into what the ones before have left; the hasty first, and in order of time."""
    left = [band.power_w for band in bands]
    plan: dict[int, list[int]] = {}
    for job in sorted(jobs, key=lambda job: (job.key not in hasty, job.order, job.until_s, job.key)):
        order = range(len(bands))
        ranked = list(order) if job.key in hasty else sorted(order, key=lambda i: (bands[i].price, i))
        plan[job.key] = _place(bands, job, ranked, left)
    return plan


def _place(bands: Sequence[Band], job: Job, ranked: Sequence[int], left: list[int]) -> list[int]:
    """Puts the job's energy into the bands in this order and takes it off `left`."""
    placed, open_ws = [0] * len(bands), job.energy_ws
    for index in ranked:
        seconds = _seconds(bands[index], job.until_s)
        if open_ws <= 0 or seconds <= 0:
            continue
        power = min(job.power_w, left[index], -(-open_ws // seconds))
        placed[index], left[index] = power, left[index] - power
        open_ws -= power * seconds
    return placed


def _seconds(band: Band, until_s: int) -> int:
    return max(0, min(band.end_s, until_s) - band.start_s)
