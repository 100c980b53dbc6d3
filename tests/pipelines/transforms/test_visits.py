"""Visits: plugged in, authorised, got energy; attempts within ten minutes are one visit; why one failed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pipelines.transforms import visits
from tests.pipelines.facts import DAY, MINUTE_MS, NOON_MS, chargers, context, messages

pytestmark = pytest.mark.req("MNT-03")


def event(kind: str, minute: float, **more: Any) -> dict[str, Any]:
    return {
        "kind": "event",
        "type": kind,
        "seq": int(minute * 60) + 1,
        "ts_ms": NOON_MS + int(minute * MINUTE_MS),
    } | more


def made(*rows: dict[str, Any], told: pl.DataFrame | None = None) -> list[dict[str, Any]]:
    about = context() if told is None else told
    return visits.live(messages(*rows), about, chargers(), DAY, DAY).sort("began_at").to_dicts()


def charged(minute: float, wh: int, session: str = "s1", reason: str = "time") -> list[dict[str, Any]]:
    return [
        event("started", minute, session=session, energy_wh=100),
        event("stopped", minute + 5, session=session, energy_wh=100 + wh, reason=reason),
        event("unplugged", minute + 6),
    ]


def test_a_visit_that_gets_energy() -> None:
    (row,) = made(event("plugged", 0), event("presence", 1, session="s1"), *charged(2, 900))
    assert (row["plugged"], row["authorised"], row["got_energy"], row["energy_wh"]) == (True, True, True, 900)
    assert (row["attempts"], row["first_attempt_worked"], row["reason"], row["cause"]) == (1, True, None, None)
    assert (row["charger"], row["driver"], row["site"]) == ("Kallio 1", "d_1", "Kallio")


def test_a_second_try_within_ten_minutes_is_the_same_visit() -> None:
    first = [event("plugged", 0), event("refused", 1, reason="wrong_code"), event("unplugged", 2)]
    (row,) = made(*first, event("plugged", 11), *charged(12, 500))
    assert (row["attempts"], row["got_energy"], row["first_attempt_worked"]) == (2, True, False)
    rows = made(*first, event("plugged", 13), *charged(14, 500))
    assert [row["got_energy"] for row in rows] == [False, True]


def test_another_driver_is_another_visit() -> None:
    told = pl.concat([context("s1"), context("s2").with_columns(driver=pl.lit("d_2"))])
    rows = made(event("plugged", 0), *charged(1, 500), event("plugged", 9), *charged(10, 500, "s2"), told=told)
    assert [row["driver"] for row in rows] == ["d_1", "d_2"]


WHY = [
    ([event("refused", 1, reason="wrong_code")], "wrong_code", "payment"),
    ([event("fault", 1, code="stuck_relay")], "stuck_relay", "hardware"),
    (charged(1, 0, reason="fault"), "fault", "hardware"),
    (charged(1, 0, reason="power_loss"), "power_loss", "grid"),
    (charged(1, 0, reason="unplugged"), "unplugged", "vehicle"),
    ([], "no_start", "payment"),
]


@pytest.mark.parametrize(("happened", "reason", "cause"), WHY)
def test_why_a_visit_failed(happened: list[dict[str, Any]], reason: str, cause: str) -> None:
    (row,) = made(event("plugged", 0), *happened, event("unplugged", 8))
    assert (row["got_energy"], row["reason"], row["cause"]) == (False, reason, cause)


def test_a_visit_that_still_goes_on_is_no_failure_and_a_fault_of_an_idle_port_no_visit() -> None:
    assert made(event("plugged", 0), event("started", 1, session="s1", energy_wh=5)) == []
    assert made(event("fault", 0, code="meter_failure"), event("cleared", 1)) == []


def test_presence_before_the_plug_belongs_to_the_same_attempt() -> None:
    (row,) = made(event("presence", 0, session="s1"), event("plugged", 1), *charged(2, 500))
    assert (row["attempts"], row["authorised"], row["got_energy"]) == (1, True, True)


def session(start: int, minutes: int, wh: int, driver: str | None = "d") -> dict[str, Any]:
    at = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC) + timedelta(minutes=start)
    return {
        "tenant": "ampere", "source": "imported", "charger": "c", "connector": "", "site": "x",
        "host_organisation": None, "driver": driver, "started_at": at, "ended_at": at + timedelta(minutes=minutes),
        "energy_wh": wh,
    }  # fmt: skip


def test_imported_sessions_say_who_got_energy_and_no_more() -> None:
    rows = pl.DataFrame([session(0, 2, 0), session(5, 30, 4000), session(200, 3, 0)])
    rows = rows.with_columns(pl.col("started_at", "ended_at").dt.cast_time_unit("ms"))
    found = visits.imported(rows, DAY, DAY).sort("began_at").to_dicts()
    assert [(r["attempts"], r["got_energy"], r["plugged"], r["cause"]) for r in found] == [
        (2, True, None, None), (1, False, None, "unknown"),
    ]  # fmt: skip


def test_sessions_of_one_charger_with_the_same_start_are_one_visit_for_each_driver() -> None:
    """As files of two-socket chargers without connectors have them: nothing is lost, and no two visits are the same."""
    given = [session(0, 30, 100, "a"), session(0, 60, 200, "b"), session(0, 45, 400, "a"), session(0, 9, 800, None)]
    rows = pl.DataFrame(given).with_columns(pl.col("started_at", "ended_at").dt.cast_time_unit("ms"))
    found = visits.imported(rows, DAY, DAY)
    assert sorted(zip(found["driver"], found["energy_wh"], strict=True)) == [("a", 1300), ("b", 200)]
    assert visits.imported(rows.reverse(), DAY, DAY).sort("driver").equals(found.sort("driver"))


def test_a_visit_over_midnight_belongs_to_the_day_in_which_it_began() -> None:
    late = 12 * 60 - 3
    rows = messages(event("plugged", late), event("refused", late + 1, reason="wrong_code"), *charged(late + 5, 500))
    shown = visits.live(rows, context(), chargers(), DAY, DAY)
    assert (shown.height, shown["got_energy"].to_list()) == (1, [True])
    assert visits.live(rows, context(), chargers(), DAY + timedelta(days=1), DAY + timedelta(days=1)).height == 0
