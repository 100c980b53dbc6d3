"""The button of the device: held for five seconds it opens the set-up page again."""

from firmware.app.ports import Mono

LONG_MS = 5_000


class Button:
    def __init__(self, pin: object, mono: Mono) -> None:
        """`pin`: an input with a pull-up; the button draws it to ground."""
        self._pin = pin
        self._mono = mono
        self._since_ms: int | None = None
        self._told = False

    def held(self) -> bool:
        """True once for each time that it is held long enough."""
        if self._pin():  # type: ignore[operator]
            self._since_ms, self._told = None, False
            return False
        if self._since_ms is None:
            self._since_ms = self._mono.ms()
        if self._told or self._mono.ms() - self._since_ms < LONG_MS:
            return False
        self._told = True
        return True
