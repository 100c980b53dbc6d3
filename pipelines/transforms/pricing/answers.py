"""How drivers answered to the prices that a charger had: days and sessions under each."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from saas.contracts.pricerule import Answer

Since = tuple[datetime, int | None]


def price_of_day(prices: Sequence[Since], first: date, last: date) -> dict[date, int]:
    """The price (micro) of each whole UTC day from `first` to before `last` that had one price all day long."""
    changed = {since.date() for since, _ in prices}
    found: dict[date, int] = {}
    day, at, current = first, 0, None
    ordered = sorted(prices, key=lambda one: one[0])
    while day < last:
        while at < len(ordered) and ordered[at][0].date() < day:
            current, at = ordered[at][1], at + 1
        if current is not None and day not in changed:
            found[day] = current
        day += timedelta(days=1)
    return found


def answers(days: dict[date, int], sessions: Sequence[date]) -> tuple[Answer, ...]:
    """Per price: days that had it, and sessions that began on them; cheapest first."""
    tried = Counter(days.values())
    taken = Counter(days[day] for day in sessions if day in days)
    return tuple(Answer(price_micro=price, tried=tried[price], taken=taken[price]) for price in sorted(tried))
