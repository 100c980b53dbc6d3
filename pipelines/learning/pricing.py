"""What a price would have brought: by simulation, and from the log of what was tried. Refuses what cannot be known.

Simulation draws days from the answers that drivers gave at each price. The off-policy estimate weighs logged days by
how likely they were under the log (inverse propensity, clipped), with and without a model of the day (doubly robust,
Dudík et al. 2011); its effective sample size says how many days really speak.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from saas.contracts.pricerule import LEAST_TRIES, Answer

Floats = npt.NDArray[np.float64]
CLIP, LEAST_EFFECTIVE, NEAR = 10.0, 10.0, 0.05
ROUNDS, DAYS = 400, 28


@dataclass(frozen=True)
class Simulated:
    """Profit a day at the fixed price and at the rule's, and the 90 % interval of the difference (micro units)."""

    fixed: float
    rule: float
    low: float
    high: float


@dataclass(frozen=True)
class OffPolicy:
    """Profit a day under another price: weighted (`ips`), normalised (`snips`), doubly robust, with 90 % interval.

    `effective`: days that really speak, (Σw)² / Σw². `refused`: why there is no estimate, empty where there is one.
    """

    days: int
    effective: float
    ips: float | None = None
    snips: float | None = None
    doubly_robust: float | None = None
    low: float | None = None
    high: float | None = None
    refused: str = ""


def simulate(
    answers: Sequence[Answer], *, fixed_micro: int, rule_micro: int, left: Callable[[float], float], seed: int = 0
) -> Simulated | None:
    """Months of days drawn from the answers; None where these do not tell of two prices.

    `tried` of an answer are days, `taken` sessions; `left`: what a session at a price leaves, in micro units.
    """
    known = sorted((a for a in answers if a.tried >= LEAST_TRIES), key=lambda a: a.price_micro)
    if len({a.price_micro for a in known}) < 2:
        return None
    random = np.random.default_rng(seed)
    rates = np.stack([random.gamma(a.taken + 0.5, 1 / a.tried, ROUNDS) for a in known])
    rates = np.minimum.accumulate(rates, axis=0)  # a dearer price sells no more than a cheaper one
    prices = np.array([a.price_micro for a in known], dtype=np.float64)
    profits = {}
    for name, price in (("fixed", fixed_micro), ("rule", rule_micro)):
        rate = np.array([np.interp(price, prices, rates[:, r]) for r in range(ROUNDS)])
        sold = random.poisson(rate[:, None], (ROUNDS, DAYS)).mean(axis=1)
        profits[name] = sold * left(price)
    gain = profits["rule"] - profits["fixed"]
    low, high = np.quantile(gain, [0.05, 0.95])
    return Simulated(float(profits["fixed"].mean()), float(profits["rule"].mean()), float(low), float(high))


def off_policy(
    price: Floats, context: npt.NDArray[np.int64], reward: Floats, target: float, *, clip: float = CLIP
) -> OffPolicy:
    """What `target` would have brought a day, from days with their `price`, `context` (such as weekend) and `reward`.

    The log's chance of a price is its share among the days of the same context. Refused where the target (within 5 %)
    was never tried in some context, or too few days really speak.
    """
    days = int(price.size)
    match = np.abs(price - target) <= NEAR * target
    chance = np.zeros(days)
    for one in np.unique(context):
        chance[context == one] = match[context == one].mean()
    if not days or (chance == 0).any():
        return OffPolicy(days, 0.0, refused="no_overlap")
    weight = np.where(match, np.minimum(1 / chance, clip), 0.0)
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    if effective < LEAST_EFFECTIVE:
        return OffPolicy(days, effective, refused="no_overlap")
    model = np.array([reward[match & (context == one)].mean() for one in context])
    parts = model + weight * (reward - model)
    spread = 1.645 * float(parts.std(ddof=1)) / float(np.sqrt(effective))
    robust = float(parts.mean())
    return OffPolicy(
        days, effective, float((weight * reward).mean()), float((weight * reward).sum() / weight.sum()), robust,
        robust - spread, robust + spread,
    )  # fmt: skip
