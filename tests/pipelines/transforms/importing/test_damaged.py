"""Damaged files are read with their faults set aside, or refused; they never break the import."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pipelines.transforms.importing.errors import NotUnderstood
from tests.pipelines.transforms.importing.reading import numbers, read

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "sessions"
SLICES = [path.read_bytes() for path in sorted(FOLDER.glob("*.csv"))]
SCRAPS = [b'"', b",", b"\n", b";", b"\t", b"'", b"0000", b"-", b"\xff", b"{"]
CELLS = [b"", b"NaN", b"1e400", b"9" * 30, b"-0", b"0000-00-00", b"9999-12-31T23:59:59", b"12:60", b"inf", b"=1+1"]


def damaged(seed: int) -> bytes:
    """A slice with bytes flipped, scraps put in, cells replaced, rows doubled sideways, or its head cut off."""
    rng = random.Random(seed)
    raw = bytearray(rng.choice(SLICES)[:4000])
    rows = [line.split(b",") for line in raw.split(b"\n")]
    match rng.choice(["bytes", "scraps", "cells", "wide", "cut"]):
        case "bytes":
            for _ in range(rng.randint(1, 20)):
                raw[rng.randrange(len(raw))] = rng.randrange(256)
        case "scraps":
            for _ in range(rng.randint(1, 30)):
                at = rng.randrange(len(raw))
                raw[at : at + 1] = rng.choice(SCRAPS)
        case "cells":
            for _ in range(20):
                row = rng.choice(rows)
                row[rng.randrange(len(row))] = rng.choice(CELLS)
            return b"\n".join(b",".join(row) for row in rows)
        case "wide":
            return b"\n".join(b",".join(row * rng.randint(1, 2)) for row in rows)
        case _:
            return bytes(raw[rng.randrange(len(raw)) :])
    return bytes(raw)


def survives(seed: int) -> None:
    try:
        numbers(read(damaged(seed)))
    except NotUnderstood as refused:
        assert refused.tried


@pytest.mark.req("ANA-01")
@pytest.mark.parametrize("block", range(4))
def test_damage(block: int) -> None:
    for seed in range(block * 6, block * 6 + 6):
        survives(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_much_damage(block: int) -> None:
    for seed in range(1000 + block * 20, 1000 + block * 20 + 20):
        survives(seed)
