"""Days of 24 hours back from a moment, networks of files, and when a charger failed."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipelines.transforms import failure_events, networks, risk_days
from tests.pipelines import networks as stories

pytestmark = pytest.mark.req("MNT-02")
NOW = stories.END
TOLD = {"unit": pl.String, "at": pl.Datetime("ms", "UTC")}
LOST = {"unit": pl.String, "day": pl.Date, "missing": pl.Int64}
WORK = {
    "unit": pl.String, "began_at": pl.Datetime("ms", "UTC"), "ended_at": pl.Datetime("ms", "UTC"), "broken": pl.Boolean,
    "planned": pl.Boolean, "withdrawn": pl.Boolean, "confirmed": pl.Boolean,
}  # fmt: skip


def told(*hours_ago: float) -> pl.DataFrame:
    return pl.DataFrame([("C00", NOW - timedelta(hours=h)) for h in hours_ago], TOLD, orient="row")


def work(*rows: dict[str, object]) -> pl.DataFrame:
    plain = {"unit": "C00", "broken": True, "planned": False, "withdrawn": False, "confirmed": True}
    return pl.DataFrame([dict.fromkeys(WORK) | plain | row for row in rows], WORK)


def test_a_day_ends_at_the_moment_asked_for() -> None:
    table = np.array([[1, 2, 3]])
    grid = risk_days.grid(stories.sessions(table).lazy(), told(), pl.DataFrame(schema=LOST), NOW)
    assert grid.units == ["C00"] and grid.first == -3
    assert grid.values["sessions"].tolist() == [[1, 2, 3]]


def test_trouble_counts_faults_and_sessions_without_energy_and_those_of_the_last_hour() -> None:
    rows = stories.sessions(np.array([[2, 2, 2]])).with_columns(
        energy_wh=pl.when(pl.int_range(pl.len()) == 0).then(0).otherwise(9000)
    )
    lost = pl.DataFrame([("C00", (NOW - timedelta(days=2)).date(), 7)], LOST, orient="row")
    grid = risk_days.grid(rows.lazy(), told(0.5, 5, 30), lost, NOW)
    assert grid.values["trouble"].tolist() == [[1, 1, 2]]
    assert grid.values["trouble_hour"].tolist() == [[0, 0, 1]]
    assert grid.values["lost"].tolist() == [[0, 7, 0]]


def test_nothing_after_the_moment_changes_a_day() -> None:
    table = stories.counts(4, 60)
    rows, later = stories.sessions(table), NOW - timedelta(days=20)
    lost = pl.DataFrame([("C01", date(2026, 3, 1), 5)], LOST, orient="row")
    then = risk_days.grid(rows.filter(pl.col("ended_at") <= later).lazy(), told().clear(), lost.clear(), later)
    now = risk_days.grid(rows.lazy(), told(1, 2, 300), lost, later)
    assert then.units == now.units and then.first == now.first
    assert all(np.array_equal(then.values[name], now.values[name]) for name in then.values)


def test_files_that_share_chargers_are_one_network_and_others_are_not() -> None:
    pairs = [("a", "2017"), ("b", "2017"), ("c", "2017"), ("b", "2018"), ("c", "2018"), ("d", "2018"), ("x", "other")]
    found = networks.of_files(pl.DataFrame(pairs, {"unit": pl.String, "file": pl.String}, orient="row"))
    assert dict(found.iter_rows()) == dict.fromkeys("abcd", "2017") | {"x": "other"}


def test_one_name_in_common_joins_no_networks() -> None:
    pairs = [(unit, "one") for unit in "abcde"] + [(unit, "two") for unit in "evwxyz"]
    found = networks.of_files(pl.DataFrame(pairs, {"unit": pl.String, "file": pl.String}, orient="row"))
    assert found["network"].value_counts(sort=True)["count"].to_list() == [5, 5]


def quiet() -> np.ndarray:  # type: ignore[type-arg]
    table = np.full((1, 60), 2)
    table[0, 30:40] = 0
    return table


def event_days(outages: pl.DataFrame, outcomes: pl.DataFrame) -> list[int]:
    grid = risk_days.grid(stories.sessions(quiet()).lazy(), told(), pl.DataFrame(schema=LOST), NOW)
    return np.flatnonzero(failure_events.event(grid, outages, outcomes, NOW)[0]).tolist()


def test_failures_are_silences_outages_of_the_charger_and_confirmed_faults() -> None:
    at = {day: NOW - timedelta(days=60 - day, hours=-1) for day in (10, 12, 14, 16, 50)}
    outages = work({"began_at": at[10]}, {"began_at": at[12], "broken": False}, {"began_at": at[14], "planned": True},
                   {"began_at": at[16], "withdrawn": True})  # fmt: skip
    assert event_days(outages, work({"began_at": at[50]})) == [10, 30, 50]


def test_a_visit_that_found_nothing_takes_the_silence_back() -> None:
    visited = NOW - timedelta(days=60 - 36, hours=-1)
    assert event_days(work().clear(), work({"began_at": visited, "confirmed": False})) == []
    assert event_days(work().clear(), work({"began_at": visited - timedelta(days=30), "confirmed": False})) == [30]


def test_out_of_order_now_is_what_began_and_did_not_end() -> None:
    open_one = work({"unit": "A", "began_at": NOW - timedelta(hours=1)})
    ended = work({"unit": "B", "began_at": NOW - timedelta(hours=3), "ended_at": NOW - timedelta(hours=2)})
    to_come = work({"unit": "C", "began_at": NOW + timedelta(hours=1)})
    assert failure_events.lasting(pl.concat([open_one, ended, to_come]), NOW) == ["A"]


def test_whole_hour_is_the_next_one() -> None:
    assert risk_days.whole_hour(datetime(2026, 3, 1, 10, 1, tzinfo=UTC)) == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert risk_days.whole_hour(datetime(2026, 3, 1, 10, tzinfo=UTC)) == datetime(2026, 3, 1, 10, tzinfo=UTC)
