"""What must change at Mosquitto, and what its log says: pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.edge.dispatcher.roster import Change, Kept, Login, changes, command, kept
from saas.edge.dispatcher.watch import refused

pytestmark = pytest.mark.req("DEV-04")
DEVICES = st.sampled_from([f"ad_{number}" for number in range(6)])
TAGS = st.sampled_from(["t1", "t2"])
WANTED = st.dictionaries(DEVICES, st.builds(Login, TAGS, st.booleans()))
PRESENT = st.dictionaries(DEVICES, st.builds(Kept, TAGS, st.booleans()))


def carried_out(found: list[Change], present: dict[str, Kept]) -> dict[str, Kept]:
    """As the plug-in does it: its own rules of what may be said of whom."""
    held = dict(present)
    for change in found:
        assert (change.device in held) == (change.kind != "createClient"), change
        if change.after is None:
            del held[change.device]
        else:
            held[change.device] = change.after
    return held


@given(WANTED, PRESENT)
def test_afterwards_mosquitto_lets_in_whom_the_registry_lets_in_and_nothing_is_left_to_do(
    wanted: dict[str, Login], present: dict[str, Kept]
) -> None:
    after = carried_out(changes(wanted, present), present)
    let_in = {device: held.tag for device, held in after.items() if held.enabled}
    assert let_in == {device: login.tag for device, login in wanted.items() if login.enabled}
    assert changes(wanted, after) == []


@given(WANTED, PRESENT)
def test_whom_to_shut_out_comes_first(wanted: dict[str, Login], present: dict[str, Kept]) -> None:
    kinds = [change.kind for change in changes(wanted, present)]
    out = [number for number, kind in enumerate(kinds) if kind in ("disableClient", "deleteClient")]
    assert out == list(range(len(out)))


def test_a_client_that_is_not_ours_is_left_alone() -> None:
    listed = [{"username": "ad_1", "textname": "t1"}, {"username": "admin"}, {"username": "ad_2", "disabled": True}]
    assert kept(listed) == {"ad_1": Kept("t1"), "ad_2": Kept("", enabled=False)}


def test_commands_name_the_client_id_and_carry_the_password_only_where_it_is_new() -> None:
    created = command(Change("createClient", "ad_1", Kept("t1")), "s")
    assert created == {
        "command": "createClient", "username": "ad_1", "clientid": "ad_1", "password": "s", "textname": "t1"
    }  # fmt: skip
    assert "password" not in command(Change("disableClient", "ad_1", Kept("t1", enabled=False)), None)


LINES = [
    ("N", "17: Bad socket read/write on client ad_1: Unknown error.", ("ad_1", "foreign_publish")),
    ("N", "17: Client ad_1 disconnected due to oversize packet.", ("ad_1", "oversized")),
    ("N", "17: Client <unknown> disconnected, not authorised.", ("<unknown>", "wrong_credential")),
    ("N", "17: Client ad_1 disconnected due to protocol error.", ("ad_1", "malformed")),
    ("N", "17: Client ad_1 closed its connection.", None),
    ("N", "17: Bad socket read/write on client ad_1: Connection reset by peer", None),
    ("M/subscribe", "17: ad_1 1 ev/v1/ad_1/cmd", None),
    ("M/subscribe", "17: ad_1 1 ev/v1/ad_2/cmd", ("ad_1", "foreign_subscription")),
    ("M/subscribe", "17: ad_1 0 # with a space", ("ad_1", "foreign_subscription")),
    ("M/subscribe", "17: _gateway-1f 1 ev/v1/+/cmd", None),
    ("M/subscribe", "nonsense", None),
]


@pytest.mark.parametrize(("topic", "line", "expected"), LINES)
def test_the_log_tells_who_tried_what(topic: str, line: str, expected: tuple[str, str] | None) -> None:
    assert refused(f"$SYS/broker/log/{topic}", line) == expected
