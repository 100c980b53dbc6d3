"""Over-current by a time curve, as a thermal relay has it: the more current, the sooner.

Each moment above 105 % of the rating uses up a part of what the wiring bears; a full dose trips. Below, the dose goes
back to nothing within a minute. So a load that pulses trips as well. The curve lies below that of a class B or C
breaker (IEC 60898: 1.13 to 1.45 times within an hour, 3 to 10 times at once): the breaker in the supply stays the
protection against a short circuit, because a meter that is read once a second cannot be.
"""

# (per cent of the rating from which on this row holds, milliseconds that it may last)
CURVE = ((150, 0), (140, 2000), (130, 4000), (120, 8000), (110, 20000), (105, 60000))
FULL = 120_000  # every row goes into it without a rest
COOL_MS = 60_000


class Strain:
    def __init__(self) -> None:
        self.dose = 0
        self.left_ms: int | None = None  # until it trips, if the current stays as it is; None: never

    def take(self, current_ma: int, rating_ma: int, passed_ms: int) -> None:
        """So much has flowed since the last call. A current of 0 for an open relay."""
        allowed_ms = _allowed_ms(current_ma, rating_ma)
        if allowed_ms is None:
            self.dose = max(0, self.dose - FULL * passed_ms // COOL_MS)
            self.left_ms = None
        else:
            self.dose = min(FULL, self.dose + FULL * passed_ms // allowed_ms) if allowed_ms else FULL
            self.left_ms = allowed_ms * (FULL - self.dose) // FULL


def _allowed_ms(current_ma: int, rating_ma: int) -> "int | None":
    for percent, allowed_ms in CURVE:
        if current_ma * 100 >= rating_ma * percent:
            return allowed_ms
    return None
