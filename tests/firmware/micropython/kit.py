"""A bench for one adapter, without typing and pytest, so that the same cases run under MicroPython."""

import json

from firmware.app.adapter import Adapter
from firmware.app.commands import Commands
from firmware.app.files import Files
from firmware.app.permit import Permit
from firmware.app.ports import Board, Meter, Mono, Reading
from firmware.app.sign import code_hash, hmac_hex
from firmware.app.uplink import Uplink
from firmware.app.words import W

ROOT = "/".join(__file__.split("/")[:-4])
DEVICE = "ad_bench"
KEY = b"bench-key-bench-key-bench-key-00"
T0 = 1763606400000
HOUR = 3600000
CODE = "482913"
SECRET = "the secret of the bench"


class PowerCut(Exception):
    pass


class HandMono(Mono):
    def __init__(self):
        self.value = 1000

    def ms(self):
        return self.value


class MemoryFiles(Files):
    """A flash in memory. `cut_after` writes the power goes, in the middle of the next one."""

    def __init__(self):
        self.content = {}
        self.cut_after = None
        self.writes = 0

    def read(self, name):
        return self.content.get(name)

    def write(self, name, data):
        self.content[name] = b""
        self.append(name, data)

    def append(self, name, data):
        self._count(lambda: self._put(name, data[: len(data) // 2]))
        self._put(name, data)

    def rename(self, name, to):
        self._count(lambda: None)
        self.content[to] = self.content.pop(name)

    def part(self, name, start, length):
        if name not in self.content:
            raise OSError(2)
        return self.content[name][start : start + length]

    def size(self, name):
        return len(self.content.get(name, b""))

    def remove(self, name):
        self._count(lambda: None)
        self.content.pop(name, None)

    def remove_tree(self, name):
        self._count(lambda: None)
        for entry in list(self.content):
            if entry.startswith(name + "/"):
                del self.content[entry]

    def _put(self, name, data):
        self.content[name] = self.content.get(name, b"") + data

    def _count(self, torn):
        if self.cut_after is not None and self.writes >= self.cut_after:
            torn()
            raise PowerCut()
        self.writes += 1


class Bench(Board, Meter):
    """Relay, meter and vehicle: 7.2 kW when power flows, unless told otherwise."""

    def __init__(self, mono):
        self.mono = mono
        self.closed = False
        self.plug = True
        self.case_open = False
        self.temperature = 30000
        self.silent = False
        self.welded = False
        self.power_w = 7200
        self.current_ma = 31304
        self.offered = 0
        self.locked = False
        self.counter_w_ms = 0
        self.changed_ms = mono.ms()
        self.polled_ms = None

    def flows(self):
        return self.plug and (self.closed or self.welded)

    def settle(self):
        now = self.mono.ms()
        if self.flows():
            self.counter_w_ms += self.power_w * (now - self.changed_ms)
        self.changed_ms = now

    def close_relay(self):
        self.settle()
        self.closed = True
        self.polled_ms = None

    def open_relay(self):
        self.settle()
        self.closed = False
        self.polled_ms = None

    def offer(self, current_ma):
        self.offered = current_ma

    def lock(self, locked):
        self.locked = locked

    def plugged(self):
        return self.plug

    def tampered(self):
        return self.case_open

    def temperature_mc(self):
        return self.temperature

    def poll(self):
        self.settle()
        now = self.mono.ms()
        if self.silent or (self.polled_ms is not None and now - self.polled_ms < 1000):
            return None
        self.polled_ms = now
        on = self.flows()
        return Reading(self.counter_w_ms // 3600000, self.power_w if on else 0, self.current_ma if on else 0, 230000)


def permit(
    session="s1", start=T0, end=T0 + HOUR, energy_wh=0, current_ma=0, nonce=None, key=KEY, device=DEVICE, code=CODE
):
    """A permit as the platform signs it."""
    data = {
        "session": session,
        "start_ms": start,
        "end_ms": end,
        "energy_wh": energy_wh,
        "current_ma": current_ma,
        "code_hash": code_hash(session, code),
        "nonce": nonce or f"n-{session}-{end}-{energy_wh}",
    }
    text = "|".join([W.PERMIT_PREFIX, device] + [str(data[name]) for name in W.PERMIT_FIELDS])
    data["sig"] = hmac_hex(key, text)
    return data


class Rig:
    """One adapter on a bench; `boot` is a power cut and a start."""

    def __init__(self, files=None, clock=True, capacity=512, modulus="", firmware="1.1.0"):
        self.modulus, self.firmware = modulus, firmware
        self.mono = HandMono()
        self.files = files or MemoryFiles()
        self.board = Bench(self.mono)
        self.capacity = capacity
        self.boots = 0
        self.ids = 0
        self.sent = []  # all that was ever said, as a line that is always there would carry it
        self.boot(clock)

    def boot(self, clock=True, away_ms=0, forget=True):
        """`forget`: the counter of the meter begins again at 0."""
        self.mono.value += away_ms
        self.boots += 1
        if forget:
            self.board.counter_w_ms = 0
        self.board.polled_ms = None
        self.board.changed_ms = self.mono.ms()
        now = self.wall() if clock else 0
        self.adapter = Adapter(
            DEVICE, KEY, self.boots, self.board, self.board, self.mono, self.files, now, self.capacity,
            self.firmware, SECRET, self.modulus,
        )  # fmt: skip
        self.adapter.outbox.append = self._overhear(self.adapter.outbox.append, lambda item: [item])
        self.adapter.outbox.extend = self._overhear(self.adapter.outbox.extend, lambda items: items)
        self.uplink = Uplink(self.adapter)
        self.commands = Commands(self.adapter)

    def _overhear(self, keep, items_of):
        def overheard(said):
            keep(said)
            self.sent += [json.loads(item.body) for item in items_of(said)]

        return overheard

    def wall(self):
        return T0 - 1000 + self.mono.ms()

    def run(self, ms, step=100):
        for _ in range(ms // step):
            self.mono.value += step
            self.adapter.step()

    def command(self, type_, id_=None, expires=None, **fields):
        """Carries it out; the error of the reply, None when it was done."""
        self.ids += 1
        command = {"v": 1, "id": id_ or f"c{self.ids}", "type": type_, "ts_ms": self.wall()}
        command["expires_ms"] = expires or self.wall() + 60000
        command.update(fields)
        self.commands.handle(json.dumps(command).encode())
        return self.said("reply")[-1].get("error")

    def grant(self, **fields):
        return self.command(W.CMD_PERMIT, permit=permit(**fields))

    def start(self, session="s1", **fields):
        """A session under way."""
        assert self.grant(session=session, **fields) is None
        assert self.command(W.CMD_ACTIVATE, session=session) is None
        self.run(2000)
        assert self.board.closed

    def said(self, kind, boot=None):
        """Messages of this kind that are held, oldest first."""
        items = self.adapter.outbox.items
        return [json.loads(item.body) for item in items if item.kind == kind and boot in (None, item.boot)]

    def events(self, type_):
        return [event for event in self.said("event") if event["type"] == type_]

    def acknowledge(self):
        for item in list(self.adapter.outbox.items):
            self.adapter.outbox.ack(item.boot, item.seq)


def refusal(data):
    """The reason why these fields are no permit, None when they are one."""
    try:
        Permit(data)
    except Exception as error:
        return getattr(error, "reason", repr(error))
    return None


def last_stop(rig):
    """The newest event that says that a session stopped."""
    return rig.events(W.EV_STOPPED)[-1]
