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

    def __init__(self, permit: Permit, meter_start_wh: "int | None" = None) -> None:
        self.permit = permit
        self.meter_start_wh = meter_start_wh


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
        session = data.get("session")
        self.session = Session(Permit(session["permit"]), session["meter_start_wh"]) if session else None
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
        for item in pending:
            self._outbox.append(item)

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
        for line in pending:
            item = item_of(line)
            if not self._outbox.holds(item.boot, item.seq):
                self._outbox.append(item)
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
            "session": session and {"permit": session.permit.as_dict(), "meter_start_wh": session.meter_start_wh},
            "pending": [item.line() for item in self._pending],
        }
        self._files.replace(DOCUMENT, seal(json.dumps(data)))


def _load(files: Files) -> "dict":  # type: ignore[type-arg]
    """Empty on a new device. A worn-out document counts as none: all permits are gone, and no power flows."""
    text = unseal((files.read(DOCUMENT) or b"").rstrip(b"\n"))
    return json.loads(text) if text else {}
