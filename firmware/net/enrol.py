"""How the platform gets to know a new device, whenever the broker does not: `POST <platform>/api/v1/devices/enrol`.

Until somebody claims the device the broker refuses it, and it goes on trying. No sockets here: the owner asks `due`,
posts, and tells the answer.
"""

from firmware.app.identity import Identity

PATH = "/api/v1/devices/enrol"
FIRST_MS = 5_000
LONGEST_MS = 900_000
AGAIN_MS = 3_600_000  # known, and still refused by the broker: nobody has claimed it yet, or somebody let it go


class Enrolment:
    def __init__(self, identity: Identity, platform: str) -> None:
        """`platform`: its address, such as https://wattlane.example; empty for a device that was set up by hand."""
        self._identity = identity
        self._address = platform.rstrip("/") + PATH if platform and identity.claim else ""
        self._wanted = False
        self._next_ms = 0
        self._pause_ms = FIRST_MS

    def refused(self) -> None:
        """The broker did not let the device in."""
        self._wanted = True

    def accepted(self) -> None:
        self._wanted = False

    def due(self, now_ms: int) -> bool:
        return bool(self._address) and self._wanted and now_ms >= self._next_ms

    def request(self, firmware: str, hardware: str) -> "tuple[str, bytes]":
        """Address and JSON."""
        return self._address, self._identity.enrolment(firmware, hardware)

    def answered(self, status: "int | None", now_ms: int) -> None:
        """`status` None: no answer. 200: noted. 409: another device has this name, which only a new identity helps."""
        if status in (200, 409):
            self._pause_ms = FIRST_MS
            self._next_ms = now_ms + AGAIN_MS
        else:
            self._next_ms = now_ms + self._pause_ms
            self._pause_ms = min(2 * self._pause_ms, LONGEST_MS)
