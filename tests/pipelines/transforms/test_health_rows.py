"""Health of a charger and day."""

import pytest

from pipelines.transforms import health, sessions
from tests.pipelines.facts import DAY, NOON_MS, chargers, charging, context, messages, tenants

pytestmark = pytest.mark.req("ANA-01")


def test_messages_gaps_faults_and_sessions_meet_in_one_row() -> None:
    rows = [row for row in charging() if row["seq"] not in (5, 6)]
    rows.append({"kind": "event", "type": "fault", "code": "over_current", "seq": 40, "ts_ms": NOON_MS + 3_000_000})
    facts = messages(*rows)
    ended = sessions.on_local_days(
        sessions.live(sessions.ended(facts, DAY, DAY), context(), chargers(), tenants())
    )  # fmt: skip
    (row,) = health.daily(facts, ended, chargers()).to_dicts()
    assert (row["messages"], row["missing"], row["faults"], row["fault_codes"]) == (30, 10, 1, "over_current")
    assert (row["sessions"], row["energy_wh"], row["occupied_s"]) == (1, 3000, 1800)


def test_numbers_that_are_no_count_say_nothing_of_gaps() -> None:
    facts = messages({"seq": 5, "ts_ms": NOON_MS}, {"seq": 900_000, "ts_ms": NOON_MS + 1})
    (row,) = health.daily(facts, sessions.on_local_days(_none()), chargers()).to_dicts()
    assert row["missing"] is None


def test_a_charger_that_only_imports_know_has_a_row_without_messages() -> None:
    facts = messages(*charging())
    ended = sessions.on_local_days(
        sessions.live(sessions.ended(facts, DAY, DAY), context(), chargers(), tenants())
    )  # fmt: skip
    (row,) = health.daily(facts.clear(), ended, chargers()).to_dicts()
    assert (row["messages"], row["sessions"], row["first_at"]) == (0, 1, ended["started_at"][0])


def _none():  # type: ignore[no-untyped-def]
    facts = messages(*charging())
    return sessions.live(sessions.ended(facts, DAY, DAY), context(), chargers(), tenants()).clear()
