"""The WebSocket itself, byte by byte (RFC 6455): what is heard, what ends the connection, and by which code."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .fakes import House, opened, play, until
from .stations import ask, basic, dial

pytestmark = pytest.mark.req("CHG-01")
HEARTBEAT = b'[2,"1","Heartbeat",{}]'
FIN, TEXT, BINARY, CONTINUE, CLOSE, PING, PONG = 0x80, 1, 2, 0, 8, 9, 10


def frame(content: bytes, first: int = FIN | TEXT, *, masked: bool = True) -> bytes:
    mask = b"\x01\x02\x03\x04"
    size = len(content)
    if size < 126:
        length = bytes([size])
    else:
        length = b"\x7e" + size.to_bytes(2, "big") if size < 65536 else b"\x7f" + size.to_bytes(8, "big")
    if not masked:
        return bytes([first]) + length + content
    body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(content))
    return bytes([first, length[0] | 0x80]) + length[1:] + mask + body


class Wire:
    """A station without manners."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.head = reader, writer, b""

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)

    async def hear(self) -> tuple[int, bytes]:
        """(first byte, content) of one frame."""
        async with asyncio.timeout(5):
            first, size = await self.reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            return first, await self.reader.readexactly(size)

    async def answer(self) -> list[object]:
        return list(json.loads((await self.hear())[1]))

    async def closed_by(self) -> int:
        """The code of the close frame, after which the connection ends."""
        first, content = await self.hear()
        assert first == FIN | CLOSE, content
        async with asyncio.timeout(5):
            assert await self.reader.read() == b""
        return int.from_bytes(content[:2], "big")


@asynccontextmanager
async def wire(house: House, *, head: bytes | None = None) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    authorization = basic("CP1", "secret-of-cp1")["Authorization"].encode()
    writer.write(
        head
        or b"GET /ocpp/ampere/CP1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: "
        + authorization
        + b"\r\n\r\n"
    )
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"\r\n\r\n")
    if head is None:
        assert b"101 Switching" in answer and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
        assert b"Sec-WebSocket-Protocol: ocpp1.6" in answer
    found = Wire(reader, writer)
    found.head = answer
    try:
        yield found
    finally:
        writer.close()


BROKEN: list[tuple[str, bytes, int]] = [
    ("not masked", frame(HEARTBEAT, masked=False), 1002),
    ("reserved bit", frame(HEARTBEAT, FIN | TEXT | 0x40), 1002),
    ("unknown opcode", frame(HEARTBEAT, FIN | 3), 1002),
    ("continuation of nothing", frame(HEARTBEAT, FIN | CONTINUE), 1002),
    ("text inside fragments", frame(b"[2,", TEXT) + frame(HEARTBEAT), 1002),
    ("ping in fragments", frame(b"x", PING), 1002),
    ("long ping", frame(b"x" * 126, FIN | PING), 1002),
    ("close code 1", frame(b"\x00\x01", FIN | CLOSE), 1002),
    ("half a close code", frame(b"\x03", FIN | CLOSE), 1002),
    ("no UTF-8", frame(b'[2,"\xff","Heartbeat",{}]'), 1007),
    ("half a character", frame(b'"\xc3'), 1007),
    ("too long, said only", b"\x81\xff" + (2**40).to_bytes(8, "big") + b"mask", 1009),
    ("too long in fragments", frame(b"x" * 100_000, TEXT) + frame(b"x" * 100_000, FIN | CONTINUE), 1009),
]


@pytest.mark.parametrize(("what", "raw", "code"), BROKEN)
def test_broken_rules_end_the_connection_by_code(tmp_path: Path, what: str, raw: bytes, code: int) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, wire(house) as station:
            station.send(raw, frame(HEARTBEAT))
            assert await station.closed_by() == code, what
            async with wire(house) as again:
                again.send(frame(HEARTBEAT))
                assert (await again.answer())[0] == 3

    play(scene)


