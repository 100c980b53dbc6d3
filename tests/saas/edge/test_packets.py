"""The codec of the raw adapter: against another codec (paho's and amqtt's peers speak it elsewhere), cut anywhere, and
given what it must refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.edge.ingester import packets
from saas.edge.ingester.packets import Other, Publish, Violation

pytestmark = pytest.mark.req("DEV-05")
TOPICS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="+#"), min_size=1, max_size=300)
PUBLISHES = st.builds(
    lambda topic, payload, mid: Publish(topic.encode(), payload, mid),
    TOPICS, st.binary(max_size=20_000), st.integers(0, 65535),
)  # fmt: skip
OTHERS = st.one_of(
    st.builds(lambda present: Other(packets.CONNACK, bytes((present, 0))), st.booleans()),
    st.builds(lambda mid, codes: Other(packets.SUBACK, mid.to_bytes(2, "big") + bytes(codes)),
              st.integers(1, 65535), st.lists(st.sampled_from([0, 1, 0x80]), min_size=1, max_size=200)),
    st.just(Other(packets.PINGRESP, b"")),
)  # fmt: skip


def encoded(packet: Publish | Other) -> bytes:
    """By the book, section 2.2 and 3.3; independent of the encoder under test."""
    if isinstance(packet, Other):
        return bytes((packet.kind << 4,)) + remaining(len(packet.body)) + packet.body
    mid = packet.mid.to_bytes(2, "big") if packet.mid else b""
    body = len(packet.topic).to_bytes(2, "big") + packet.topic + mid + packet.payload
    return bytes((0x30 | (2 if packet.mid else 0),)) + remaining(len(body)) + body


def remaining(length: int) -> bytes:
    out = b""
    while length >= 128:
        out += bytes((length % 128 | 128,))
        length //= 128
    return out + bytes((length,))


@given(st.lists(st.one_of(PUBLISHES, OTHERS), max_size=20), st.data())
def test_a_stream_cut_anywhere_gives_the_same_packets(sent: list[Publish | Other], data: st.DataObject) -> None:
    stream = b"".join(map(encoded, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    found: list[Publish | Other] = []
    rest = b""
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        some, taken = packets.split(rest + stream[start:end])
        rest = (rest + stream[start:end])[taken:]
        found += some
    assert found == sent and rest == b""


@given(TOPICS, st.binary(max_size=70_000))
def test_what_it_publishes_reads_back(topic: str, payload: bytes) -> None:
    packet = packets.publish(topic, payload)
    assert packets.split(packet) == ([Publish(topic.encode(), payload, 0)], len(packet))


@given(st.lists(st.integers(1, 65535), max_size=50))
def test_acknowledgements_are_pubacks_in_a_row(mids: list[int]) -> None:
    found, _ = packets.split(packets.pubacks(mids))
    assert found == [Other(packets.PUBACK, mid.to_bytes(2, "big")) for mid in mids]


@given(st.binary(max_size=200))
def test_noise_is_refused_or_waited_for_and_nothing_else(noise: bytes) -> None:
    try:
        found, taken = packets.split(noise)
    except Violation:
        return
    assert taken <= len(noise) and sum(len(encoded(one)) for one in found) <= len(noise)


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"\x34\x05\x00\x01a\x00\x01", "QoS"),
        (b"\x32\x05\x00\x01a\x00\x00", "identifier 0"),
        (b"\x32\x03\x00\x09a", "shorter"),
        (b"\x30\x01\x00", "without a topic"),
        (b"\x10\x00", "packet type 1"),
        (b"\x41\x02\x00\x01", "flags 1"),
        (b"\x30\xff\xff\xff\xff\x01", "remaining length"),
        (b"\x30\xff\xff\xff\x7f", "bytes"),
    ],
)
def test_violations_are_named(stream: bytes, why: str) -> None:
    with pytest.raises(Violation, match=why):
        packets.split(stream)


@pytest.mark.parametrize(("code", "why"), [(4, "bad user name"), (5, "not authorised"), (9, "code 9")])
def test_a_refusal_has_its_name(code: int, why: str) -> None:
    with pytest.raises(packets.Refused, match=why):
        packets.session_present(bytes((0, code)))


def test_connack_says_whether_a_session_was_kept() -> None:
    assert packets.session_present(b"\x01\x00") and not packets.session_present(b"\x00\x00")
    with pytest.raises(Violation):
        packets.session_present(b"\x02\x00")
