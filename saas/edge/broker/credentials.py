"""Users of the broker: our own from the installation's secrets, devices from a file that the dispatcher writes."""

import hashlib
import hmac
import json
from pathlib import Path

import structlog

from saas.kit.home import Home

from . import rules

log = structlog.get_logger("broker")


def credentials_file(home: Home) -> Path:
    """{"devices": {device id: hex SHA-256 of its password}}, written whole and renamed into place."""
    return home.path / "broker" / "credentials.json"


class Credentials:
    """Passwords as hex SHA-256 by user, read again when the file changes."""

    def __init__(self, file: Path, internal: dict[str, str]) -> None:
        self._file = file
        self._internal = {user: digest(password) for user, password in internal.items()}
        self._devices: dict[str, str] = {}
        self._stamp: tuple[int, int, int] | None = None
        self.reload()

    def hash_of(self, user: str) -> str | None:
        """The hash that a password of this user must have; None for nobody."""
        return (self._internal if rules.is_internal(user) else self._devices).get(user)

    def accepts(self, user: str | None, password: str | None) -> bool:
        """Whether this is the user's present password."""
        held = self.hash_of(user) if user else None
        return held is not None and password is not None and hmac.compare_digest(held, digest(password))

    def reload(self) -> bool:
        """Read the file if it is another one than before; True when it was. A broken file changes nothing."""
        try:
            stat = self._file.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            if stamp == self._stamp:
                return False
            self._devices = dict(json.loads(self._file.read_text(encoding="utf-8"))["devices"])
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            log.error("credentials_unreadable", file=str(self._file), error=str(wrong))
            return False
        self._stamp = stamp
        log.info("credentials_loaded", devices=len(self._devices))
        return True


def digest(password: str) -> str:
    """Hex SHA-256: enough for random 32-byte secrets."""
    return hashlib.sha256(password.encode()).hexdigest()


def internal_users(home: Home) -> dict[str, str]:
    """Our own processes and their passwords."""
    return {name.removeprefix("mqtt"): held for name, held in home.secrets.items() if name.startswith("mqtt_")}
