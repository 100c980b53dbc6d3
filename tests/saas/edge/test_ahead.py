"""The port that reads a batch ahead: bounded, in order, one thread to the port, its errors told."""

import threading
from collections.abc import Collection, Iterator

import pytest

from saas.edge.ingester.ahead import MOST_AHEAD, Ahead
from saas.edge.ingester.port import MOST_BYTES, Message
from tests.saas.edge.processes import until
from tests.saas.edge.rig import NOW

pytestmark = pytest.mark.req("DEV-05")


class Endless:
    """A broker that always has more; notes which threads touch it."""

    def __init__(self, payload: bytes = b"x") -> None:
        self.payload, self.ready, self.given = payload, True, 0
        self.said: list[str] = []
        self.threads: set[int] = set()
        self.broken = False

    def subscribe(self, filters: Collection[str]) -> None:
        self._note("subscribe")

    def receive(self, *, most: int, within_s: float) -> list[Message]:
        self.threads.add(threading.get_ident())
        if self.broken:
            raise RuntimeError("out of order")
        found = [Message("t", self.payload, NOW, self.given + number + 1) for number in range(min(most, 700))]
        self.given += len(found)
        return found

    def acknowledge(self, messages: list[Message]) -> None:
        self._note(f"acknowledge {len(messages)}")

    def publish(self, topic: str, payload: bytes) -> None:
        self._note(f"publish {topic}")

    def flush(self) -> None:
        self._note("flush")

    def close(self) -> None:
        self._note("close")

    def _note(self, what: str) -> None:
        self.threads.add(threading.get_ident())
        self.said.append(what)


@pytest.fixture
def broker() -> Endless:
    return Endless()


@pytest.fixture
def port(broker: Endless) -> Iterator[Ahead]:
    made = Ahead(broker)
    yield made
    made.close()


def test_it_reads_one_batch_ahead_and_no_more(broker: Endless, port: Ahead) -> None:
    first = port.receive(most=1000, within_s=5)
    until(lambda: broker.given >= MOST_AHEAD + 1000, seconds=5, what="the next batch waits")
    assert port.receive(most=0, within_s=0.2) == []
    assert broker.given == MOST_AHEAD + 1000
    second = port.receive(most=MOST_AHEAD, within_s=5)
    assert [message.token for message in first + second] == list(range(1, MOST_AHEAD + 1001))


def test_nothing_is_read_before_somebody_asks(broker: Endless, port: Ahead) -> None:
    assert port.receive(most=0, within_s=0.1) == [] and broker.given == 0


def test_a_batch_is_bounded_in_bytes() -> None:
    broker = Endless(b"x" * (MOST_BYTES // 16))
    port = Ahead(broker)
    sizes = [sum(len(one.payload) for one in port.receive(most=5000, within_s=5)) for _ in range(3)]
    port.close()
    assert all(0 < size <= MOST_BYTES * 17 // 16 for size in sizes), sizes


def test_words_reach_the_port_in_order_on_its_one_thread(broker: Endless, port: Ahead) -> None:
    port.subscribe(["a"])
    port.acknowledge(port.receive(most=1, within_s=1))
    port.publish("b", b"")
    port.flush()
    port.close()
    assert broker.said == ["subscribe", "acknowledge 1", "publish b", "flush", "close"]
    assert broker.threads == {broker.threads.copy().pop()} != {threading.get_ident()}


def test_an_error_of_the_port_is_told(broker: Endless, port: Ahead) -> None:
    port.receive(most=1, within_s=1)
    broker.broken = True
    with pytest.raises(RuntimeError, match="out of order"):
        for _ in range(3):
            port.receive(most=MOST_AHEAD, within_s=1)
