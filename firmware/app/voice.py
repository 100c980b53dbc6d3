"""How the device speaks: numbered messages, each told once and kept until it is acknowledged."""

import json

from .memory import Memory
from .outbox import EVENT, REPLY, TELEMETRY, Item, Outbox
from .register import Register
from .wallclock import WallClock
from .words import W


class Voice:
    def __init__(
        self, boot: int, clock: WallClock, register: Register, memory: Memory, outbox: Outbox, keeps: bool
    ) -> None:
        """`keeps`: the meter's counter survives a power cut."""
        self.boot = boot
        self.seq = 0
        self._clock = clock
        self._register = register
        self._memory = memory
        self._outbox = outbox
        self._keeps = keeps

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def event(self, type_: str, fields: "dict[str, object] | None" = None) -> None:
        """Leaves with the next commit of the memory, together with the change that it tells of."""
        body: dict[str, object] = {"type": type_}
        if self._register.known:
            body["energy_wh"] = self._register.total_wh
        body.update(fields or {})
        self._memory.say(self._item(EVENT, self._register.total_wh, body))

    def reply(self, command: str, error: str) -> None:
        body: dict[str, object] = {"id": command, "ok": not error}
        if error:
            body["error"] = error
        self._memory.say(self._item(REPLY, 0, body))

    def sample(self, fields: "dict[str, object]") -> None:
        """A sample may be gone after a power cut. Where the meter forgets then, too, it tells no more energy than the
        flash knows of: the register, once told, never falls."""
        self._memory.commit()  # in order: what is pending was numbered before this
        total_wh = self._register.total_wh
        body: dict[str, object] = {"energy_wh": total_wh if self._keeps else min(total_wh, self._outbox.safe_wh)}
        body.update(fields)
        self._outbox.append(self._item(TELEMETRY, self._register.total_wh, body))

    def status(self, state: str, firmware: str) -> str:
        """The retained message; transport state only, not stored."""
        body: dict[str, object] = {"v": W.VERSION, "boot": self.boot, "seq": self.seq, "ts_ms": self._clock.now_ms()}
        body.update({"online": True, "state": state, "fw": firmware})
        return json.dumps(body)

    def last_will(self) -> str:
        return json.dumps({"v": W.VERSION, "boot": self.boot, "seq": 0, "ts_ms": self._clock.now_ms(), "online": False})

    def _item(self, kind: str, energy_wh: int, body: "dict[str, object]") -> Item:
        self.seq += 1
        body["v"] = W.VERSION
        body["boot"] = self.boot
        body["seq"] = self.seq
        body["ts_ms"] = self._clock.now_ms()
        item = Item(kind, self.boot, self.seq, energy_wh, json.dumps(body))
        item.said_ms = self._clock.mono_ms()
        return item


def known(fields: "dict[str, object]") -> "dict[str, object]":
    """Without what is None: a key that has no value is left out."""
    return {name: fields[name] for name in fields if fields[name] is not None}
