"""The password for the broker, and how it is changed: the new one is tried, the old one holds until the new one is let
in. Both are on the flash all the time, so a power cut at any moment leaves a device that can connect."""

import json

from .fields import text
from .files import Files
from .records import seal, unseal
from .refused import Refused
from .words import W

FILE = "secret.json"
SHORTEST = 16
TRIES = 3  # so often the broker may refuse the new one before it is thrown away

MYPY = False
if MYPY:  # the type checker alone reads this
    from .voice import Voice


class Credentials:
    def __init__(self, files: Files, secret: str) -> None:
        """`secret`: what the device was made with; a later one is on the flash."""
        held = _load(files)
        self._files = files
        self._secret: str = held.get("secret", secret)
        self._next: str = held.get("next", "")
        self._refusals = 0
        self._tried = ""
        self.reconnect = False  # the connection should be made anew, with the new password

    def current(self) -> str:
        """For the next connection: the new one, and after each refusal of it the old one once."""
        offered = self._next if self._next and self._tried != self._next else self._secret
        self._tried = offered
        self.reconnect = False
        return offered

    def change(self, data: "dict[str, object]") -> None:
        """The command `credential`. Raises Refused(bad_format)."""
        secret = text(data, "secret")
        if len(secret) < SHORTEST or [1 for character in secret if not " " < character < "\x7f"]:
            raise Refused(W.REFUSE_FORMAT)
        if secret != self._secret:
            self._next, self._refusals, self._tried = secret, 0, ""
            self._save()
            self.reconnect = True

    def accepted(self, voice: "Voice") -> None:
        """The broker let the device in."""
        if self._next and self._tried == self._next:
            self._secret, self._next = self._next, ""
            self._save()
            self._tell(voice, "accepted")
        elif self._next:
            self.reconnect = True  # in by the old one: the new one is tried again, the next time

    def refused(self, voice: "Voice") -> None:
        """The broker did not take the password."""
        if not self._next or self._tried != self._next:
            return
        self._refusals += 1
        if self._refusals >= TRIES:
            self._next = ""
            self._save()
            self._tell(voice, "refused")

    def _tell(self, voice: "Voice", reason: str) -> None:
        voice.event(W.EV_NOTICE, {"code": W.NOTICE_CREDENTIAL, "reason": reason})

    def _save(self) -> None:
        self._files.replace(FILE, seal(json.dumps({"secret": self._secret, "next": self._next})))


def _load(files: Files) -> "dict":  # type: ignore[type-arg]
    text = unseal((files.read(FILE) or b"").rstrip(b"\n"))
    return json.loads(text) if text else {}
