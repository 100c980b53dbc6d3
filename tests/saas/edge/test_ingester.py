"""What the ingester promises, with the broker in memory and the database real."""

import random
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from saas.contracts.telemetry import wire
from saas.devices import actions as devices
from saas.edge import metrics
from saas.edge.ingester import partitions, store
from saas.edge.ingester import rows as copy
from saas.edge.ingester.loop import Ingester
from saas.kit.errors import Refused
from tenants.charging import actions

from .conftest import Bench
from .rig import NOW, NOW_MS, event, raw, reasons, rows, sample, stored

pytestmark = pytest.mark.req("DEV-05")


def test_a_batch_is_stored_told_and_acknowledged(bench: Bench) -> None:
    bench.take(sample(bench.device, 1), event(bench.device, 2), sample(bench.device, 3, session="s"))
    assert stored(bench.device) == [1, 2, 3]
    assert bench.handler.kinds() == ["event", "sample"]
    assert bench.port.unacknowledged == []
    assert bench.port.acks(bench.device)[-1]["seq"] == 3


def test_columns_and_body_hold_what_was_sent(bench: Bench) -> None:
    bench.take(
        sample(bench.device, 1, power_w=7360, current_ma=32000, voltage_mv=230000, temperature_mc=-4150, soc_pct=55),
        event(bench.device, 2, "stopped", session="s1", energy_wh=9, reason="time"),
    )
    found = rows(
        "SELECT kind, tenant, evse, session, energy_wh, power_w, current_ma, voltage_mv, temperature_mc, soc_pct, type,"
        " reason, body->>'reason', received_at FROM telemetry.message ORDER BY seq"
    )
    assert found == [
        ("telemetry", "ampere", 1, None, 1001, 7360, 32000, 230000, -4150, 55, None, None, None, NOW),
        ("event", "ampere", 1, "s1", 9, None, None, None, None, None, "stopped", "time", "time", NOW),
    ]


def test_the_tenant_comes_from_the_registry(bench: Bench) -> None:
    bench.take(event(bench.device, 1, tenant="barq"), event(bench.other, 1, tenant="ampere"))
    assert {(schema, device) for _, schema, device, _ in bench.handler.told} == {
        ("ampere", bench.device),
        ("barq", bench.other),
    }
    assert rows("SELECT tenant FROM telemetry.message WHERE device = %s", bench.other) == [("barq",)]


def test_a_repeat_is_acknowledged_again_and_told_once(bench: Bench) -> None:
    bench.take(event(bench.device, 1), event(bench.device, 1))
    bench.take(event(bench.device, 1))
    assert stored(bench.device) == [1] and bench.handler.kinds() == ["event"]
    assert [ack["seq"] for ack in bench.port.acks(bench.device)] == [1, 1]


def test_a_repeat_with_another_time_is_still_a_repeat(bench: Bench) -> None:
    bench.take(sample(bench.device, 1), sample(bench.device, 3))
    bench.take(sample(bench.device, 3, ts_ms=NOW_MS + 86_400_000), sample(bench.device, 1, ts_ms=5))
    assert stored(bench.device) == [1, 3]


def test_a_gap_holds_the_acknowledgement_back_until_it_is_filled(bench: Bench) -> None:
    bench.take(event(bench.device, 1), event(bench.device, 3))
    assert bench.port.acks(bench.device)[-1]["seq"] == 1
    bench.take(event(bench.device, 2))
    assert bench.port.acks(bench.device)[-1]["seq"] == 3


def test_a_gap_below_low_is_passed_over(bench: Bench) -> None:
    bench.take(event(bench.device, 9, low=5), event(bench.device, 5, low=5))
    assert bench.port.acks(bench.device)[-1]["seq"] == 5
    bench.take(*(event(bench.device, seq, low=5) for seq in (6, 7, 8)))
    assert bench.port.acks(bench.device)[-1]["seq"] == 9


def test_each_boot_counts_for_itself(bench: Bench) -> None:
    bench.take(event(bench.device, 1, boot=7), event(bench.device, 2, boot=7), event(bench.device, 1, boot=8))
    assert {(ack["boot"], ack["seq"]) for ack in bench.port.acks(bench.device)} == {(7, 2), (8, 1)}


