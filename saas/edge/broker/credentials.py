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
    """{"devices": {id: hash}, "next": {id: hash}}, hex SHA-256 of passwords; written whole and renamed into place.

    `next`: the password that takes the place of the present one once the device has used it.
    """
    return home.path / "broker" / "credentials.json"


def used_folder(file: Path) -> Path:
    """A file for each device that has used its next password, named by it, holding the hash: for the dispatcher."""
    return file.parent / "used"


class Credentials:
    """Passwords as hex SHA-256 by user, read again when the file changes."""

    def __init__(self, file: Path, internal: dict[str, str]) -> None:
        self._file = file
        self._internal = {user: digest(password) for user, password in internal.items()}
        self._devices: dict[str, str] = {}
        self._next: dict[str, str] = {}
        self._used: dict[str, str] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._switched = False
        self.reload()

    def accepts(self, user: str | None, password: str | None) -> bool:
        """Whether this is the user's present password, or the next one."""
        if not user or password is None:
            return False
        given, held = digest(password), self._held(user)
        return any(hmac.compare_digest(hash_of, given) for hash_of in held)

    def note_use(self, user: str, password: str) -> None:
        """The user is in with this password. If it is the next one, the old one is worth nothing from now on."""
        given = digest(password)
        if self._used.get(user) == given or self._next.get(user) != given:
            return
        self._used[user], self._switched = given, True
        folder = used_folder(self._file)
        folder.mkdir(exist_ok=True)
        (folder / f".{user}").write_text(given, encoding="ascii")
        (folder / f".{user}").replace(folder / user)
        log.info("credential_switched", user=user)

    def changed(self) -> bool:
        """Whether somebody's password may have become worthless since the last call: reads the file if it is new."""
        switched, self._switched = self._switched, False
        return self.reload() or switched

    def reload(self) -> bool:
        """Read the file if it is another one than before; True when it was. A broken file changes nothing."""
        try:
            stat = self._file.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            if stamp == self._stamp:
                return False
            held = json.loads(self._file.read_text(encoding="utf-8"))
            self._devices, self._next = dict(held["devices"]), dict(held.get("next", {}))
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            log.error("credentials_unreadable", file=str(self._file), error=str(wrong))
            return False
        self._stamp = stamp
        self._used = {user: used for user, used in self._used.items() if self._next.get(user) == used}
        log.info("credentials_loaded", devices=len(self._devices))
        return True

    def _held(self, user: str) -> list[str]:
        if rules.is_internal(user):
            return [self._internal[user]] if user in self._internal else []
        if user not in self._devices:
            return []
        if user in self._used:
            return [self._used[user]]
        return [self._devices[user], *([self._next[user]] if user in self._next else [])]


def digest(password: str) -> str:
    """Hex SHA-256: enough for random 32-byte secrets."""
    return hashlib.sha256(password.encode()).hexdigest()


def internal_users(home: Home) -> dict[str, str]:
    """Our own processes and their passwords."""
    return {name.removeprefix("mqtt"): held for name, held in home.secrets.items() if name.startswith("mqtt_")}
