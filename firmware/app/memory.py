"""What must survive a reset: one document, replaced whole, so that each change happened entirely or not at all.

The messages that tell of a change are part of the same write (`pending`) and only then put in the outbox: a power cut
in between loses neither. One that is put there twice is the same message twice, and the platform stores it once.
"""

import json

from .files import Files
from .outbox import Item, Outbox, item_of
from .permit import Permit
from .records import seal, unseal

DOCUMENT = "state.json"
COMMANDS_KEPT = 32


class Session:
    """A permit whose holder has proved to be present. Power has flowed once `meter_start_wh` is known."""

    def __init__(self, permit: Permit) -> None:
        self.permit = permit
        self.meter_start_wh: int | None = None
        self.limit_ma = 0  # asked for by a command, 0 for none
        self.left_ms: int | None = None  # of the paid time, by the monotonic clock, when power last flowed
        self.card: str | None = None  # it proved the presence, so it may end the session
        self.ending: str | None = None  # the reason of an end that waits for the vehicle only
        self.ending_code: str | None = None

    def is_used_up(self) -> bool:
        return self.left_ms is not None and self.left_ms <= 0

    def mark(self) -> str:
        """By this a checkpoint is told to be of this session as it now stands."""
        return "%s|%d" % (self.permit.session, self.permit.end_ms)

    def as_dict(self) -> "dict[str, object]":
        data: dict[str, object] = {name: getattr(self, name) for name in SESSION_FIELDS}
        data["permit"] = self.permit.as_dict()
        return data


SESSION_FIELDS = ("meter_start_wh", "limit_ma", "left_ms", "card", "ending", "ending_code")


def _session(data: "dict | None") -> "Session | None":  # type: ignore[type-arg]
    """A field that an earlier firmware did not write keeps the value of a new session."""
    if not data:
        return None
    session = Session(Permit(data["permit"]))
    for name in SESSION_FIELDS:
        if name in data:
            setattr(session, name, data[name])
    return session


class Memory:
    def __init__(self, files: Files, outbox: Outbox) -> None:
        data = _load(files)
        self._files = files
        self._outbox = outbox
        self._pending: list[Item] = []
        self.permits = [Permit(item) for item in data.get("permits", [])]
        self.nonces: dict[str, int] = data.get("nonces", {})  # nonce: when its permit ends
        self.wrong_codes: int = data.get("wrong_codes", 0)
        self.locked: bool = data.get("locked", False)
        self.commands: list[list[str]] = data.get("commands", [])  # [id, error or ""], newest last
        self.settings: dict[str, int] = data.get("settings", {})
        self.base_wh: int = data.get("base_wh", 0)
        self.faults: list[str] = data.get("faults", [])  # active, so that each is told to be cleared
        self.session = _session(data.get("session"))
        if self.session and outbox.left_mark == self.session.mark():
            self.session.left_ms = outbox.left_ms
        self.dirty = False
        self._recover(data.get("pending", []))

    def say(self, item: Item) -> None:
        """A message that belongs to the change being made; it leaves with the next `commit`."""
        self._pending.append(item)

    def commit(self) -> None:
        if self.dirty:
            self._save()
            self.dirty = False
        pending, self._pending = self._pending, []
        if pending:
            self.check()
            self._outbox.extend(pending)

    def check(self) -> None:
        """What the next write to the log notes of the running session."""
        session = self.session
        if session and session.left_ms is not None:
            self._outbox.left_mark, self._outbox.left_ms = session.mark(), session.left_ms

    def remember(self, command: str, error: str) -> None:
        self.commands.append([command, error])
        del self.commands[:-COMMANDS_KEPT]
        self.dirty = True

    def recall(self, command: str) -> "str | None":
        """The error ("" for none) with which this command was answered, None when it is new."""
        for known, error in self.commands:
            if known == command:
                return error
        return None

    def _recover(self, pending: "list[str]") -> None:
        """Messages of a change that was saved just before the power went."""
        items = [item_of(line) for line in pending]
        self._outbox.extend([item for item in items if not self._outbox.holds(item.boot, item.seq)])
        if pending:
            self._save()

    def _save(self) -> None:
        session = self.session
        data = {
            "permits": [permit.as_dict() for permit in self.permits],
            "nonces": self.nonces,
            "wrong_codes": self.wrong_codes,
            "locked": self.locked,
            "commands": self.commands,
            "settings": self.settings,
            "base_wh": self.base_wh,
            "faults": self.faults,
            "session": session and session.as_dict(),
            "pending": [item.line() for item in self._pending],
        }
        self._files.replace(DOCUMENT, seal(json.dumps(data)))


def _load(files: Files) -> "dict":  # type: ignore[type-arg]
    """Empty on a new device. A worn-out document counts as none: all permits are gone, and no power flows."""
    text = unseal((files.read(DOCUMENT) or b"").rstrip(b"\n"))
    return json.loads(text) if text else {}
