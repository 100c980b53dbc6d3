"""Files that are no charging sessions are refused, with what was tried."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest

from pipelines.transforms.importing.errors import NotUnderstood
from tests.pipelines.transforms.importing.reading import read

BIKES = "trip_id,start_time,end_time,start_station_id,distance_km\n" + "".join(
    f"{i},2021-03-{i:02} 10:00:00,2021-03-{i:02} 10:20:00,12,3.2\n" for i in range(1, 20)
)
METER = "timestamp,kwh\n" + "".join(f"2021-03-05 {h:02}:00:00,{h / 2}\n" for h in range(24))
MACHINES = "UDI,Product ID,Type,Air temperature [K],Torque [Nm],Tool wear [min],Machine failure\n" + "".join(
    f"{i},M{i},M,298.{i},42.8,{i},0\n" for i in range(1, 20)
)
POINTS = "chargeDeviceID,name,latitude,longitude,chargeDeviceStatus\ncf,2 Riddons Road,51.43,0.03,In service\n"
LETTER = "Dear reader,\nthis is a letter, with commas, and so on.\nIt has lines, and words.\n"


def two_in_a_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "y")
    return out.getvalue()


@pytest.mark.req("ANA-01")
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n",
        b"Start,End,kWh,Station\n",
        random.Random(1).randbytes(4000),
        BIKES.encode(),
        METER.encode(),
        MACHINES.encode(),
        POINTS.encode(),
        LETTER.encode(),
        b"<!DOCTYPE html><html><body>Not found</body></html>",
        b'{"error": "not found"}',
        b"[]",
        b"{broken",
        b"PAR1....",
        b"\x1f\x8b broken gzip",
        b"PK\x03\x04 broken zip",
        two_in_a_zip(),
        b"%PDF-1.7 x",
    ],
)
def test_refused_with_what_was_tried(raw: bytes) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read(raw)
    assert refused.value.message
    assert refused.value.tried


SHARED = Path(__file__).resolve().parents[5] / "shared" / "data"
OTHERS = [
    p
    for folder in ("locations", "maintenance", "carbon")
    for p in sorted((SHARED / folder).glob("*"))
    if p.stat().st_size < 2e6
]


@pytest.mark.slow
def test_real_files_of_other_kinds() -> None:
    accepted = []
    for path in OTHERS:
        try:
            read(path.read_bytes())
            accepted.append(path.name)
        except NotUnderstood:
            continue
    assert accepted == []
