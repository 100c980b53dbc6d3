"""MQTT as bytes, and the device's own link against amqtt."""

import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.net import ntp, packets
from firmware.net.client import Client
from firmware.net.link import Link
from tests.firmware.broker import Platform, free_port, start_broker, stop, until
from tests.firmware.micropython.kit import Rig, permit

pytestmark = pytest.mark.req("DEV-01")


@given(st.lists(st.tuples(st.sampled_from([0x30, 0x32, 0x40]), st.binary(max_size=300)), max_size=5), st.data())
def test_packets_come_out_however_the_stream_is_cut(sent: list[tuple[int, bytes]], data: st.DataObject) -> None:
    stream = b"".join(packets._packet(first, body) for first, body in sent)
    parser, found = packets.Parser(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += parser.feed(stream[:cut])
        stream = stream[cut:]
    assert found == sent


@given(st.text(max_size=50), st.binary(max_size=300), st.integers(1, 65535))
def test_a_publish_is_read_as_it_was_written(topic: str, payload: bytes, number: int) -> None:
    [(first, body)] = packets.Parser().feed(packets.publish(topic, payload, number, False))
    assert packets.parse_publish(first, body) == (topic, payload, number)


@given(st.binary(max_size=100))
def test_rubbish_ends_the_connection_and_nothing_else(data: bytes) -> None:
    client = new_client([], [])
    client.opened(0)
    client.feed(data, 0)
    client.tick(1)


def new_client(ready: list[object], received: list[object]) -> Client:
    def take(topic: str, payload: bytes) -> None:
        received.append((topic, payload))

    return Client("ad_1", "secret", ("will", "{}"), ["a", "b"], ready.append, take)


def test_the_first_packets() -> None:
    ready: list[object] = []
    received: list[object] = []
    client = new_client(ready, received)
    client.opened(0)
    hello = client.take_out()
    assert hello[0] == 0x10 and b"MQTT\x04\xec\x00\x1e" in hello and hello.endswith(b"\x00\x04ad_1\x00\x06secret")
    assert not client.publish("t", "x", False)
    client.feed(b"\x20\x02\x00\x00", 10)
    assert client.take_out() == b"\x82\x0a\x00\x01\x00\x01a\x01\x00\x01b\x01"
    client.feed(b"\x90\x04\x00\x01\x01\x01", 20)
    assert ready == [client] and client.online
    client.feed(packets.publish("a", b"hi", 7, False), 30)
    assert received == [("a", b"hi")] and client.take_out() == b"\x40\x02\x00\x07"
    client.tick(30 + 15_000)
    assert client.take_out() == packets.PINGREQ and not client.dead
    client.tick(30 + 46_000)
    assert client.dead == "silence"


def test_a_refusal_of_the_broker_has_its_name() -> None:
    client = new_client([], [])
    client.opened(0)
    client.feed(b"\x20\x02\x00\x05", 10)
    assert client.dead == "refused: not authorised"


def test_the_broker_that_does_not_answer_is_given_up() -> None:
    client = new_client([], [])
    client.opened(0)
    client.tick(10_001)
    assert client.dead == "silence"


def test_a_transport_that_takes_little_loses_nothing() -> None:
    client = new_client([], [])
    client.opened(0)
    whole = client.take_out()
    client.give_back(whole[5:])
    assert client.take_out() == whole[5:]


class Device:
    """The adapter behind the device's own link, stepped by a thread as on the ESP32."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.rig = Rig()
        uplink, voice = self.rig.uplink, self.rig.adapter.voice
        self.rig.mono.value = 0
        self.rig.adapter.clock.set(time.time_ns() // 1_000_000)

        def make() -> Client:
            will = (uplink.topic_status, voice.last_will())
            topics = [uplink.topic_cmd, uplink.topic_ack]
            return Client("ad_bench", "x", will, topics, lambda it: uplink.connected(it.publish), uplink.received)

        self.link = Link(("localhost", port), tls, make, uplink.disconnected)
        self.failure: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        start = time.monotonic()
        while not self._stop.wait(0.01):
            self.rig.mono.value = int((time.monotonic() - start) * 1000)
            try:
                self.rig.adapter.step()
                self.link.step(self.rig.mono.value)
                self.rig.uplink.step()
            except Exception as error:
                self.failure = error
                return

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.link.drop(0, "closed")


@pytest.fixture
def broker() -> Iterator[tuple[int, list[subprocess.Popen[str]]]]:
    port = free_port()
    running = [start_broker(port)]
    yield port, running
    stop(running[-1])


def test_the_link_delivers_obeys_and_comes_back(broker: tuple[int, list[subprocess.Popen[str]]]) -> None:
    port, running = broker
    platform = Platform(port)
    device = Device(port)
    until(lambda: platform.statuses.get("ad_bench"))
    now_ms = time.time_ns() // 1_000_000
    platform.command("ad_bench", "c1", "permit", permit=permit(start=now_ms - 1000, end=now_ms + 60_000))
    assert until(lambda: platform.reply("ad_bench", "c1")).ok
    until(lambda: not device.rig.adapter.outbox.items)
    platform.close()
    stop(running[-1])
    until(lambda: device.link.last_error)
    device.rig.adapter.type_code("000000")
    running.append(start_broker(port))
    platform = Platform(port)
    until(lambda: platform.events("ad_bench", "refused"))
    until(lambda: not device.rig.adapter.outbox.items)
    assert device.failure is None and platform.refused == []
    device.close()
    platform.close()


def test_a_broker_that_is_not_there_is_asked_less_and_less_often() -> None:
    opened, lost = [], []
    link = Link(("127.0.0.1", free_port()), None, lambda: new_client(opened, []), lambda: lost.append(now_ms))
    for now_ms in range(0, 300_000, 500):
        link.step(now_ms)
    assert lost == [0, 1000, 3000, 7000, 15000, 31000, 63000, 123000, 183000, 243000]


def test_a_fault_of_the_firmware_is_not_taken_for_one_of_the_network(
    broker: tuple[int, list[subprocess.Popen[str]]],
) -> None:
    port, _ = broker
    platform = Platform(port)
    device = Device(port)
    until(lambda: platform.statuses.get("ad_bench"))

    def no_space(name: str, data: bytes) -> None:
        raise OSError(28, "no space")

    device.rig.files.append = no_space
    platform.command("ad_bench", "c1", "activate", session="s1")
    assert isinstance(until(lambda: device.failure), OSError)
    device.close()
    platform.close()


def test_the_link_speaks_tls_and_refuses_a_stranger(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make_certificate(certificate, key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    port, said = tls_server(server)
    trusting = ssl.create_default_context(cafile=str(certificate))
    device = Device(port, trusting)
    assert b"MQTT" in until(lambda: b"".join(said))
    device.close()
    stranger = Device(port, ssl.create_default_context())
    assert "CERTIFICATE_VERIFY_FAILED" in until(lambda: stranger.link.last_error)
    stranger.close()


def make_certificate(certificate: Path, key: Path) -> None:
    """For localhost, by itself."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    made = made.serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
    made = made.not_valid_after(now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    pem = serialization.Encoding.PEM
    certificate.write_bytes(made.sign(private, hashes.SHA256()).public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key.write_bytes(private.private_bytes(pem, *plain))


def tls_server(context: ssl.SSLContext) -> tuple[int, list[bytes]]:
    """Takes connections and keeps what it hears."""
    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    said: list[bytes] = []

    def serve() -> None:
        for _ in range(2):
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
                    said.append(connection.recv(1000))
            except OSError:
                continue
        listener.close()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1], said


def test_the_time_server_is_asked_and_doubted() -> None:
    import socket

    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    now_s = 1763606400
    answer = bytes([0x24, 2]) + bytes(38) + (now_s + ntp.SECONDS_1900_TO_1970).to_bytes(4, "big") + b"\x80\x00\x00\x00"

    def serve() -> None:
        _, address = server.recvfrom(100)
        server.sendto(answer, address)

    threading.Thread(target=serve).start()
    assert ntp.ask("127.0.0.1", server.getsockname()[1]) == now_s * 1000 + 500
    server.close()
    assert ntp.decode(answer[:40]) is None
    assert ntp.decode(bytes([0xE4, 0]) + answer[2:]) is None
    era_2 = answer[:40] + (100).to_bytes(4, "big") + answer[44:]
    assert ntp.decode(era_2) == ((1 << 32) + 100 - ntp.SECONDS_1900_TO_1970) * 1000 + 500


def test_messages_on_the_wire_carry_low_and_fit() -> None:
    rig, texts = Rig(), []
    rig.start()

    def publish(topic: str, text: str, retain: bool) -> bool:
        texts.append(text)
        return True

    rig.uplink.connected(publish)
    rig.uplink.step()
    assert all(json.loads(text)["low"] == 1 for text in texts[1:]) and len(texts) > 5
    assert max(len(text) for text in texts) < 1000
