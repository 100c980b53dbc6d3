"""The broker has no database: who may connect is written for it into a file."""

import json
import os
from pathlib import Path

import structlog

from saas.devices import queries

log = structlog.get_logger("dispatcher")


class CredentialsFile:
    """{"devices": {device id: hex SHA-256}}; written whole and renamed, only when it changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._written: dict[str, str] | None = None

    def refresh(self) -> bool:
        """Bring the file up to date; True when it was written."""
        held = queries.credentials()
        if held == self._written and self._file.exists():
            return False
        self._write(json.dumps({"devices": held}))
        self._written = held
        log.info("credentials_written", devices=len(held))
        return True

    def _write(self, text: str) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        part = self._file.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_text(text, encoding="utf-8")
        part.replace(self._file)
