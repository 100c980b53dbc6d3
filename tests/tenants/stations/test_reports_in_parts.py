"""Reports come in any order and twice; lists are changed by differences. Pure, for all inputs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.stations import lists, reports
from tenants.stations.requests import Token

TAGS = st.text("abAB12", min_size=1, max_size=3)
TOKENS = st.lists(
    st.builds(Token, TAGS, st.sampled_from(["Accepted", "Blocked"]), st.sampled_from(["", "ISO14443"]), TAGS),
    max_size=12,
)


@pytest.mark.req("CHG-02")
@given(size=st.integers(1, 12), data=st.data())
def test_a_report_is_complete_once_every_part_came(size: int, data: st.DataObject) -> None:
    order = data.draw(st.permutations([*range(size), *data.draw(st.lists(st.integers(0, size - 1)))]))
    state: dict[str, object] = {}
    for place, number in enumerate(order):
        state = reports.with_part(state, number, more=number < size - 1)
        assert state["complete"] == (set(order[: place + 1]) == set(range(size)))


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1))
def test_numbers_that_make_no_sense_cost_nothing(first: int, last: int) -> None:
    state = reports.with_part(reports.with_part({}, first, more=True), last, more=False)
    assert state["complete"] == ({first, last} == set(range(last + 1) if last < 3 else [-1]))


@pytest.mark.req("CHG-10")
@given(TOKENS, TOKENS)
def test_the_difference_makes_one_list_of_the_other(before: list[Token], wanted: list[Token]) -> None:
    old, new = lists.listed(before), lists.listed(wanted)
    update = lists.difference(old, new)
    assert lists.applied(old, update, full=False) == new
    assert lists.applied(old, new.values(), full=True) == new
    assert len(update) <= len(old) + len(new) and lists.difference(new, new) == []
