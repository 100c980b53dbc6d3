"""The rules of the embedded broker and of Mosquitto's ACL file are the same."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.edge.broker import rules

from .processes import CODE

pytestmark = pytest.mark.req("DEV-04")
ACL = (CODE / "infra" / "mosquitto" / "acl").read_text(encoding="utf-8")


def listed() -> dict[tuple[str, str], set[str]]:
    """(user, write|read) → topics; user `%u` for patterns."""
    found: dict[tuple[str, str], set[str]] = {}
    user = ""
    for line in ACL.splitlines():
        words = line.split()
        if words[:1] == ["user"]:
            user = words[1]
        elif words[:1] in (["topic"], ["pattern"]):
            found.setdefault(("%u" if words[0] == "pattern" else user, words[1]), set()).add(words[2])
    return found


def test_the_acl_file_is_made_of_the_table() -> None:
    assert rules.acl() == ACL


def test_the_acl_file_says_what_the_table_says() -> None:
    table = {(user, "write"): set(topics) for user, topics in rules.PUBLISH.items()}
    table |= {(user, "read"): set(topics) for user, topics in rules.READ.items()}
    table |= {("%u", "write"): set(rules.DEVICE_PUBLISH), ("%u", "read"): set(rules.DEVICE_READ)}
    assert listed() == table


LEVEL = st.sampled_from(
    ["ev", "v1", "ad_1", "ad_2", "telemetry", "event", "cmd", "ack", "status", "reply", "+", "#", ""]
)


@given(st.lists(LEVEL, max_size=6).map("/".join))
def test_a_device_never_reaches_beyond_itself(topic: str) -> None:
    own = {f"ev/v1/ad_1/{kind}" for kind in ("telemetry", "event", "status", "reply")}
    assert rules.may_publish("ad_1", topic) == (topic in own)
    assert rules.may_read("ad_1", topic) == (topic in {"ev/v1/ad_1/cmd", "ev/v1/ad_1/ack"})


@pytest.mark.parametrize(
    ("user", "client"), [*product(["ad_1", "_gateway"], ["ad_2", "_ingester", "ad_11", "", "x-ad_1"])]
)
def test_nobody_calls_itself_like_another(user: str, client: str) -> None:
    assert not rules.may_call_itself(user, client)
    assert rules.may_call_itself(user, user) and rules.may_call_itself(user, f"{user}-2")
