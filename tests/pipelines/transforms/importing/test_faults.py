"""What is set aside, what is kept, and that not one watt-hour is lost between them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.pipelines.transforms.importing.reading import numbers, read, reasons

HEADER = "Station,Connector,Start,End,kWh\n"
GOOD = "".join(f"A,1,2021-03-{d:02} 10:00,2021-03-{d:02} 12:00,{d}.5\n" for d in range(1, 13))


@pytest.mark.req("ANA-01")
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,1,2021-04-01 10:00,2021-04-01 12:00,-3", "negative_energy"),
        ("A,1,2021-04-01 10:00,2021-04-01 09:59,3", "end_before_start"),
        ("A,1,2021-04-01 10:00,2021-04-03 10:00:01,3", "over_48_hours"),
        ("A,1,2021-04-01 10:00,2021-04-03 10:00,3", None),
        ("A,1,2021-03-01 10:00,2021-03-01 13:00,3", "duplicate_start"),
        ("A,2,2021-03-01 10:00,2021-03-01 13:00,3", None),
        ("A,1,,2021-04-01 12:00,3", "missing_start"),
        ("A,1,2021-04-01 10:00,,3", "missing_end"),
        ("A,1,2021-04-01 10:00,2021-04-01 12:00,", "missing_energy"),
        ("A,1,2021-04-01 10:00,2021-04-01 12:00,n/a", "missing_energy"),
        ("A,1,2021-02-30 10:00,2021-04-01 12:00,3", "unreadable_start"),
        ("A,1,yesterday,2021-04-01 12:00,3", "unreadable_start"),
        ("A,1,2021-04-01 25:00,2021-04-01 12:00,3", "unreadable_start"),
        ("A,1,2021-04-01 10:00,soon,3", "unreadable_end"),
        ("A,1,2021-04-01 10:00,2021-04-01 12:00,three", "unreadable_energy"),
        ('A,1,2021-04-01 10:00,2021-04-01 12:00,"5,5"', "unreadable_energy"),
        ("A,1,2021-04-01 10:00,2021-04-01 12:00,9999999", "implausible_power"),
        ("A,1,2021-04-01 10:00,2021-04-01 12:00,3,surplus", "too_many_fields"),
        ("A,1,2021-04-01 10:00,2021-04-01 10:00,0", None),
        ("A,1,2021-04-01 10:00,2021-04-01 10:00,0.4", None),
    ],
)
def test_one_odd_row_among_good_ones(row: str, reason: str | None) -> None:
    file = read(HEADER + GOOD + row + "\n", "UTC")
    assert reasons(file) == [None] * 12 + [reason]
    assert numbers(file)["set_aside"]["by_reason"] == ({reason: 1} if reason else {})


def test_the_first_of_repeats_stays_even_when_a_faulty_one_came_before() -> None:
    start = "B,1,2021-04-01 10:00,2021-04-01 12"
    rows = f"{start}:00,-1\n{start}:00,2\n{start}:30,3\n"
    assert reasons(read(HEADER + GOOD + rows))[12:] == ["negative_energy", None, "duplicate_start"]


def test_line_numbers_survive_quoted_newlines_blank_lines_and_loose_quotes() -> None:
    text = (
        'Notes,Station,Start,End,kWh\n"one\ntwo",A,2021-03-01 10:00,2021-03-01 12:00,1\n\n'
        'x,A,2021-03-02 10:00,2021-03-02 12:00,-1\n"loose,A,2021-03-03 10:00,2021-03-03 12:00,2\n'
        "y,A,2021-03-04 10:00,2021-03-04 09:00,4\nz,A,2021-03-05 10:00,2021-03-05 11:00,4\n"
    )
    file = read(text)
    assert file.judged["_line"].to_list() == [2, 5, 6, 7, 8]
    assert reasons(file) == [None, "negative_energy", None, "end_before_start", None]
    assert numbers(file)["read"]["energy_wh"] == 10_000


def test_the_hour_that_exists_twice_and_the_one_that_does_not() -> None:
    file = read(
        "Station,Start,End,kWh\nA,2021-10-31 02:30,2021-10-31 02:10,5\nB,2021-03-28 02:30,2021-03-28 04:00,5\n"
        "C,2021-10-31 01:30,2021-10-31 02:30,5\n"
    )
    at = [(r["start_utc"], r["end_utc"]) for r in file.judged.to_dicts()]
    assert at[0] == (datetime(2021, 10, 31, 0, 30, tzinfo=UTC), datetime(2021, 10, 31, 1, 10, tzinfo=UTC))
    assert at[1] == (datetime(2021, 3, 28, 1, 30, tzinfo=UTC), datetime(2021, 3, 28, 2, 0, tzinfo=UTC))
    assert at[2] == (datetime(2021, 10, 30, 23, 30, tzinfo=UTC), datetime(2021, 10, 31, 0, 30, tzinfo=UTC))
    assert numbers(file)["repaired"]["by_kind"] == {"nonexistent_local_time": 1, "ambiguous_local_time": 2}


def test_an_unclaimed_session_has_no_request() -> None:
    file = read(
        "station,arrival,departure,delivered (kWh),requested energy (kWh),estimated_departure,claimed\n"
        "A,2021-03-01 10:00,2021-03-01 12:00,4,9,2021-03-01 13:00,True\n"
        "A,2021-03-02 10:00,2021-03-02 12:00,4,4,2021-03-02 12:00,False\n",
        "UTC",
    )
    assert file.judged["requested_wh"].to_list() == [9000, None]
    assert file.judged["requested_departure_utc"].to_list() == [datetime(2021, 3, 1, 13, tzinfo=UTC), None]
