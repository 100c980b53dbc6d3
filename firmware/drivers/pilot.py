"""The control pilot of IEC 61851-1, annex A: how duty and current belong together, and what the vehicle's voltage says.

A 1 kHz square wave of ±12 V behind 1 kOhm: its duty tells the vehicle how much it may draw, its positive peak tells the
charger what the vehicle wants.
"""

FULL = 65535  # of duty_u16
LEAST_MA, MOST_MA = 6_000, 80_000
LOW_MA = 51_000  # up to here one line, above it another

# (state, lowest and highest positive peak in mV): table A.2
STATES = (
    ("A", 11_000, 13_000),  # no vehicle
    ("B", 8_000, 10_000),  # a vehicle that wants nothing
    ("C", 5_000, 7_000),  # it wants power
    ("D", 2_000, 4_000),  # … and ventilation
    ("E", -1_000, 1_000),  # shorted, or no supply
)
PLUGGED = ("B", "C", "D")
ASKING = ("C", "D")


def duty(current_ma: int) -> int:
    """Of 65535; below 6 A always on: the vehicle must not draw. Table A.7: A = duty % * 0.6, above 51 A (duty % - 64) *
    2.5."""
    if current_ma < LEAST_MA:
        return FULL
    if current_ma <= LOW_MA:
        return current_ma * FULL // 60_000
    return (min(current_ma, MOST_MA) + 160_000) * FULL // 250_000


def current_ma(permille: int) -> int:
    """What a duty in thousandths allows (table A.8); 0 where it allows nothing, or means a digital talk (3 to 7 %)."""
    if permille < 80 or permille > 970:
        return 0
    if permille < 100:
        return LEAST_MA
    if permille <= 850:
        return permille * 60
    return min(MOST_MA, (permille - 640) * 250)


def state(peak_mv: int, before: str) -> str:
    """Between two ranges the state stays what it was: a peak on its way is no news."""
    for name, least, most in STATES:
        if least <= peak_mv <= most:
            return name
    return before


class Pilot:
    """PWM output, and the peak read back: `mV at the pilot = (mV at the pin - zero) * gain / 1000`."""

    def __init__(self, pwm: object, adc: "object | None", zero_mv: int, gain: int) -> None:
        """`pwm`: machine.PWM at 1 kHz; `adc`: machine.ADC, None where the voltage is not read."""
        self._pwm = pwm
        self._adc = adc
        self._zero_mv = zero_mv
        self._gain = gain
        self._state = "A"
        self._candidate = "A"

    def offer(self, ma: int) -> None:
        self._pwm.duty_u16(duty(ma))  # type: ignore[attr-defined]

    def look(self, samples: int = 24) -> str:
        """A state counts once it is seen twice running. The samples span more than one period of the wave."""
        if self._adc is not None:
            peak_mv = max([self._adc.read_uv() for _ in range(samples)]) // 1000  # type: ignore[attr-defined]
            seen = state((peak_mv - self._zero_mv) * self._gain // 1000, self._state)
            if seen == self._candidate:
                self._state = seen
            self._candidate = seen
        return self._state

    def reads(self) -> bool:
        return self._adc is not None
