"""What the price rule says of every listed charger, and what its price would have brought."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import h3
import msgspec
import numpy as np
import polars as pl

from pipelines.defs.checks import Rule, once
from pipelines.defs.steps import Sources, WholeStep
from pipelines.learning.pricing import off_policy, simulate
from pipelines.marts import price_advice as mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts._table import collect
from pipelines.resources.pricing_tables import OFFERS
from pipelines.transforms.pricing.answers import answers, price_of_day
from pipelines.transforms.pricing.unmet import RING
from saas.contracts.pricerule import BP, NEWEST, Answer, Decision, Inputs, Use, decide
from saas.contracts.pricing import Offer

USUAL_W = 11_000  # what a usual car takes, where nothing was measured yet
LEAST_SESSIONS = 10
MICRO = 1_000_000
# Where classes of power end: Regulation (EU) 2023/1804 (AFIR), Annex III, 22 kW, below 50 kW, below 150 kW.
POWER_CLASSES_W = (22_000, 49_999, 149_999)
_OTHER_USES: tuple[Use, ...] = ("auction", "walk_up")


@dataclass(frozen=True)
class Case:
    """One price of one charger: its history, and how many units (Wh or hours) a session sells."""

    offer: Offer
    kind: str
    days: dict[date, int]
    sessions: pl.DataFrame
    wh_per_hour: int

    @property
    def wh_per_unit(self) -> int:
        return 1000 if self.kind == "kwh" else self.wh_per_hour

    @property
    def answers(self) -> tuple[Answer, ...]:
        return answers(self.days, self.sessions["began"].to_list())

    @property
    def units(self) -> pl.Series:
        """Units that each session took."""
        return self.sessions["energy_wh"] / 1000 if self.kind == "kwh" else self.sessions["duration_s"] / 3600


def advice_rows(_sources: Sources, now: datetime) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for (tenant,), listed in collect(OFFERS.scan()).group_by("tenant", maintain_order=True):
        taken = _sessions(str(tenant))
        rows += [_row(str(tenant), case, listed, now) for case in _cases(listed, taken, now)]
    return pl.DataFrame(rows, schema=mart.TABLE.schema)


def _sessions(tenant: str) -> pl.DataFrame:
    rows = sessions_mart.TABLE.of_tenant(tenant).filter((pl.col("source") == "live") & (pl.col("energy_wh") > 0))
    return collect(rows.select("charger", "energy_wh", "duration_s", began=pl.col("started_at").dt.date()))


def _cases(listed: pl.DataFrame, taken: pl.DataFrame, now: datetime) -> list[Case]:
    found = []
    for text in listed["offer"]:
        offer = msgspec.json.decode(text, type=Offer)
        mine = taken.filter(pl.col("charger") == offer.charger)
        for kind in ("kwh", "hour"):
            prices = [(_moment(p.since), p.kwh_micro if kind == "kwh" else p.hour_micro) for p in offer.prices]
            if prices[-1][1]:
                days = price_of_day(prices, prices[0][0].date(), now.date())
                found.append(Case(offer, kind, days, mine, _pace(mine, offer)))
    return found


def _pace(mine: pl.DataFrame, offer: Offer) -> int:
    """Wh that an occupied hour takes: as measured, else at the charger's power, at most that of a usual car."""
    seconds = int(mine["duration_s"].sum())
    if mine.height >= LEAST_SESSIONS and seconds:
        return max(1, int(mine["energy_wh"].sum()) * 3600 // seconds)
    return min(offer.power_w, USUAL_W)


def inputs_of(case: Case, neighbours: tuple[int, ...]) -> Inputs:
    """All that the rule is given; costs per kWh become costs per hour at the charger's own pace."""
    offer, by_hour = case.offer, case.kind == "hour"
    costs = {name: getattr(offer, name) for name in ("energy_cost_micro", "wear_micro", "profit_micro")}
    scaled = {name: -(-cost * case.wh_per_unit // 1000) for name, cost in costs.items()}
    current = offer.prices[-1].hour_micro if by_hour else offer.prices[-1].kwh_micro
    return Inputs(
        **scaled, current_micro=current or 0, losses_bp=offer.losses_bp, fee_bp=offer.fee_bp,
        neighbours_micro=neighbours, answers=case.answers, most_change_bp=offer.most_change_bp,
        least_micro=offer.least_hour_micro if by_hour else offer.least_micro,
        most_micro=offer.most_hour_micro if by_hour else offer.most_micro, step_micro=MICRO // 10**offer.exponent,
    )  # fmt: skip


def power_class(power_w: int) -> int:
    """0 normal (to 22 kW), then below 50 kW, below 150 kW, and above: nobody compares their prices with one another."""
    return sum(power_w > most for most in POWER_CLASSES_W)


def _neighbours(case: Case, listed: pl.DataFrame) -> tuple[int, ...]:
    """Prices of the same kind of the other chargers of the power class within some ten kilometres, in the currency."""
    near = h3.grid_disk(case.offer.cell, RING)
    column = f"{case.kind}_micro"
    power = pl.col("offer").str.json_path_match("$.power_w").cast(pl.Int64)
    alike = pl.sum_horizontal(*((power > most).cast(pl.Int8) for most in POWER_CLASSES_W)) == power_class(
        case.offer.power_w
    )
    rows = listed.filter(pl.col("cell").is_in(near) & pl.col(column).is_not_null() & alike)
    rows = rows.filter((pl.col("listing") != case.offer.listing) & (pl.col("currency") == case.offer.currency))
    return tuple(rows[column].sort().to_list())


def _row(tenant: str, case: Case, listed: pl.DataFrame, now: datetime) -> dict[str, Any]:
    offer = case.offer
    inputs = inputs_of(case, _neighbours(case, listed))
    said = decide(NEWEST, inputs)
    others = {f"{use}_micro": decide(NEWEST, inputs, use).price_micro for use in _OTHER_USES}
    return {
        "tenant": tenant, "listing": offer.listing, "charger": offer.charger, "site": offer.site, "city": offer.city,
        "kind": case.kind, "currency": offer.currency, "current_micro": inputs.current_micro,
        "price_micro": said.price_micro, "floor_micro": said.floor_micro, "reserve_micro": said.reserve_micro,
        **others, "reasons": list(said.reasons), "rule": said.rule, "inputs": msgspec.json.encode(inputs).decode(),
        "neighbours": len(inputs.neighbours_micro), "prices_tried": len(inputs.answers), "days": len(case.days),
        "as_of": now, **_tested(case, inputs, said),
    }  # fmt: skip


def _tested(case: Case, inputs: Inputs, said: Decision) -> dict[str, Any]:
    """What the suggested price would have brought against today's: simulated, and from the log of days."""
    amount = float(case.units.mean()) if case.sessions.height else 0.0  # type: ignore[arg-type]
    energy = inputs.energy_cost_micro * BP / (BP - inputs.losses_bp)

    def left(price: float) -> float:
        return amount * (price * (BP - inputs.fee_bp) / BP - energy - inputs.wear_micro)

    found = simulate(inputs.answers, fixed_micro=inputs.current_micro, rule_micro=said.price_micro, left=left)
    if said.reserve_micro is None or found is None:
        return {"simulation": "no_estimate", "log": "no_estimate"}
    sums = _by_day(case)
    days = sorted(case.days)
    price = np.array([case.days[day] for day in days], dtype=np.float64)
    weekend = np.array([day.weekday() >= 5 for day in days], dtype=np.int64)
    net = price * (BP - inputs.fee_bp) / BP - energy - inputs.wear_micro
    reward = np.array([sums.get(day, 0.0) for day in days]) * net
    log = off_policy(price, weekend, reward, float(said.price_micro))
    return {
        "simulation": "done", "fixed_day_micro": round(found.fixed), "rule_day_micro": round(found.rule),
        "gain_low_micro": round(found.low), "gain_high_micro": round(found.high), "log": log.refused or "done",
        "log_day_micro": _whole(log.doubly_robust), "log_low_micro": _whole(log.low),
        "log_high_micro": _whole(log.high), "effective_days": log.effective,
    }  # fmt: skip


def _by_day(case: Case) -> dict[date, float]:
    rows = case.sessions.with_columns(units=case.units).group_by("began").agg(pl.col("units").sum())
    return dict(rows.iter_rows())


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def not_rebuilt(rows: pl.DataFrame) -> pl.DataFrame:
    """Suggestions that the rule does not give again from what is stored of them."""
    keep = [
        decide(rule, msgspec.json.decode(text, type=Inputs)).price_micro != price
        for rule, text, price in rows.select("rule", "inputs", "price_micro").iter_rows()
    ]
    return rows.filter(pl.Series(keep, dtype=pl.Boolean))


def under_floor(rows: pl.DataFrame) -> pl.DataFrame:
    """Prices below the floor that no limit explains."""
    limits = pl.col("reasons").list.set_intersection(["change_limit", "most"]).list.len() > 0
    return rows.filter((pl.col("price_micro") < pl.col("floor_micro")) & ~limits)


PRICE_ADVICE = WholeStep(
    "price_advice", mart.TABLE, advice_rows, ("pricing_words", "sessions"),
    "What the price rule says of each listed charger, with all that it was given, and its back-test.",
    (
        once("tenant", "listing", "kind"),
        Rule("rebuilt", not_rebuilt, "the rule gives each price again from the stored inputs"),
        Rule("floor", under_floor, "no price lies below costs and wished profit unless a limit says so"),
    ),
    group="pricing",
)  # fmt: skip
