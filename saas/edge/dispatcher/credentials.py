"""The broker has no database: who may connect is written for it into files, whole and renamed into place."""

import json
import os
import signal
from pathlib import Path

import structlog

from saas.devices import keys, queries
from saas.kit.home import Home

log = structlog.get_logger("dispatcher")


class CredentialsFile:
    """For the embedded broker: {"devices": {device id: hex SHA-256}}."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._written: dict[str, str] | None = None

    def refresh(self) -> bool:
        """Bring the file up to date; True when it was written."""
        held = queries.credentials()
        if held == self._written and self._file.exists():
            return False
        write(self._file, json.dumps({"devices": held}))
        self._written = held
        log.info("credentials_written", devices=len(held))
        return True


class MosquittoFile:
    """For Mosquitto: its password file, our own users included, and the word to read it again."""

    def __init__(self, home: Home) -> None:
        self._file = home.path / "broker" / "mosquitto.passwd"
        self._pid_file = os.environ.get("WATTLANE_MOSQUITTO_PID", "")
        secrets = {name.removeprefix("mqtt"): held for name, held in home.secrets.items() if name.startswith("mqtt_")}
        self._internal = {user: keys.mosquitto_digest(secret) for user, secret in secrets.items()}
        self._written: dict[str, str] | None = None

    def refresh(self) -> bool:
        """Bring the file up to date; True when it was written."""
        held = self._internal | queries.mosquitto_credentials()
        if held == self._written and self._file.exists():
            return False
        write(self._file, "".join(f"{user}:{digest}\n" for user, digest in held.items()))
        self._written = held
        self._tell()
        return True

    def _tell(self) -> None:
        """SIGHUP makes Mosquitto read its files and disconnect whoever is no longer in them."""
        if not self._pid_file:
            return
        try:
            os.kill(int(Path(self._pid_file).read_text(encoding="ascii")), signal.SIGHUP)
        except (OSError, ValueError) as wrong:
            log.error("mosquitto_not_told", pid_file=self._pid_file, error=str(wrong))


def write(file: Path, text: str) -> None:
    """Readable by us alone; never half written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(file)
