"""The ring, whatever is put in, acknowledged, dropped, torn off."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.app.outbox import EVENT, REPLY, TELEMETRY, Item, Outbox
from tests.firmware.micropython.kit import MemoryFiles, PowerCut

pytestmark = pytest.mark.req("DEV-01", "MKT-12")
CAPACITY = 8
STEP = st.one_of(
    st.tuples(st.just("append"), st.sampled_from([TELEMETRY, TELEMETRY, EVENT, REPLY])),
    st.tuples(st.just("ack"), st.integers(0, 40)),
    st.tuples(st.just("restart"), st.none()),
)


def held(outbox: Outbox) -> list[tuple[str, int, int]]:
    return [(item.kind, item.boot, item.seq) for item in outbox.items]


class Model:
    """The ring in three lines of rules."""

    def __init__(self) -> None:
        self.items: list[tuple[str, int, int]] = []

    def append(self, kind: str, boot: int, seq: int) -> None:
        self.items.append((kind, boot, seq))
        if len(self.items) > CAPACITY:
            oldest = next((item for item in self.items if item[0] == TELEMETRY), None)
            self.items = [item for item in self.items if item != oldest]

    def ack(self, boot: int, seq: int) -> None:
        self.items = [item for item in self.items if item[1] != boot or item[2] > seq]


@given(st.lists(STEP, max_size=120))
@settings(max_examples=150, deadline=None)
def test_it_holds_what_the_rules_say_also_after_restarts(steps: list[tuple[str, object]]) -> None:
    files, model = MemoryFiles(), Model()
    outbox, boot, seq = Outbox(files, CAPACITY), 1, 0
    for what, value in steps:
        if what == "append":
            seq += 1
            outbox.append(Item(str(value), boot, seq, seq, json.dumps({"seq": seq})))
            model.append(str(value), boot, seq)
        elif what == "ack":
            outbox.ack(boot, int(str(value)))
            model.ack(boot, int(str(value)))
        else:
            outbox, boot, seq = Outbox(files, CAPACITY), boot + 1, 0
        assert held(outbox) == model.items
        assert outbox.low(boot) == next((item[2] for item in model.items if item[1] == boot), None)
    assert held(Outbox(files, CAPACITY)) == model.items


@given(st.lists(STEP, max_size=60), st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_a_power_cut_loses_at_most_the_message_that_was_being_written(
    steps: list[tuple[str, object]], cut: int
) -> None:
    files, model, seq = MemoryFiles(), Model(), 0
    files.cut_after = cut
    outbox = Outbox(files, CAPACITY)
    before = list(model.items)
    try:
        for what, value in steps:
            before = list(model.items)
            if what == "append":
                seq += 1
                model.append(str(value), 1, seq)
                outbox.append(Item(str(value), 1, seq, seq, "{}"))
            elif what == "ack":
                model.ack(1, int(str(value)))
                outbox.ack(1, int(str(value)))
        before = model.items
    except PowerCut:
        pass
    files.cut_after = None
    assert held(Outbox(files, CAPACITY)) in (before, model.items)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_rubbish_on_the_flash_is_survived(rubbish: bytes, at: int) -> None:
    files = MemoryFiles()
    outbox = Outbox(files, CAPACITY)
    for seq in range(1, 6):
        outbox.append(Item(EVENT, 1, seq, seq, "{}"))
    log = files.content["outbox.log"]
    files.content["outbox.log"] = log[:at] + rubbish + log[at:]
    again = Outbox(files, CAPACITY)
    again.append(Item(EVENT, 2, 1, 9, "{}"))
    assert (EVENT, 2, 1) in held(Outbox(files, CAPACITY))
    assert set(held(again)) <= {(EVENT, 1, seq) for seq in range(1, 6)} | {(EVENT, 2, 1)}
