"""How far a boot is committed, against the simplest model: a set."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.edge.ingester.marks import Mark, mark_of

pytestmark = pytest.mark.req("DEV-05")
SEQS = st.lists(st.integers(1, 40), max_size=80)


def contiguous(held: set[int], start: int = 0) -> int:
    while start + 1 in held:
        start += 1
    return start


@given(SEQS)
def test_it_knows_what_a_set_knows(seqs: list[int]) -> None:
    mark, held = Mark(), set[int]()
    for seq in seqs:
        assert mark.has(seq) == (seq in held)
        if not mark.has(seq):
            mark.add(seq)
        held.add(seq)
        assert mark.seq == contiguous(held)
    ranges = list(zip(mark.starts, mark.ends, strict=True))
    assert {seq for start, end in ranges for seq in range(start, end)} == {seq for seq in held if seq > mark.seq}
    assert all(end < start for (_, end), (start, _) in pairwise(ranges))


@given(SEQS, st.integers(1, 45))
def test_passing_over_never_goes_back_and_takes_up_what_follows(seqs: list[int], low: int) -> None:
    mark = Mark()
    for seq in seqs:
        if not mark.has(seq):
            mark.add(seq)
    before = mark.seq
    mark.pass_over(low)
    assert mark.seq == contiguous(set(seqs), max(before, low - 1))
    assert all(mark.has(seq) for seq in [*seqs, *range(1, low)])


@given(SEQS)
def test_a_row_brings_it_back(seqs: list[int]) -> None:
    mark = Mark()
    for seq in seqs:
        if not mark.has(seq):
            mark.add(seq)
    assert mark_of(mark.seq, mark.ahead()) == mark
