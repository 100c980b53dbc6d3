# ruff: noqa: DTZ001 - wall-clock times of a file get their zone when it is read
"""Day and month: decided from the file's evidence, repaired only where it is certain."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.transforms.importing.errors import NotUnderstood
from tests.pipelines.transforms.importing.reading import imported, numbers, read

Rows = list[tuple[datetime, datetime]]


def year_of_sessions(first: date, days: int, count: int, seed: int = 5) -> Rows:
    """Sessions of one charger in order of time; every eighth lasts over midnight."""
    rng = random.Random(seed)
    starts = sorted(rng.sample(range(days * 1440), count))
    lengths = [rng.randint(900, 1400) if i % 8 == 0 else rng.randint(20, 300) for i in range(count)]
    begin = datetime(first.year, first.month, first.day)
    return [
        (begin + timedelta(minutes=s), begin + timedelta(minutes=s + n)) for s, n in zip(starts, lengths, strict=True)
    ]


def swapped(at: datetime) -> datetime:
    return at.replace(month=at.day, day=at.month) if at.day <= 12 else at


def write(rows: Rows, form: str, swap: bool) -> str:
    turn = swapped if swap else (lambda at: at)
    lines = [f"A,1,{turn(s).strftime(form)},{turn(e).strftime(form)},7.5" for s, e in rows]
    return "\n".join(["Charger,Connector,Start,End,kWh", *lines])


def times(rows: Rows) -> set[tuple[datetime, datetime]]:
    return {(s.replace(tzinfo=UTC), e.replace(tzinfo=UTC)) for s, e in rows}


@pytest.mark.req("ANA-01")
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"])
@pytest.mark.parametrize("order", ["up", "down", "shuffled"])
@pytest.mark.parametrize("swap", [True, False])
def test_a_september_to_august_year(form: str, order: str, swap: bool) -> None:
    rows = year_of_sessions(date(2017, 9, 1), 365, 700)
    put = {"up": rows, "down": rows[::-1], "shuffled": random.Random(1).sample(rows, len(rows))}[order]
    file = read(write(put, form, swap), "UTC")
    assert {(s, e) for _, _, s, e, _ in imported(file)} == times(rows)
    touched = sum(1 for s, e in rows if swapped(s) != s or swapped(e) != e)
    assert numbers(file)["repaired"]["by_kind"] == ({"swapped_day_and_month": touched} if swap else {})


@pytest.mark.parametrize("swap", [True, False])
def test_a_calendar_year_is_told_by_the_sessions_over_midnight(swap: bool) -> None:
    rows = random.Random(2).sample(year_of_sessions(date(2018, 1, 1), 363, 900), 900)
    file = read(write(rows, "%Y-%m-%d %H:%M", swap), "UTC")
    assert {(s, e) for _, _, s, e, _ in imported(file)} == times(rows)


@pytest.mark.parametrize(("first", "days"), [(date(2018, 5, 1), 31), (date(2018, 5, 20), 24), (date(2018, 3, 1), 90)])
@pytest.mark.parametrize("swap", [True, False])
def test_short_periods(first: date, days: int, swap: bool) -> None:
    rows = year_of_sessions(first, days, 150)
    file = read(write(rows, "%d/%m/%Y %H:%M", swap), "UTC")
    assert {(s, e) for _, _, s, e, _ in imported(file)} == times(rows)


def test_one_doubtful_date_is_refused_and_can_be_told() -> None:
    text = "Station,Start,End,kWh\nA,03/04/2021 10:00,03/04/2021 12:00,5\n"
    with pytest.raises(NotUnderstood, match="--date-order"):
        read(text, "UTC")
    assert read(text, "UTC", "mdy").judged["start_utc"][0] == datetime(2021, 3, 4, 10, tzinfo=UTC)
    assert read(text, "UTC", "dmy").judged["start_utc"][0] == datetime(2021, 4, 3, 10, tzinfo=UTC)


def test_both_orders_in_one_file_are_refused() -> None:
    rows = [f"A,{d}/03/2021 10:00,{d}/03/2021 12:00,5\nA,04/{d}/2021 10:00,04/{d}/2021 12:00,5" for d in range(13, 20)]
    with pytest.raises(NotUnderstood, match="mixes"):
        read("\n".join(["Station,Start,End,kWh", *rows]), "UTC")


def test_years_written_0014() -> None:
    file = read("Station,Start,End,kWh\nA,0014-11-18 15:40:26,0014-11-18 17:11:04,7.78\n", "UTC")
    assert file.judged["start_utc"][0] == datetime(2014, 11, 18, 15, 40, 26, tzinfo=UTC)
    assert file.judged["repaired"].to_list() == [["year_written_00xx"]]
