"""The price rule: one rule for suggested prices, auction reserves and walk-up prices, exact and rebuildable.

Both halves hold it: the pipelines ask it for suggestions, the web app asks it again when a stored suggestion is
questioned, and for the reserve of an auction. Amounts are integers in millionths of the main unit (micro), per kWh or
per hour; shares are basis points. A rule that was ever used stays in RULES for ever: a change is a new version.

Reserve: Myerson 1981, the lowest price whose (ironed) virtual value reaches the cost. For values spread evenly from
a to b it is (b + cost) / 2; for observed answers to prices the revenue curve is made concave first.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import msgspec

Use = Literal["posted", "auction", "walk_up"]
BP = 10_000
LEAST_NEIGHBOURS, LEAST_TRIES, LEAST_PRICES = 3, 20, 2
NEIGHBOUR_CAP = Fraction(5, 4)


class Answer(msgspec.Struct, kw_only=True, frozen=True):
    """What drivers did at one price: `tried` chances (days, looks), `taken` sessions or bookings in them."""

    price_micro: int
    tried: int
    taken: int


class Inputs(msgspec.Struct, kw_only=True, frozen=True):
    """All that the rule looks at. `step_micro`: the smallest difference that is shown, such as a cent.

    Costs are those of one unit sold (kWh or hour) at the plug; `losses_bp` of the energy bought never reaches it.
    `fee_bp`: the share of the price that the tenant keeps. `neighbours_micro`: prices of chargers near by, any order.
    """

    current_micro: int
    energy_cost_micro: int
    losses_bp: int
    wear_micro: int
    profit_micro: int
    fee_bp: int
    neighbours_micro: tuple[int, ...] = ()
    answers: tuple[Answer, ...] = ()
    least_micro: int = 0
    most_micro: int | None = None
    most_change_bp: int = 1000
    step_micro: int = 10_000


class Decision(msgspec.Struct, kw_only=True, frozen=True):
    """`price_micro`, how it came about (`reasons`, in the order of the rule), and its two supports."""

    rule: str
    price_micro: int
    floor_micro: int
    reserve_micro: int | None
    reasons: tuple[str, ...]


class RuleUnknown(ValueError):
    """No rule of this version exists in this installation."""


def decide(rule: str, inputs: Inputs, use: Use = "posted") -> Decision:
    """What the rule of this version says. RuleUnknown."""
    if rule not in RULES:
        raise RuleUnknown(rule)
    return RULES[rule](inputs, use)


def floor(inputs: Inputs) -> Fraction:
    """Where the host is left with costs and wished profit after losses and fee."""
    energy = Fraction(inputs.energy_cost_micro * BP, BP - inputs.losses_bp)
    return (energy + inputs.wear_micro + inputs.profit_micro) * BP / (BP - inputs.fee_bp)


def uniform_reserve(low: Fraction, high: Fraction, cost: Fraction) -> Fraction:
    """Myerson's reserve where values lie evenly between `low` and `high`: the virtual value is 2v - high."""
    return max(low, (high + cost) / 2)


def ironed_reserve(answers: Sequence[Answer], cost: Fraction) -> Fraction | None:
    """Myerson's reserve from what drivers did; None where prices hardly varied: no answer is invented.

    Points (share that buys, revenue per chance) are made concave (ironing); the slope of each part is the virtual
    value of the drivers that it adds. The reserve is the lowest price whose part is still worth the cost.
    """
    demand = _demand(answers)
    if demand is None:
        return None
    corners = _concave([(Fraction(0), Fraction(0)), *((share, share * price) for price, share in demand)])
    worth = [
        right for left, right in pairwise(corners)
        if right[1] - left[1] >= cost * (right[0] - left[0])
    ]  # fmt: skip
    share, revenue = worth[-1] if worth else corners[1]
    return revenue / share


