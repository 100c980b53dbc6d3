"""The ring, whatever is put in, acknowledged, dropped, torn off."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.app.outbox import EVENT, REPLY, TELEMETRY, Item, Outbox
from tests.firmware.micropython.kit import MemoryFiles, PowerCut, Rig, permit

pytestmark = pytest.mark.req("DEV-01", "MKT-12")
CAPACITY = 8
STEP = st.one_of(
    st.tuples(st.just("append"), st.sampled_from([TELEMETRY, TELEMETRY, EVENT, REPLY])),
    st.tuples(st.just("ack"), st.integers(0, 40)),
    st.tuples(st.just("restart"), st.none()),
)


def put(outbox: Outbox, entry: Item) -> None:
    """As the device does: an event at once, a sample with the next flush."""
    if entry.kind == TELEMETRY:
        outbox.append(entry)
        outbox.flush()
    else:
        outbox.extend([entry])


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
            put(outbox, Item(str(value), boot, seq, seq, json.dumps({"seq": seq})))
            model.append(str(value), boot, seq)
        elif what == "ack":
            outbox.ack(boot, int(str(value)))
            outbox.flush()
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
                put(outbox, Item(str(value), 1, seq, seq, "{}"))
            elif what == "ack":
                model.ack(1, int(str(value)))
                outbox.ack(1, int(str(value)))
                outbox.flush()
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
        put(outbox, Item(EVENT, 1, seq, seq, "{}"))
    log = files.content["outbox.log"]
    files.content["outbox.log"] = log[:at] + rubbish + log[at:]
    again = Outbox(files, CAPACITY)
    put(again, Item(EVENT, 2, 1, 9, "{}"))
    assert (EVENT, 2, 1) in held(Outbox(files, CAPACITY))
    assert set(held(again)) <= {(EVENT, 1, seq) for seq in range(1, 6)} | {(EVENT, 2, 1)}


class ByteCut(MemoryFiles):
    """The power goes after so many bytes; opening, renaming count as one."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    def write(self, name: str, data: bytes) -> None:
        self._spend(1)
        self.content[name] = b""
        self.append(name, data)

    def append(self, name: str, data: bytes) -> None:
        whole = data[: self.left]
        self.content[name] = self.content.get(name, b"") + whole
        self._spend(len(data))

    def rename(self, name: str, to: str) -> None:
        self._spend(1)
        super().rename(name, to)

    def _spend(self, count: int) -> None:
        if count > self.left:
            self.left = 0
            raise PowerCut
        self.left -= count


def tell(files: ByteCut, told: list[tuple[str, int, int]], acked: list[int]) -> None:
    """Ten messages, acknowledged in between, in a ring that is written anew twice."""
    outbox = Outbox(files, CAPACITY)
    for seq in range(1, 11):
        kind = EVENT if seq % 3 else TELEMETRY
        put(outbox, Item(kind, 1, seq, seq * 5, json.dumps({"seq": seq})))
        told.append((kind, 1, seq))
        if seq in (4, 8):
            acked.append(seq - 1)
            outbox.ack(1, seq - 1)
        if seq == 6:
            outbox._rewrite()


def test_a_power_cut_after_any_single_byte_loses_no_event_and_doubles_none() -> None:
    left, finished = 0, False
    while not finished:
        files, told, acked = ByteCut(left), [], []  # type: ignore[var-annotated]
        try:
            tell(files, told, acked)
            finished = True
        except PowerCut:
            pass
        files.left = 1 << 30
        again = Outbox(files, CAPACITY)
        here = held(again)
        assert len(here) == len(set(here)), left
        missing = [item for item in told if item not in here and item[2] > max([0, *acked])]
        assert missing == [], (left, missing)
        assert again.high_wh >= max([0, *(seq * 5 for _, _, seq in told)]), left
        put(again, Item(EVENT, 2, 1, 99, "{}"))
        assert held(Outbox(files, CAPACITY))[-1] == (EVENT, 2, 1)
        left += 1
    assert left > 700


@pytest.mark.slow
def test_a_device_whose_power_goes_after_any_piece_of_a_write_tells_its_session_once() -> None:
    """Permit, presence, start, samples, stop; the broker sends again what was not answered."""
    left, finished = 0, False
    while not finished:
        finished = not _session_with_cut(left)
        left += 29
    assert left > 4_000


def _session_with_cut(left: int) -> bool:
    files = ByteCut(1 << 30)
    rig = Rig(files=files)
    files.left = left
    gone = False
    for action in (
        lambda: rig.command("permit", id_="p", permit=permit()),
        lambda: rig.command("activate", id_="a", session="s1"),
        lambda: rig.run(3000),
        lambda: rig.command("stop", id_="s", session="s1"),
        lambda: rig.run(500),
    ):
        try:
            error = action()
        except PowerCut:
            gone, files.left = True, 1 << 30
            rig.board.closed = False
            rig.boot()
            error = action()
        assert error is None, (left, error)
    files.left = 1 << 30
    rig.run(1000)
    assert not rig.board.closed
    assert len(rig.events("started")) == len(rig.events("stopped")) == len(rig.events("permit")) == 1, left
    names = [(item.boot, item.seq) for item in rig.adapter.outbox.items]
    assert len(names) == len(set(names)), left
    return gone
