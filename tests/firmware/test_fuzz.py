"""Nothing that comes over the wire brings the device down, and everything it says can be read."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.app.words import W
from saas.contracts.telemetry.messages import DECODERS, Permit, permit_text
from tests.firmware.micropython.kit import DEVICE, PowerCut, Rig, permit

pytestmark = pytest.mark.req("DEV-01", "DEV-03")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("v", "id", "type", "ts_ms", "expires_ms", "session", "permit", "current_ma", "data")


def decode_all(rig: Rig) -> int:
    """Every message held, through the platform's own decoders."""
    for item in rig.adapter.outbox.items:
        DECODERS[item.kind].decode(item.body)
    DECODERS["status"].decode(rig.adapter.voice.status(rig.adapter.state(), "1.0.0"))
    DECODERS["status"].decode(rig.adapter.voice.last_will())
    return len(rig.adapter.outbox.items)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    rig = Rig()
    rig.commands.handle(data)
    rig.uplink.received(rig.uplink.topic_ack, data)
    rig.run(200)
    decode_all(rig)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.sampled_from([*W.COMMANDS, "dance"]), st.booleans())
@settings(max_examples=200)
def test_any_command(changes: dict[str, Any], type_: str, nested: bool) -> None:
    rig = Rig()
    command = {"v": 1, "id": "c", "type": type_, "ts_ms": rig.wall(), "expires_ms": rig.wall() + 1000, "session": "s1"}
    command["permit"] = {**permit(), **changes} if nested else permit()
    if not nested:
        command.update(changes)
    rig.commands.handle(json.dumps(command).encode())
    rig.run(1000)
    assert decode_all(rig) >= 2
    assert not rig.board.closed


@pytest.mark.parametrize("field", ["id", "type", "session"])
def test_half_a_character_is_refused(field: str) -> None:
    rig = Rig()
    command = {"v": 1, "id": "c", "type": "stop", "ts_ms": 1, "expires_ms": rig.wall() + 1000, field: "\ud800"}
    rig.commands.handle(json.dumps(command).encode())
    rig.commands.handle(json.dumps({**command, field: "c", "permit": {**permit(), "nonce": "\ud800"}}).encode())
    assert decode_all(rig) >= 3


@given(st.dictionaries(st.sampled_from(("v", "boot", "seq", "now_ms")), JSON))
def test_any_acknowledgement(changes: dict[str, Any]) -> None:
    rig = Rig()
    ack = {"v": 1, "boot": 1, "seq": 1, "now_ms": rig.wall(), **changes}
    rig.uplink.received(rig.uplink.topic_ack, json.dumps(ack).encode())
    rig.run(200)
    decode_all(rig)


def test_a_whole_day_decodes() -> None:
    rig = Rig(capacity=5000)
    rig.start(energy_wh=20)
    rig.adapter.type_code("000000")
    rig.run(30000)
    rig.board.case_open = True
    rig.run(3000)
    rig.board.case_open = False
    rig.run(60000)
    assert decode_all(rig) > 20
    types = {event["type"] for event in rig.said("event")}
    assert types == {W.EV_BOOT, W.EV_PERMIT, W.EV_STARTED, W.EV_REFUSED, W.EV_FAULT, W.EV_STOPPED, W.EV_CLEARED}


def test_both_sides_sign_the_same_text() -> None:
    from firmware.app.sign import hmac_hex
    from tests.firmware.micropython.kit import KEY

    data = permit()
    struct = Permit(**data)
    assert hmac_hex(KEY, permit_text(DEVICE, struct)) == data["sig"]


@pytest.mark.parametrize("kind", ["cmd", "ack"])
def test_the_golden_messages_are_taken(kind: str) -> None:
    from tests.firmware.micropython.kit import ROOT

    with open(f"{ROOT}/saas/contracts/telemetry/examples/{kind}.json", "rb") as file:
        data = file.read()
    rig = Rig()
    if kind == "cmd":
        rig.commands.handle(data)
        assert rig.said("reply")[0]["error"] == W.REFUSE_SIGNATURE  # it was signed for ad_golden
    else:
        rig.adapter.voice.boot = json.loads(data)["boot"]
        rig.adapter.voice.seq = 8
        rig.adapter.voice.event(W.EV_PLUGGED)
        rig.uplink.received(rig.uplink.topic_ack, data)
        assert rig.adapter.clock.trusted


def test_power_goes_first_even_where_the_flash_is_dead() -> None:
    rig = Rig()
    rig.start()
    rig.files.cut_after = 0
    with pytest.raises(PowerCut):
        rig.command(W.CMD_STOP)
    assert not rig.board.closed
