"""(boot, seq): computed from what a station says, so that a repeat is the same fact."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.edge.ocpp.facts import evse_of, instant_ms, number, of_stream, of_turn, text_of, transaction_id

pytestmark = pytest.mark.req("CHG-09")
TIMES_OF_STARTS = st.datetimes(max_value=datetime(2099, 1, 1))  # noqa: DTZ001
TIMES = st.integers(0, 2**53)


@given(st.text(), TIMES, st.integers(0, 255), st.text())
def test_streams_stay_in_the_lawful_range(device: str, ts_ms: int, evse: int, content: str) -> None:
    boot, seq = of_stream(device, "meter", evse, ts_ms, content)
    assert 1 <= boot < 2**63
    assert 1 <= seq <= 2**53
    assert (boot, seq) == of_stream(device, "meter", evse, ts_ms, content)


@given(st.lists(st.tuples(TIMES, st.text()), unique=True, min_size=2, max_size=50))
def test_different_moments_are_different_facts(moments: list[tuple[int, str]]) -> None:
    names = {of_stream("st_1", "meter", 1, ts_ms, content) for ts_ms, content in moments}
    assert len(names) >= len({ts_ms for ts_ms, _ in moments})


def test_two_samples_of_one_second_are_two_facts() -> None:
    assert of_stream("st_1", "meter", 1, 1000, [{"value": "1"}]) != of_stream(
        "st_1", "meter", 1, 1000, [{"value": "2"}]
    )


def test_a_late_sample_shares_no_ceiling_with_newer_ones() -> None:
    """The ingester drops what lies below an acknowledged seq of a boot: streams never have one."""
    early, late = (of_stream("st_1", "meter", 1, ts_ms, "x") for ts_ms in (1_000_000, 90_000_000))
    assert early[0] != late[0]
    assert early[1] > 1


@given(st.lists(st.tuples(st.text(), st.integers(0, 2**31), st.integers(0, 9)), unique=True, min_size=2, max_size=30))
def test_each_fact_of_a_turn_is_alone_in_its_boot(names: list[tuple[str, int, int]]) -> None:
    numbers = [of_turn("st_1", *name) for name in names]
    assert numbers == [of_turn("st_1", *name) for name in names]
    assert {seq for _, seq in numbers} == {1}
    assert len({boot for boot, _ in numbers}) == len(names)


@given(TIMES_OF_STARTS, st.integers(1, 255), st.text())
def test_the_transaction_id_fits_16(at: datetime, connector: int, tag: str) -> None:
    payload = {"timestamp": at.isoformat() + "Z", "connectorId": connector, "idTag": tag}
    given_id = transaction_id("st_1", payload)
    assert 1 <= given_id < 2**31
    assert given_id == transaction_id("st_1", dict(reversed(payload.items())))
    assert evse_of(given_id) == (connector if connector < 8 else 0) or given_id == 1


def test_numbers_depend_on_where_one_part_ends() -> None:
    assert number("a", "bc") != number("ab", "c")


def test_transaction_ids_of_a_connector_do_not_meet() -> None:
    """One start a second for hours, on two connectors; and starts of a clock that stands still in 1970."""
    moments = [text_of(1_767_225_600_000 + second * 1000) for second in range(3000)]
    ids = {transaction_id("st_1", {"timestamp": at, "connectorId": n}) for at in moments for n in (1, 2)}
    assert len(ids) == 6000
    still = {"timestamp": "1970-01-01T00:00:09Z", "connectorId": 1}
    assert len({transaction_id("st_1", still | {"meterStart": wh}) for wh in range(500)}) == 500


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59Z", 0),
        ("0000-01-01T00:00:00Z", 0),
        ("2026-01-01T00:00:00Z", 1_767_225_600_000),
        ("2026-01-01T01:00:00+01:00", 1_767_225_600_000),
        ("2026-01-01t00:00:00.123456789z", 1_767_225_600_123),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("9999-12-31T23:59:59-12:00", 253_402_343_999_000),
    ],
)
def test_times_are_read_as_the_standard_allows(text: str, expected: int) -> None:
    assert instant_ms(text) == expected


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2199, 1, 1)))  # noqa: DTZ001
def test_times_come_back(moment: datetime) -> None:
    ms = int(moment.replace(tzinfo=UTC).timestamp()) * 1000 + moment.microsecond // 1000
    assert instant_ms(text_of(ms)) == ms
