"""Which ingester serves which device, and what it subscribes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.cli import parts
from saas.edge.broker import rules
from saas.edge.ingester.port import FILTERS
from saas.edge.ingester.shards import BUCKETS, Share, bucket_of, buckets_of, share

pytestmark = pytest.mark.req("DEV-05")
DEVICES = st.lists(st.text("0123456789abcdef", min_size=16, max_size=16).map("ad_{}".format), max_size=50)


@given(DEVICES, st.integers(1, 16))
def test_each_device_has_exactly_one_ingester(devices: list[str], of: int) -> None:
    for device in devices:
        assert sum(Share(number, of).has(device) for number in range(1, of + 1)) == 1


@given(DEVICES, st.integers(2, 16))
def test_together_they_subscribe_to_everything_once(devices: list[str], of: int) -> None:
    filters = [one for number in range(1, of + 1) for one in Share(number, of).filters(devices)]
    assert sorted(filters) == sorted(one.replace("+", device) for device in set(devices) for one in FILTERS)


@given(DEVICES)
def test_locks_are_taken_in_one_order(devices: list[str]) -> None:
    buckets = buckets_of(devices)
    assert buckets == sorted(set(buckets)) and all(0 <= one < BUCKETS for one in buckets)


def test_a_bucket_is_for_ever() -> None:
    """Another hash would let an old and a new ingester write for one device at once."""
    assert [bucket_of(name) for name in ("ad_0", "ad_1", "st_ffffffffffffffff")] == [49, 39, 14]


def test_every_division_has_sessions_of_its_own() -> None:
    names = [name for of in range(1, 17) for name in Share(1, of).client_ids]
    assert len(set(names)) == len(names) == 136
    assert all(rules.may_call_itself("_ingester", name) for name in names)


def test_what_it_subscribes_to_is_allowed() -> None:
    filters = Share(1, 2).filters([f"ad_{number:016x}" for number in range(32)])
    assert filters and all(rules.may_read("_ingester", one) for one in filters)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert share() == Share(1, 1)
    monkeypatch.setenv("WATTLANE_INGESTERS", "3")
    monkeypatch.setenv("WATTLANE_INGESTER_NUMBER", "3")
    assert share() == Share(3, 3)
    monkeypatch.setenv("WATTLANE_INGESTER_NUMBER", "4")
    with pytest.raises(SystemExit, match="from 1 to 3"):
        share()


def test_the_supervisor_starts_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [part.name for part in parts.ingesters()] == ["ingester"]
    monkeypatch.setenv("WATTLANE_INGESTERS", "2")
    monkeypatch.setenv("WATTLANE_METRICS_INGESTER", "9100")
    made = parts.ingesters()
    assert [part.name for part in made] == ["ingester-1", "ingester-2"]
    assert [part.environment["WATTLANE_METRICS_INGESTER"] for part in made] == ["9100", "9101"]
