"""`python -m infra.bench.flood PORT RUN MESSAGES`: devices that publish at QoS 1 as fast as the broker takes it.

A process of its own, with its frames made beforehand, so that it costs the measured ones little. Prints `ready`, waits
for a line, publishes, and ends when the broker has acknowledged everything.
"""

import select
import socket
import sys
import time

from saas.contracts.telemetry.messages import Telemetry, encode

CONNECTIONS, IN_FLIGHT, DEVICES = 10, 200, 50


def names(run: str) -> list[str]:
    """The devices of one run."""
    return [f"ad_bench_{run}_{number}" for number in range(DEVICES)]


def topic(device: str) -> str:
    return f"ev/v1/{device}/telemetry"


def text(value: str) -> bytes:
    encoded = value.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def packet(first: int, body: bytes) -> bytes:
    """With a remaining length of at most two bytes."""
    length = len(body)
    return bytes((first, length)) + body if length < 128 else bytes((first, length & 127 | 128, length >> 7)) + body


class Connection:
    """Publishes for its share of the devices, IN_FLIGHT at a time."""

    def __init__(self, port: int, number: int, run: str, messages: int) -> None:
        mine = names(run)[number::CONNECTIONS]
        now_ms = time.time_ns() // 1_000_000
        self.frames = [self._frame(mine, index, now_ms) for index in range(messages)]
        self.sent = self.acknowledged = 0
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(packet(0x10, text("MQTT") + b"\x04\x02\x00\x3c" + text(f"flood-{run}-{number}")))
        if self.socket.recv(4)[3]:
            raise SystemExit("the broker refused the flood")

    @property
    def done(self) -> bool:
        return self.acknowledged >= len(self.frames)

    def push(self) -> None:
        """As many as may be in flight."""
        room = int(self.acknowledged) + IN_FLIGHT
        if room - self.sent >= IN_FLIGHT // 2:
            self.socket.sendall(b"".join(self.frames[self.sent : room]))
            self.sent = min(room, len(self.frames))

    def hear(self) -> None:
        """Each PUBACK has four bytes."""
        self.acknowledged += len(self.socket.recv(65536)) / 4

    @staticmethod
    def _frame(mine: list[str], index: int, now_ms: int) -> bytes:
        seq, device = index // len(mine) + 1, mine[index % len(mine)]
        sample = Telemetry(
            v=1, boot=1, seq=seq, ts_ms=now_ms + seq, energy_wh=1000 + seq, power_w=7360, current_ma=32000,
            voltage_mv=230000, temperature_mc=41500,
        )  # fmt: skip
        return packet(0x32, text(topic(device)) + (index % 60000 + 1).to_bytes(2, "big") + encode(sample))


def main(port: int, run: str, messages: int) -> None:
    flood = [Connection(port, number, run, messages // CONNECTIONS) for number in range(CONNECTIONS)]
    print("ready", flush=True)
    sys.stdin.readline()
    for one in flood:
        one.push()
    by_socket = {one.socket: one for one in flood}
    while not all(one.done for one in flood):
        for ready in select.select(list(by_socket), [], [])[0]:
            by_socket[ready].hear()
            by_socket[ready].push()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
