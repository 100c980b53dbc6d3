"""The same sessions come back whatever layout they were written in."""

from __future__ import annotations

import random

import pytest

from tests.pipelines.transforms.importing.layouts import DATES, Layout, sessions, some_layout, write
from tests.pipelines.transforms.importing.reading import imported, numbers, read

ZONES = ("Europe/Berlin", "America/New_York", "UTC", "Asia/Dubai", "Europe/Helsinki")


def comes_back(layout: Layout, zone: str, seed: int, count: int) -> None:
    rows = sessions(seed, zone, count)
    file = read(write(rows, layout, seed), zone)
    assert imported(file) == {row.facts() for row in rows}, (layout, file.layout)
    assert numbers(file)["read"]["energy_wh"] == sum(row.energy_wh for row in rows)


@pytest.mark.req("ANA-01")
@pytest.mark.parametrize("seed", range(24))
def test_any_layout(seed: int) -> None:
    rng = random.Random(seed)
    comes_back(some_layout(rng), rng.choice(ZONES), seed, rng.choice((12, 40, 120)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1300))
def test_many_more_layouts(seed: int) -> None:
    rng = random.Random(seed)
    comes_back(some_layout(rng), rng.choice(ZONES), seed, rng.choice((12, 40, 120)))


@pytest.mark.parametrize("date", DATES)
def test_every_date_format(date: str) -> None:
    comes_back(Layout(date=date), "Europe/Helsinki", 7, 40)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_every_encoding(encoding: str) -> None:
    comes_back(Layout(names="fr", encoding=encoding), "Europe/Paris", 8, 20)
