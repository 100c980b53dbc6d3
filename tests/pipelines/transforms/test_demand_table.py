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


def beside(head: str, *, reverse: bool = False) -> bytes:
    """The time in several columns, filled from a pattern such as `%Y-%m-%d,%H`."""
    names, pattern = head.split("|")
    rows = []
    for time, cells in zip(TIMES, CELLS, strict=True):
        later = time + timedelta(hours=1)
        texts = time.strftime(pattern).replace("HOUR24", str(time.hour + 1)).replace("UNTIL", later.strftime("%H:%M"))
        texts = texts.replace("HOUR", str(time.hour))
        numbers = ",".join(map(str, cells))
        rows.append(f"{numbers},{texts}" if reverse else f"{texts},{numbers}")
    zones = ",".join(ZONES)
    return "\n".join([f"{zones},{names}" if reverse else f"{names},{zones}", *rows]).encode()


def long_beside(*, by_hour: bool) -> bytes:
    rows = [
        (t, f"{zone},{t:%d.%m.%Y},{t:%H:%M}-{t + timedelta(hours=1):%H:%M},{cell}")
        for n, zone in enumerate(ZONES)
        for t, cell in zip(TIMES, CELLS[:, n], strict=True)
    ]
    rows = sorted(rows, key=lambda row: row[0]) if by_hour else rows
    return "\n".join(["name of place,tag,time_period,occupied", *(row for _, row in rows)]).encode()


FORMS = {
    "date and hour": beside("date,hour|%Y-%m-%d,HOUR"),
    "hour before day, padded": beside("HH,Day|%H,%d/%m/%Y"),
    "hours 1 to 24": beside("Date,Hour ending|%Y-%m-%d,HOUR24"),
    "hours as fractions": beside("date,hour|%Y-%m-%d,HOUR.0"),
    "time of day": beside("date,time|%Y-%m-%d,%H:%M:%S"),
    "morning and evening": beside("date,time|%m/%d/%Y,%I:%M %p"),
    "span": beside("date,time_period|%Y-%m-%d,%H:%M-UNTIL"),
    "span in words": beside("datum,Zeitraum|%Y-%m-%d,%H:%M bis UNTIL"),
    "four digits": beside("day,time|%Y%m%d,%H%M"),
    "hours and minutes": beside("date,hour,minute|%Y-%m-%d,HOUR,%M"),
    "midnight beside an hour": beside("date,hour|%Y-%m-%d 00:00:00,HOUR"),
    "unnamed hours": beside("x,y|%Y-%m-%d,HOUR"),
    "times at the end": beside("when|%Y-%m-%d %H:%M", reverse=True),
    "date and hour at the end": beside("moment,h|%Y-%m-%d,HOUR", reverse=True),
    "long with a span, by station": long_beside(by_hour=False),
    "long with a span, by hour": long_beside(by_hour=True),
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
@pytest.mark.parametrize(("slots", "low"), [(48, 1), (96, 0), (24, 0)])
def test_slots_of_a_day_are_their_times(slots: int, low: int) -> None:
    rows = [f"2022-09-{day:02},{slot + low},{day + slot / 100}" for day in range(1, 6) for slot in range(slots)]
    found = read_series("\n".join(["date,settlement period,load", *rows]).encode())
    assert (found.step_s, found.values.shape) == (86_400 // slots, (5 * slots, 1))
    assert found.values[slots, 0] == pytest.approx(2) and "date and settlement period together" in found.notes[0]


@pytest.mark.req("ANA-05")
def test_dates_that_stand_in_many_rows_without_an_hour_are_refused() -> None:
    rows = [f"2022-09-{day:02},{day * 3 + hour}" for day in range(1, 11) for hour in range(24)]
    with pytest.raises(NotUnderstood, match="call it hour, time or station"):
        read_series("\n".join(["date,load", *rows]).encode())


@pytest.mark.req("ANA-05")
def test_a_count_beside_daily_dates_is_a_station() -> None:
    rows = [f"2022-{1 + n // 28:02}-{1 + n % 28:02},{n % 24}" for n in range(300)]
    found = read_series("\n".join(["date,hours in use", *rows]).encode())
    assert found.stations == ("hours in use",) and found.step_s == 86_400


@pytest.mark.req("ANA-05")
def test_what_is_twice_or_missing_in_rows_of_stations_is_said() -> None:
    lines = long_beside(by_hour=True).decode().splitlines()
    found = read_series("\n".join([*lines[:50], *lines[53:], lines[1]]).encode())
    assert found.notes[:4] == [
        "read as rows of tag, name of place, occupied", "times read from tag and time_period together (times of day)",
        "1 rows name a time and station that another row names: averaged",
        "3 values missing: not every station has a row at every time",
    ]  # fmt: skip


@pytest.mark.req("ANA-05")
def test_the_hour_that_comes_twice_in_autumn_is_averaged_and_said() -> None:
    lines = beside("date,hour|%Y-%m-%d,HOUR").decode().splitlines()
    found = read_series("\n".join([*lines[:4], lines[3], *lines[4:]]).encode())
    assert "1 rows more than times: rows of the same time averaged, the first 2022-09-03 02:00" in found.notes
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
    assert any(f"1 rows more than times: rows of the same time averaged, the first {kept['t'][0]:%Y-%m-%d %H:%M}" == n
               for n in found.notes)  # fmt: skip
    at = TIMES.index(kept["t"][0])
    assert found.values[at, 1] == pytest.approx(CELLS[at, 1] + 1)
    assert "columns without numbers left out: b" in found.notes
    assert "24 times missing in the file, the first 2022-09-03 03:00" in found.notes


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
