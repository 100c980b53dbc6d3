"""Clean keeps what can be used, and says why the rest cannot."""

from datetime import timedelta

import msgspec
import polars as pl
import pytest

from pipelines.transforms import telemetry
from saas.contracts.telemetry import messages as wire
from tests.pipelines.facts import DAY, MINUTE_MS, NOON_MS, charging, messages

pytestmark = pytest.mark.req("ANA-01")


def reasons(rows: pl.DataFrame) -> dict[int, str]:
    return dict(telemetry.judged(rows).filter(pl.col("wrong").is_not_null()).select("seq", "wrong").iter_rows())


def test_a_whole_session_is_clean() -> None:
    rows = messages(*charging())
    assert telemetry.clean(telemetry.judged(rows)).height == rows.height == 31


def test_register_that_falls_is_set_aside_and_the_next_good_one_kept() -> None:
    rows = messages(
        {"seq": 1, "ts_ms": NOON_MS, "energy_wh": 500},
        {"seq": 2, "ts_ms": NOON_MS + 1000, "energy_wh": 20},
        {"seq": 3, "ts_ms": NOON_MS + 2000, "energy_wh": 510},
    )
    assert reasons(rows) == {2: "register_falls"}


def test_a_new_boot_may_begin_lower() -> None:
    rows = messages(
        {"seq": 1, "ts_ms": NOON_MS, "energy_wh": 500}, {"seq": 1, "boot": 8, "ts_ms": NOON_MS + 1000, "energy_wh": 3}
    )
    assert reasons(rows) == {}


def test_same_number_with_another_time_counts_once_and_the_first_received_stays() -> None:
    late = messages({"seq": 1, "ts_ms": NOON_MS + 5, "energy_wh": 1})["received_at"][0] + timedelta(minutes=1)
    rows = messages(
        {"seq": 1, "ts_ms": NOON_MS + 5, "energy_wh": 1, "received_at": late},
        {"seq": 1, "ts_ms": NOON_MS, "energy_wh": 1},
    )
    kept = telemetry.clean(telemetry.judged(rows))
    assert kept["ts_ms"].to_list() == [NOON_MS]
    assert reasons(rows) == {1: "duplicate"}


def test_a_clock_in_the_future_and_an_unowned_device() -> None:
    received = messages({"seq": 1, "ts_ms": NOON_MS})["received_at"][0]
    rows = messages(
        {"seq": 1, "ts_ms": NOON_MS + 90 * MINUTE_MS, "received_at": received},
        {"seq": 2, "ts_ms": NOON_MS, "tenant": ""},
    )
    assert reasons(rows) == {1: "future", 2: "no_tenant"}


def test_set_aside_names_count_reason_and_examples() -> None:
    rows = messages({"seq": 1, "ts_ms": NOON_MS, "energy_wh": 5}, {"seq": 2, "ts_ms": NOON_MS + 1, "energy_wh": 4})
    (row,) = telemetry.set_aside(telemetry.judged(rows)).to_dicts()
    assert (row["tenant"], row["day"], row["reason"], row["rows"]) == ("ampere", DAY, "register_falls", 1)
    assert "a1 boot 7 seq 2" in row["examples"]


def test_order_of_arrival_does_not_matter() -> None:
    rows = messages(*charging())
    shuffled = rows.sample(fraction=1, shuffle=True, seed=3)
    assert telemetry.judged(shuffled).equals(telemetry.judged(rows))


def test_golden_messages_fit_the_columns() -> None:
    """The stored columns are fields of the wire's own messages: a renamed field breaks here."""
    fields = {f.name for kind in (wire.Telemetry, wire.Event) for f in msgspec.structs.fields(kind)}
    stored = set(messages({"seq": 1, "ts_ms": NOON_MS}).columns)
    assert stored - fields == {"device", "kind", "tenant", "received_at", "day"}


def test_a_session_that_a_station_names_itself_is_named_with_its_device() -> None:
    ours = "6d1f2f0e-90c3-4b5e-9a57-3b0f5d1c2a44"
    rows = messages(
        {"seq": 1, "ts_ms": NOON_MS, "session": ours}, {"seq": 2, "ts_ms": NOON_MS + 1, "session": "17"},
        {"seq": 1, "ts_ms": NOON_MS + 2, "session": "17", "device": "a2"}, {"seq": 3, "ts_ms": NOON_MS + 3},
    )  # fmt: skip
    assert telemetry.clean(telemetry.judged(rows))["session"].to_list() == [ours, "a1/17", "a2/17", None]