def test_fragments_pings_and_a_close(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, wire(house) as station:
            station.send(
                frame(HEARTBEAT[:4], TEXT),
                frame(b"are you there", FIN | PING),
                frame(HEARTBEAT[4:9], CONTINUE),
                frame(b"", CONTINUE),
                frame(HEARTBEAT[9:], FIN | CONTINUE),
                frame(b"unasked", FIN | PONG),
            )
            assert await station.hear() == (FIN | PONG, b"are you there")
            assert (await station.answer())[:2] == [3, "1"]
            station.send(frame(b"\x03\xe8bye", FIN | CLOSE))
            assert await station.closed_by() == 1000

    play(scene)


def test_a_close_without_a_code_and_an_abrupt_end(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house:
            async with wire(house) as station:
                station.send(frame(b"", FIN | CLOSE))
                first, _ = await station.hear()
                assert first == FIN | CLOSE
            async with wire(house) as station:
                await until(lambda: house.gateway.connection("st_1"))
                station.send(frame(b"x" * 1000)[:100])
                station.writer.transport.abort()
            await until(lambda: house.gateway.connection("st_1") is None)

    play(scene)


@settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.integers(1, 400))
def test_frames_in_whatever_pieces(tmp_path: Path, cuts: list[int], size: int) -> None:
    """However the bytes are cut, each call is answered once."""
    message = json.dumps([2, "a", "DataTransfer", {"vendorId": "V", "data": "x" * size}]).encode()
    stream = frame(HEARTBEAT) + frame(message) + frame(HEARTBEAT.replace(b'"1"', b'"2"'))

    async def scene() -> None:
        async with opened(tmp_path) as house, wire(house) as station:
            place, rest = 0, stream
            while rest:
                cut = cuts[place % len(cuts)]
                station.send(rest[:cut])
                await asyncio.sleep(0)
                place, rest = place + 1, rest[cut:]
            assert {str((await station.answer())[1]) for _ in range(3)} == {"1", "a", "2"}

    play(scene)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", b"400"),
        (b"POST /ocpp/ampere/CP1 HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"GET /ocpp/nowhere/CP1 HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET /ocpp/ampere/CP1 HTTP/1.1\r\nX: " + b"y" * 20_000, b"431"),
    ],
)
def test_what_is_no_websocket(tmp_path: Path, head: bytes, status: bytes) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, wire(house, head=head) as visitor:
            assert visitor.head.split()[1] == status

    play(scene)


def test_a_known_station_that_asks_for_no_upgrade(tmp_path: Path) -> None:
    authorization = basic("CP1", "secret-of-cp1")["Authorization"].encode()
    lines = b"Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: " + authorization
    head = b"GET /ocpp/ampere/CP1 HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n\r\n"

    async def scene() -> None:
        async with opened(tmp_path) as house, wire(house, head=head) as visitor:
            assert visitor.head.split()[1] == b"426"

    play(scene)


def test_a_silent_station_is_pinged_and_given_up(tmp_path: Path) -> None:
    """One that answers pings stays."""

    async def scene() -> None:
        async with opened(tmp_path, keep_alive_s=0.6) as house:
            async with wire(house) as dead:
                assert await dead.hear() == (FIN | PING, b"")
                async with asyncio.timeout(5):
                    assert await dead.reader.read() == b""
            await until(lambda: not house.broker.of("status")[-1]["online"])
            async with dial(house) as alive:
                await asyncio.sleep(1.5)
                assert (await ask(alive, "Heartbeat", {}))[0] == 3

    play(scene)


def test_a_station_that_reads_nothing_is_not_read(tmp_path: Path) -> None:
    """Its calls wait in its own buffers, not in our memory, and others are served meanwhile."""

    async def scene() -> None:
        async with opened(tmp_path) as house, wire(house) as deaf:

            async def shout() -> None:
                for _ in range(400):
                    deaf.send(frame(b'[2,"1","Nonsense' + b"y" * 5000 + b'",{}]'))
                    await deaf.writer.drain()

            shouting = asyncio.create_task(shout())
            async with dial(house, "ampere/CP2", headers=basic("CP2", "secret-of-cp2")) as other:
                for number in range(20):
                    assert (await ask(other, "Heartbeat", {}, str(number)))[0] == 3
            shouting.cancel()

    play(scene)


def test_a_flood_of_one_station_leaves_turns_to_others(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, wire(house) as loud:
            loud.send(frame(HEARTBEAT) * 5000)
            async with dial(house, "ampere/CP2", headers=basic("CP2", "secret-of-cp2")) as other:
                assert (await asyncio.wait_for(ask(other, "Heartbeat", {}), 1))[0] == 3
            for _ in range(5000):
                await loud.hear()

    play(scene)
