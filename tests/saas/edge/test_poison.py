"""F8: whatever comes, the good messages around it are stored, and cost what they cost without it."""

import random
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saas.contracts.telemetry import wire
from saas.edge.ingester.port import Message
from tests.saas.edge.conftest import Bench
from tests.saas.edge.rig import NOW, body, raw, rows, sample

pytestmark = [pytest.mark.req("DEV-05"), pytest.mark.faults]
BOOT = 9  # of what is generated: the good ones have another
JSON: Any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)),
    max_leaves=10,
)
FIELDS = (
    "v", "boot", "seq", "ts_ms", "low", "evse", "energy_wh", "power_w", "current_ma", "voltage_mv", "temperature_mc",
    "soc_pct", "session", "type", "reason", "code", "method", "id_tag", "fw", "id", "ok", "error", "online", "state",
)  # fmt: skip
NEARLY = st.builds(
    lambda spoiled, kept: body(1, boot=BOOT, energy_wh=5, type="plugged", id="1", ok=True) | kept | spoiled,
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3), st.just({}),
)  # fmt: skip


def encoded(value: Any) -> bytes:
    """As a careless device writes it: NaN and lone surrogates included."""
    import json

    return json.dumps(value).encode("utf-8", "surrogatepass")


PAYLOADS = st.one_of(
    st.binary(max_size=200),
    JSON.map(encoded),
    NEARLY.map(encoded),
    st.integers(wire.MAX_BYTES + 1, 20_000).map(lambda size: b"x" * size),
    st.integers(1, 4000).map(lambda depth: b"[" * depth),
)
TOPICS = st.sampled_from([*("telemetry", "event", "reply", "status"), "cmd", "telemetry/x", ""])
DEVICES = st.sampled_from(["mine", "ad_nobody", "", "+", "x" * 300])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(poison=st.lists(st.tuples(DEVICES, TOPICS, PAYLOADS), min_size=1, max_size=20))
def test_whatever_comes_is_stored_or_set_aside_and_its_neighbours_are_stored(
    bench: Bench, poison: list[tuple[str, str, bytes]]
) -> None:
    ((last,),) = rows(
        "SELECT coalesce(max(seq), 0) FROM telemetry.watermark WHERE device = %s AND boot = 7", bench.device
    )
    ((before,),) = rows("SELECT count(*) FROM telemetry.quarantine")
    messages: list[Message] = [sample(bench.device, last + 1)]
    for name, kind, payload in poison:
        messages.append(raw(bench.device if name == "mine" else name, kind, payload))
    bench.take(*messages, sample(bench.device, last + 2))
    good = rows(
        "SELECT count(*) FROM telemetry.message WHERE device = %s AND boot = 7 AND seq > %s", bench.device, last
    )
    assert good[0][0] >= 2 and bench.port.unacknowledged == []
    ((aside,),) = rows("SELECT count(*) FROM telemetry.quarantine")
    assert aside - before <= len(poison)
    assert rows("SELECT count(*) FROM telemetry.message WHERE tenant <> 'ampere'") == [(0,)]


def test_the_good_ones_cost_no_more_beside_poison(bench: Bench) -> None:
    """A batch with poison in it is one batch as before: it is not halved, and setting aside is one more statement or
    two, however many there are. The rates side by side are in `make bench`."""
    warm_up, clean = _statements(bench, 1, poison=False), _statements(bench, 2, poison=False)
    few, many = _statements(bench, 3, poison=True, every=500), _statements(bench, 4, poison=True, every=5)
    assert clean <= warm_up and few - clean <= 2, (warm_up, clean, few)
    assert many == few


def _statements(bench: Bench, boot: int, *, poison: bool, every: int = 1, count: int = 1000) -> int:
    chance, messages = random.Random(boot), []
    for seq in range(1, count + 1):
        messages.append(_good(bench.device, seq, boot + 100))
        if poison and seq % every == 0:
            messages.append(raw(bench.device, "telemetry", chance.choice(POISONS)))
    with CaptureQueriesContext(connection) as statements:
        bench.take(*messages)
    held = rows("SELECT count(*) FROM telemetry.message WHERE device = %s AND boot = %s", bench.device, boot + 100)
    assert held == [(count,)] and bench.port.unacknowledged == [] and bench.port.inbox == []
    return len(statements)


def _good(device: str, seq: int, boot: int) -> Message:
    return Message(f"ev/v1/{device}/telemetry", msgspec.json.encode(body(seq, boot=boot, energy_wh=1000 + seq)), NOW)


POISONS = [
    b"{", b'{"v":1,"boot":7,"seq":2,"ts_ms":1,"energy_wh":NaN}', b'{"v":1,"boot":7,"seq":2,"ts_ms":1,"energy_wh":-5}',
    b"x" * 100_000, msgspec.json.encode(body(1, boot=8, energy_wh=5, ts_ms=0)),
]  # fmt: skip