def test_samples_are_acknowledged_every_two_seconds(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    bench.take(event(bench.device, 1))
    bench.port.published.clear()
    monkeypatch.setattr("saas.edge.ingester.acks.time.monotonic", lambda: clock[0])
    bench.ingester._acks._next = 0.0
    bench.take(sample(bench.device, 2))
    clock[0] += 1
    bench.take(sample(bench.device, 3))
    assert [ack["seq"] for ack in bench.port.acks(bench.device)] == [2]
    clock[0] += 1.1
    bench.take()
    assert [ack["seq"] for ack in bench.port.acks(bench.device)] == [2, 3]


def test_the_first_and_the_last_sample_of_a_batch_are_told_and_only_inside_a_session(bench: Bench) -> None:
    bench.take(*(sample(bench.device, seq, session="s") for seq in range(1, 50)), sample(bench.other, 1))
    assert [body.seq for kind, _, _, body in bench.handler.told if kind == "sample"] == [1, 49]


def test_any_order_and_number_of_repeats_gives_the_same_store(bench: Bench) -> None:
    sent = [(event if seq % 7 == 0 else sample)(bench.device, seq) for seq in range(1, 301)] * 3
    random.Random(5).shuffle(sent)
    for start in range(0, len(sent), 64):
        bench.take(*sent[start : start + 64])
    assert stored(bench.device) == list(range(1, 301))
    assert sorted(body.seq for kind, _, _, body in bench.handler.told if kind == "event") == list(range(7, 301, 7))
    assert bench.port.acks(bench.device)[-1]["seq"] == 300


def test_a_database_that_is_away_is_waited_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def away_twice(_: Any) -> None:
        calls.append(len(bench.port.unacknowledged))
        if len(calls) < 3:
            raise OperationalError("server closed the connection")

    monkeypatch.setattr(store, "lock", away_twice)
    monkeypatch.setattr("saas.edge.ingester.loop.connection", type("Held", (), {"close": staticmethod(lambda: None)}))
    bench.take(event(bench.device, 1))
    assert calls == [1, 1, 1] and bench.port.unacknowledged == []
    assert stored(bench.device) == [1] and bench.handler.kinds() == ["event"]


def test_what_a_database_error_rolled_back_is_not_acknowledged(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: Any) -> None:
        bench.ingester.stop()
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(store, "lock", away)
        patch.setattr("saas.edge.ingester.loop.connection", type("Held", (), {"close": staticmethod(lambda: None)}))
        bench.take(event(bench.device, 1))
    assert len(bench.port.unacknowledged) == 1 and bench.port.published == []
    bench.port.reconnect()
    bench.ingester.step()
    assert stored(bench.device) == [1]


def test_a_refusal_is_set_aside_and_the_rest_goes_on(bench: Bench) -> None:
    bench.handler.fail["event"] = Refused("The session is closed.")
    bench.take(event(bench.device, 1), sample(bench.device, 2, session="s"))
    assert reasons() == ["refused: The session is closed."]
    assert bench.handler.kinds() == ["sample"] and bench.port.acks(bench.device)[-1]["seq"] == 2


def test_a_sample_of_an_unknown_session_is_a_fact_and_no_poison(bench: Bench) -> None:
    """With the real rules: the golden example published by hand, and an event of the same session for comparison."""
    golden = Path(wire.__file__).with_name("examples").joinpath("telemetry.json").read_bytes()
    bench.ingester = Ingester(lambda **_: bench.port, actions)
    before = metrics.UNKNOWN_SESSION._value.get()
    bench.take(raw(bench.device, "telemetry", golden))
    session = "019a9f2e-7c1b-7d3a-8f00-3b1e5a2c9d10"
    found = rows("SELECT session, energy_wh FROM telemetry.message WHERE device = %s", bench.device)
    assert (found, reasons()) == ([(session, 1_204_511)], [])
    assert metrics.UNKNOWN_SESSION._value.get() == before + 1
    assert bench.port.unacknowledged == []
    bench.take(event(bench.device, 8, "stopped", session=session, boot=2**62, energy_wh=9, reason="time"))
    assert [reason.split(":")[0] for reason in reasons()] == ["unknown_session"]


def test_a_bug_in_the_handler_is_set_aside_with_its_name(bench: Bench) -> None:
    bench.handler.fail["event"] = KeyError("evse")
    bench.take(event(bench.device, 1), event(bench.other, 1))
    assert reasons() == ["error: KeyError: 'evse'"] * 2
    assert stored(bench.device) == [1]


POISON: list[tuple[str, bytes, str]] = [
    ("telemetry", b"{", "bad_json"),
    ("telemetry", b'{"v":1,"boot":7,"seq":2,"ts_ms":1,"energy_wh":NaN}', "bad_json"),
    ("telemetry", b"\xff\xfe", "bad_json"),
    ("telemetry", b'{"v":1,"boot":7,"seq":2,"ts_ms":1,"energy_wh":-5}', "bad_shape"),
    ("telemetry", b'{"v":1,"boot":7,"seq":2,"ts_ms":1,"energy_wh":1.5}', "bad_shape"),
    ("telemetry", b'{"v":2,"boot":7,"seq":2,"ts_ms":1,"energy_wh":1}', "bad_shape"),
    ("telemetry", b'{"v":1,"boot":7,"seq":2,"ts_ms":1,"energy_wh":1,"power_w":4294967296}', "out_of_range: power_w"),
    ("telemetry", b'{"v":1,"boot":7,"seq":2,"ts_ms":1,"energy_wh":1,"session":"a\\u0000b"}', "nul_character"),
    ("telemetry", b'{"v":1,"boot":7,"seq":2,"ts_ms":1,"energy_wh":1,"session":"\\ud800"}', "bad_json"),
    ("event", b'{"v":1,"boot":7,"seq":2,"ts_ms":1,"type":"exploded"}', "bad_shape"),
    ("event", b"[" * 5000, "bad_"),
    ("telemetry", b"x" * 1_000_000, "too_large: 1000000 bytes, at most 8192"),
]


@pytest.mark.parametrize(("kind", "payload", "reason"), POISON)
def test_poison_is_set_aside_and_its_neighbours_are_stored(
    bench: Bench, kind: str, payload: bytes, reason: str
) -> None:
    bench.take(sample(bench.device, 1), raw(bench.device, kind, payload), sample(bench.device, 3))
    assert stored(bench.device) == [1, 3]
    assert len(reasons()) == 1 and reasons()[0].startswith(reason)
    assert bench.port.unacknowledged == []


def test_poison_whose_name_can_be_read_is_acknowledged_to_the_device(bench: Bench) -> None:
    bench.take(sample(bench.device, 1), event(bench.device, 2, type="exploded"))
    assert bench.port.acks(bench.device)[-1]["seq"] == 2


def test_a_broken_status_uses_up_no_number(bench: Bench) -> None:
    bench.take(raw(bench.device, "status", b'{"v":1,"boot":7,"seq":1,"ts_ms":1,"online":"maybe"}'))
    bench.take(event(bench.device, 1))
    assert stored(bench.device) == [1] and len(reasons()) == 1


def test_a_message_that_only_the_database_refuses_is_isolated(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fits = copy._sample

    def row(fact: Any, heads: Any) -> bytes:
        return b"\0\1" if fact.body.seq == 5 else fits(fact, heads)

    monkeypatch.setattr(copy, "_sample", row)
    bench.take(*(sample(bench.device, seq) for seq in range(1, 11)))
    assert stored(bench.device) == [1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert len(reasons()) == 1 and bench.port.unacknowledged == []


def test_unknown_and_revoked_devices_are_set_aside(bench: Bench) -> None:
    devices.revoke(device_id=bench.other, now=NOW)
    bench.take(event("ad_nobody", 1), event(bench.other, 1), raw("x/y", "event", b"{}"))
    assert reasons() == ["unknown_device", "revoked_device", "unknown_topic"]
    assert bench.handler.told == [] and bench.port.published == []


TOMORROW_MS = NOW_MS + 86_400_000


def test_clocks_that_are_off_are_stored_as_said_and_flagged(bench: Bench) -> None:
    partitions.ensure(now=NOW)
    late = NOW_MS - 6 * 86_400_000  # after days without a network: no reason to doubt the clock
    times = [late, 0, TOMORROW_MS, NOW_MS + 299_000, NOW_MS + 301_000]
    bench.take(*(sample(bench.device, seq, ts_ms=ts_ms) for seq, ts_ms in enumerate(times, 1)))
    found = rows("SELECT ts_ms, clock, received_at, tableoid::regclass::text FROM telemetry.message ORDER BY seq")
    assert [ts_ms for ts_ms, *_ in found] == times
    assert [clock for _, clock, *_ in found] == [None, "behind", "ahead", None, "ahead"]
    assert {received for _, _, received, _ in found} == {NOW}
    assert [table.removeprefix("telemetry.message_") for *_, table in found] == [
        "20261114", "default", "20261121", "20261120", "20261120",
    ]  # fmt: skip
    assert reasons() == [] and bench.port.acks(bench.device)[-1]["seq"] == 5


def test_a_tenant_hears_the_moment_of_receipt_where_the_clock_is_off(bench: Bench) -> None:
    bench.take(event(bench.device, 1, ts_ms=0), event(bench.device, 2, ts_ms=TOMORROW_MS), event(bench.device, 3))
    assert [body.ts_ms for *_, body in bench.handler.told] == [NOW_MS, NOW_MS, NOW_MS + 3000]


def test_a_time_that_is_no_time_is_set_aside(bench: Bench) -> None:
    bench.take(sample(bench.device, 1, ts_ms=2**60), sample(bench.device, 2))
    assert reasons() == ["out_of_range: ts_ms"] and stored(bench.device) == [2]
    assert bench.port.acks(bench.device)[-1]["seq"] == 2


def test_a_new_partition_takes_over_what_the_default_holds_of_its_day(bench: Bench) -> None:
    bench.take(sample(bench.device, 1))
    assert rows("SELECT DISTINCT tableoid::regclass::text FROM telemetry.message") == [("telemetry.message_default",)]
    assert partitions.ensure(now=NOW) == 11
    assert rows("SELECT DISTINCT tableoid::regclass::text FROM telemetry.message") == [("telemetry.message_20261120",)]
    assert partitions.ensure(now=NOW) == 0 and stored(bench.device) == [1]


def test_status_is_told_and_not_stored(bench: Bench) -> None:
    said = b'{"v":1,"boot":7,"seq":0,"ts_ms":1,"online":true,"state":"charging","fw":"1.2"}'
    bench.take(raw(bench.device, "status", said))
    assert bench.handler.kinds() == ["status"] and stored(bench.device) == []
    assert rows("SELECT last_seen_at FROM devices_device WHERE device_id = %s", bench.device) == [(NOW,)]


def test_a_handler_sees_the_status_that_came_just_before(bench: Bench) -> None:
    for online in ("true", "false", "true"):
        said = f'{{"v":1,"boot":7,"seq":0,"ts_ms":1,"online":{online},"state":"idle"}}'.encode()
        bench.take(raw(bench.device, "status", said))
    assert bench.handler.before == [False, True, False]


def test_presence_reaches_the_registry_through_the_real_actions(bench: Bench) -> None:
    ingester = Ingester(lambda **_: bench.port, actions)
    bench.port.inbox.append(
        raw(bench.device, "status", b'{"v":1,"boot":7,"seq":0,"ts_ms":1,"online":true,"state":"charging","fw":"1.2"}')
    )
    ingester.step()
    found = rows("SELECT online, reported_state, firmware FROM devices_device WHERE device_id = %s", bench.device)
    assert found == [(True, "charging", "1.2")] and reasons() == []


def test_endless_gaps_are_bounded(bench: Bench) -> None:
    bench.take(*(sample(bench.device, seq) for seq in range(2, 2 + 2 * 1005, 2)))
    assert len(stored(bench.device)) == 1000 and set(reasons()) == {"too_many_gaps"}
