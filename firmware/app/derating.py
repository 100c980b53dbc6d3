"""Less current while the device is warm, so that it need not switch off when it is hot."""

# (milli-degrees below the highest temperature, per cent of the rating that is offered from there on)
STEPS = ((5_000, 40), (10_000, 60), (15_000, 80))
BACK_MC = 3_000  # so much cooler before more is offered again
LEAST_MA = 6_000  # the least that a vehicle can be offered (IEC 61851-1)


class Derating:
    def __init__(self) -> None:
        self.percent = 100

    def look(self, temperature_mc: "int | None", most_mc: int) -> bool:
        """True when the share has changed."""
        before = self.percent
        if temperature_mc is not None:
            warm = _percent(temperature_mc, most_mc)
            cooled = _percent(temperature_mc + BACK_MC, most_mc)
            self.percent = min(warm, max(self.percent, cooled))
        return self.percent != before

    def limit_ma(self, rating_ma: int) -> int:
        return min(rating_ma, max(LEAST_MA, rating_ma * self.percent // 100))


def _percent(temperature_mc: int, most_mc: int) -> int:
    for below_mc, percent in STEPS:
        if temperature_mc >= most_mc - below_mc:
            return percent
    return 100
