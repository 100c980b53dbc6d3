"""The embedded broker has no database: who may connect is written for it into a file, whole and renamed into place."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import structlog

from saas.devices import actions, queries
from saas.edge.broker.credentials import used_folder

log = structlog.get_logger("dispatcher")


class CredentialsFile:
    """Of the form that saas.edge.broker.credentials describes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._written: tuple[dict[str, str], dict[str, str]] | None = None

    def refresh(self) -> bool:
        """Bring the file up to date, and note who has changed to the next password; True when it was written."""
        self._note_used()
        held = queries.credentials()
        if held == self._written and self._file.exists():
            return False
        write(self._file, json.dumps({"devices": held[0], "next": held[1]}))
        self._written = held
        log.info("credentials_written", devices=len(held[0]))
        return True

    def _note_used(self) -> None:
        """What the broker left in the folder beside the file. Names with a dot are not finished."""
        for note in sorted(used_folder(self._file).glob("[!.]*")):
            if actions.promote(device_id=note.name, now=datetime.now(UTC), used=note.read_text(encoding="ascii")):
                log.info("credential_promoted", device=note.name)
            note.unlink(missing_ok=True)


def write(file: Path, text: str) -> None:
    """Readable by us alone; never half written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(file)