def _demand(answers: Sequence[Answer]) -> list[tuple[Fraction, Fraction]] | None:
    """(price, share that buys) from the highest price down, each share at least that of the price above it.

    Shares are those per chance, made monotone by pooling neighbours that contradict each other, by their chances.
    """
    known = sorted((a for a in answers if a.tried > 0), key=lambda a: -a.price_micro)
    told = [a for a in known if a.tried >= LEAST_TRIES]
    if len({a.price_micro for a in told}) < LEAST_PRICES or not any(a.taken for a in told):
        return None
    pools: list[list[Answer]] = []
    for answer in told:
        pools.append([answer])
        while len(pools) > 1 and _rate(pools[-2]) > _rate(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    most = max(_rate(pool) for pool in pools)
    return [(Fraction(a.price_micro), _rate(pool) / most) for pool in pools for a in pool if _rate(pool) > 0]


def _rate(pool: list[Answer]) -> Fraction:
    return Fraction(sum(a.taken for a in pool), sum(a.tried for a in pool))


def _concave(points: Sequence[tuple[Fraction, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    """Corners of the upper hull, from left to right; of points above each other the highest."""
    best: dict[Fraction, Fraction] = {}
    for x, y in points:
        best[x] = max(y, best.get(x, y))
    hull: list[tuple[Fraction, Fraction]] = []
    for point in sorted(best.items()):
        while len(hull) > 1 and _turns_up(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return hull


def _turns_up(a: tuple[Fraction, Fraction], b: tuple[Fraction, Fraction], c: tuple[Fraction, Fraction]) -> bool:
    return (b[1] - a[1]) * (c[0] - b[0]) <= (c[1] - b[1]) * (b[0] - a[0])


def _rule_1(inputs: Inputs, use: Use) -> Decision:
    lowest, reserve = floor(inputs), ironed_reserve(inputs.answers, floor(inputs))
    price, reasons = _aim(inputs, lowest, reserve, use)
    if not inputs.energy_cost_micro:
        reasons = [*reasons, "cost_unknown"]
    if price < lowest:
        price, reasons = lowest, [*reasons, "floor"]
    median = _median(inputs.neighbours_micro)
    if use != "auction" and median is not None and price > max(lowest, median * NEIGHBOUR_CAP):
        price, reasons = max(lowest, median * NEIGHBOUR_CAP), [*reasons, "neighbours_cap"]
    for limit in (_slowly if use == "posted" else _as_it_is, _within_policy):
        price, reasons = limit(inputs, price, reasons)
    shown = _stepped(inputs, price, up=price == lowest)
    reserve_micro = None if reserve is None else round(reserve)
    return Decision(
        rule="1", price_micro=shown, floor_micro=-(-lowest.numerator // lowest.denominator),
        reserve_micro=reserve_micro, reasons=tuple(reasons),
    )  # fmt: skip


def _aim(inputs: Inputs, lowest: Fraction, reserve: Fraction | None, use: Use) -> tuple[Fraction, list[str]]:
    """What the price would be without limits. An auction's reserve never follows the neighbours: its bids do."""
    if reserve is not None:
        return reserve, ["reserve"]
    if use == "auction":
        return lowest, ["no_estimate"]
    median = _median(inputs.neighbours_micro)
    if median is not None:
        return median, ["no_estimate", "neighbours"]
    return Fraction(inputs.current_micro), ["no_estimate", "kept"]


def _median(prices: tuple[int, ...]) -> Fraction | None:
    """Median of the neighbours' prices; None of fewer than three."""
    if len(prices) < LEAST_NEIGHBOURS:
        return None
    ordered, half = sorted(prices), len(prices) // 2
    return Fraction(ordered[half] + ordered[~half], 2)


def _as_it_is(inputs: Inputs, price: Fraction, reasons: list[str]) -> tuple[Fraction, list[str]]:
    return price, reasons


def _slowly(inputs: Inputs, price: Fraction, reasons: list[str]) -> tuple[Fraction, list[str]]:
    """Not further from the price of today than the tenant allows at once."""
    room = Fraction(inputs.current_micro * inputs.most_change_bp, BP)
    kept = min(max(price, inputs.current_micro - room), inputs.current_micro + room) if inputs.current_micro else price
    return (kept, reasons) if kept == price else (kept, [*reasons, "change_limit"])


def _within_policy(inputs: Inputs, price: Fraction, reasons: list[str]) -> tuple[Fraction, list[str]]:
    if price < inputs.least_micro:
        return Fraction(inputs.least_micro), [*reasons, "least"]
    if inputs.most_micro is not None and price > inputs.most_micro:
        return Fraction(inputs.most_micro), [*reasons, "most"]
    return price, reasons


def _stepped(inputs: Inputs, price: Fraction, *, up: bool) -> int:
    """On whole steps: half to even, upwards where the price is the floor itself, and never out of the policy."""
    steps = price / inputs.step_micro
    shown = (-(-steps.numerator // steps.denominator) if up else round(steps)) * inputs.step_micro
    if inputs.most_micro is not None and shown > inputs.most_micro:
        shown = inputs.most_micro
    return max(shown, inputs.least_micro)


RULES: dict[str, Callable[[Inputs, Use], Decision]] = {"1": _rule_1}
NEWEST = "1"
