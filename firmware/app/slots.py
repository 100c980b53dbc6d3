"""Two places for the firmware, `a` and `b`, and the record that says which one starts: `slot.json`, replaced whole.

{"active": "a", "trial": false, "boots": 0, "why": ""}: on trial the boot loader (`firmware/loader.py`) counts the
starts and goes back after three; `why` says why it went back, until the firmware has told it.
"""

import json

from .files import Files
from .image import VERSION_FILE

RECORD = "slot.json"
SLOTS = ("a", "b")


class Slots:
    def __init__(self, files: Files) -> None:
        self._files = files
        record = _read(files)
        self.active: str = record["active"] if record.get("active") in SLOTS else SLOTS[0]
        self.on_trial: bool = record.get("trial") is True
        self.why: str = str(record.get("why", ""))

    def other(self) -> str:
        return SLOTS[1] if self.active == SLOTS[0] else SLOTS[0]

    def try_other(self) -> None:
        """The other slot starts next, on trial."""
        self._write(self.other(), True, "")

    def keep(self) -> None:
        """The running one has proved itself; what was to be told is told."""
        self.on_trial, self.why = False, ""
        self._write(self.active, False, "")

    def go_back(self, why: str) -> bool:
        """The other slot starts next, for good. False when it holds nothing that could start."""
        if self._files.read(self.other() + "/" + VERSION_FILE) is None:
            return False
        self._write(self.other(), False, why)
        return True

    def _write(self, active: str, trial: bool, why: str) -> None:
        record = {"active": active, "trial": trial, "boots": 0, "why": why}
        self._files.replace(RECORD, json.dumps(record).encode())


def _read(files: Files) -> "dict":  # type: ignore[type-arg]
    try:
        record = json.loads((files.read(RECORD) or b"{}").decode())
    except (ValueError, UnicodeError):
        return {}
    return record if isinstance(record, dict) else {}
