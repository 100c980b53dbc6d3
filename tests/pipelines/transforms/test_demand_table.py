from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.pricing.table import read_series

START = datetime.fromisoformat("2022-09-03T00:00:00")
HOURS, ZONES = 240, ("102", "104", "105")
TIMES = [START + timedelta(hours=n) for n in range(HOURS)]
RHYTHM = 5 + 4 * np.sin(2 * np.pi * np.arange(HOURS) / 24)
CELLS = np.stack([np.round(RHYTHM * k, 2) for k in (1, 2, 3)], axis=1).astype(np.float32)
START_S = int((START - datetime.fromisoformat("1970-01-01T00:00:00")).total_seconds())


def table(name: str = "time", times: list[str] | None = None, delimiter: str = ",", comma: bool = False) -> bytes:
    rows = [delimiter.join([name, *ZONES])]
    for time, cells in zip(times or [str(t) for t in TIMES], CELLS, strict=True):
        texts = [f"{cell:.2f}".replace(".", "," if comma else ".") for cell in cells]
        rows.append(delimiter.join([time, *texts]))
    return "\n".join(rows).encode()


def long() -> bytes:
    rows = [
        f"{t},{zone},{cell}"
        for t, cells in zip(TIMES, CELLS, strict=True)
        for zone, cell in zip(ZONES, cells, strict=True)
    ]
    return "\n".join(["time,zone,volume", *rows]).encode()


def across() -> bytes:
    rows = [",".join(["zone", *(t.isoformat() for t in TIMES)])]
    rows += [",".join([zone, *map(str, CELLS[:, n])]) for n, zone in enumerate(ZONES)]
    return "\n".join(rows).encode()


FORMS = {
    "iso": table(),
    "day first, semicolons, decimal comma": table(
        "Datum", [f"{t:%d.%m.%Y %H:%M}" for t in TIMES], delimiter=";", comma=True
    ),
    "month first": table("when", [f"{t:%m/%d/%Y %I:%M %p}" for t in TIMES]),
    "seconds since 1970": table("ts", [str(START_S + 3600 * n) for n in range(HOURS)]),
    "year month day hour": table("t", [f"{t:%Y%m%d%H}" for t in TIMES]),
    "with offset": table("t", [f"{t:%Y-%m-%dT%H:%M:%S}+00:00" for t in TIMES]),
    "byte order mark": b"\xef\xbb\xbf" + table(),
    "long": long(),
    "across": across(),
}


@pytest.mark.req("ANA-05")
@pytest.mark.parametrize("raw", FORMS.values(), ids=FORMS)
def test_each_form_is_the_same_table(raw: bytes) -> None:
    found = read_series(raw)
    assert (found.start_s, found.step_s, found.stations) == (START_S, 3600, ZONES)
    np.testing.assert_allclose(found.values, CELLS, rtol=1e-6)


@pytest.mark.req("ANA-05")
def test_step_numbers_find_their_day_and_ids_like_day_numbers_are_stations() -> None:
    found = read_series(table("timestamp", [str(n + 1) for n in range(HOURS)]).replace(b"102,104", b"51519,104"))
    assert found.step_s == 3600 and found.stations[0] == "51519" and "24 steps found to be a day" in found.notes[0]


@pytest.mark.req("ANA-05")
def test_holes_disorder_words_and_doubles() -> None:
    frame = pl.DataFrame({"t": TIMES, "a": CELLS[:, 0], "b": ["x"] * HOURS, "c": CELLS[:, 1]})
    kept = frame.filter(pl.int_range(pl.len()) % 10 != 3).sample(fraction=1, shuffle=True, seed=1)
    twice = pl.concat([kept, kept.head(1).with_columns(pl.col("a", "c") + 2)])
    found = read_series(
        twice.with_columns(pl.when(pl.col("a") > 8).then(None).otherwise("a").alias("a")).write_csv().encode()
    )
    assert found.stations == ("a", "c") and found.values.shape == (HOURS, 2)
    assert np.isnan(found.values[3]).all() and np.isnan(found.values[CELLS[:, 0] > 8, 0]).all()
    assert any("1 rows more than times" in note for note in found.notes)
    at = TIMES.index(kept["t"][0])
    assert found.values[at, 1] == pytest.approx(CELLS[at, 1] + 1)
    assert "columns without numbers left out: b" in found.notes and "24 times missing in the file" in found.notes


@pytest.mark.req("ANA-05")
@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no rows"), (b"a,b\n", "no rows"), (b"only\n1\n2\n", "one column"), (b"%PDF-1.4", "PDF"),
        (b"name,a\nx,1\ny,2\nz,3\n", "No column of times"),
        (b"t,a\n2022-01-01 00:00,x\n2022-01-01 01:00,y\n", "No column of numbers"),
        (b"t,a\n2022-01-01 00:00,1\n2022-01-01 00:00,2\n", "same time"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_a_reason(raw: bytes, says: str) -> None:
    with pytest.raises(NotUnderstood, match=says):
        read_series(raw)
