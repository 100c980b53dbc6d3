"""What a person sees and hears: a light of one or more WS2812, or a plain one; a buzzer. Nothing here waits."""

from firmware.app.ports import Mono
from firmware.app.words import W

# State: red, green, blue; lit for so many tenths of a second of so many.
LIGHTS = {
    W.STATE_IDLE: ((0, 24, 0), 1, 40),
    W.STATE_PLUGGED: ((0, 24, 24), 10, 20),
    W.STATE_CHARGING: ((0, 0, 40), 1, 1),
    W.STATE_FAULT: ((60, 0, 0), 2, 4),
}
# Sign: colour, and the lengths of sound and silence in ms, one after the other.
SIGNS = {"heard": ((30, 30, 30), (60,)), "good": ((0, 60, 0), (80, 80, 80)), "bad": ((60, 0, 0), (600,))}


class Signs:
    def __init__(self, mono: Mono, led: "object | None", pixels: "object | None", buzzer: "object | None") -> None:
        """`led`, `buzzer`: output pins; `pixels`: MicroPython's neopixel.NeoPixel."""
        self._mono = mono
        self._led = led
        self._pixels = pixels
        self._buzzer = buzzer
        self._sign = ""
        self._since_ms = 0
        self._shown: tuple[int, int, int] | None = None

    def signal(self, name: str) -> None:
        self._sign, self._since_ms = name, self._mono.ms()

    def show(self, state: str) -> None:
        """To be called several times a second."""
        sounding = self._sounding()
        if self._buzzer is not None:
            self._buzzer(1 if sounding else 0)  # type: ignore[operator]
        colour, on, period = LIGHTS[state]
        lit = self._mono.ms() // 100 % period < on
        if self._sign:
            colour, lit = SIGNS[self._sign][0], True
        if self._led is not None:
            self._led(1 if lit else 0)  # type: ignore[operator]
        self._light(colour if lit else (0, 0, 0))

    def _sounding(self) -> bool:
        """Forgets a sign that is over."""
        if not self._sign:
            return False
        passed_ms = self._mono.ms() - self._since_ms
        lengths = SIGNS[self._sign][1]
        for index in range(len(lengths)):
            if passed_ms < lengths[index]:
                return index % 2 == 0
            passed_ms -= lengths[index]
        self._sign = ""
        return False

    def _light(self, colour: "tuple[int, int, int]") -> None:
        """Written only when it changes: each write blocks interrupts for a moment."""
        if self._pixels is not None and colour != self._shown:
            self._shown = colour
            self._pixels.fill(colour)  # type: ignore[attr-defined]
            self._pixels.write()  # type: ignore[attr-defined]
