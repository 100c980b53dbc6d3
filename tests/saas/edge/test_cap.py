"""A flood of poison: some of it is kept, the rest counted; the table cannot be filled."""

from datetime import timedelta

import pytest

from saas.edge import metrics
from saas.edge.ingester.cap import MOST, Cap
from saas.edge.ingester.reading import Poison
from tests.saas.edge.conftest import Bench
from tests.saas.edge.rig import NOW, raw, reasons, sample, stored

pytestmark = pytest.mark.req("DEV-05")


def bad(device: str, count: int, *, stored: bool = False, reason: str = "bad_json: x") -> list[Poison]:
    return [Poison(raw(device, "event", b"{"), reason, stored=stored) for _ in range(count)]


def test_each_device_has_its_own_allowance_for_a_minute() -> None:
    cap = Cap()
    assert cap.turn(NOW) == []
    chosen = cap.choose(bad("ad_a", MOST + 5) + bad("ad_b", 3))
    assert len(chosen.kept) == MOST + 3 and chosen.dropped == {"ad_a": 5}
    cap.settle(chosen)
    assert cap.choose(bad("ad_a", 2) + bad("ad_b", 1)).dropped == {"ad_a": 2}
    assert cap.turn(NOW + timedelta(seconds=59)) == []
    ((told,),) = [cap.turn(NOW + timedelta(seconds=60))]
    assert told.source.topic == "ev/v1/ad_a/+" and told.reason.startswith("flood: 5 more")
    assert not cap.choose(bad("ad_a", MOST)).dropped


def test_a_batch_that_was_rolled_back_uses_nothing_up() -> None:
    cap = Cap()
    cap.choose(bad("ad_a", MOST))
    assert not cap.choose(bad("ad_a", MOST)).dropped


def test_names_without_end_share_one_allowance() -> None:
    poisons = [one for number in range(MOST + 7) for one in bad(f"ad_{number}", 1, reason="unknown_device")]
    assert Cap().choose(poisons).dropped == {"": 7}


def test_what_is_stored_may_be_replayed_and_is_never_dropped() -> None:
    assert not Cap().choose(bad("ad_a", MOST * 2, stored=True, reason="not_found: no session")).dropped


def test_a_flood_is_acknowledged_counted_and_fills_nothing(bench: Bench) -> None:
    dropped = metrics.MESSAGES.labels("dropped")
    before = dropped._value.get()
    bench.take(sample(bench.device, 1), *(raw(bench.device, "telemetry", b"{") for _ in range(MOST + 400)))
    bench.take(*(raw(bench.device, "telemetry", b"{") for _ in range(200)), sample(bench.device, 2))
    assert stored(bench.device) == [1, 2] and bench.port.unacknowledged == []
    assert len(reasons()) == MOST and dropped._value.get() - before == 600
