"""A lake that knows what the pages of demand and prices show: of ampere much, of barq nothing."""

from datetime import UTC, datetime, timedelta

import msgspec
import polars as pl

from pipelines.marts import forecast, price_advice, unmet_demand
from pipelines.marts._table import Table
from pipelines.resources.lake import Lake
from saas.contracts.pricerule import NEWEST, Inputs, decide

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
INPUTS = Inputs(
    current_micro=400_000, energy_cost_micro=200_000, losses_bp=1000, wear_micro=0, profit_micro=50_000, fee_bp=1500,
    neighbours_micro=(500_000, 520_000, 610_000),
)  # fmt: skip
METHODS = ("ridge and gradient boosting", "last value", "same hour yesterday", "same hour last week")


def fill_outlook(lake: Lake) -> None:
    """Forecasts (charger: learned ships; area: a naive ships), two cells with searches, an opening, three prices."""
    lake.replace_all(
        forecast.TABLE, _frame([*_hours("charger", "Kallio 1"), *_hours("area", "Helsinki")], forecast.TABLE)
    )
    lake.replace_all(forecast.CARD, _frame([*_cards()], forecast.CARD))
    lake.replace_all(unmet_demand.TABLE, _frame([_search("Tampere", 61.5, 9), _search("Helsinki", 60.2, 0)],
                                                unmet_demand.TABLE))  # fmt: skip
    lake.replace_all(unmet_demand.OPENINGS, _frame([_opening()], unmet_demand.OPENINGS))
    rows = [_price("Kallio 1"), _price("Yard", tested=True), _price("Quay", kind="hour")]
    lake.replace_all(price_advice.TABLE, _frame(rows, price_advice.TABLE))


def _frame(rows: list[dict[str, object]], table: Table) -> pl.DataFrame:
    whole = [{name: row.get(name) for name in table.schema} | {"tenant": "ampere"} for row in rows]
    return pl.DataFrame(whole, schema=table.schema)


def _hours(level: str, unit: str) -> list[dict[str, object]]:
    about = {
        "source": "live",
        "network": "Europe/Helsinki",
        "level": level,
        "unit": unit,
        "horizon_h": 24,
        "method": METHODS[0],
    }
    values = {"forecast_wh": 4321, "low_wh": 1000, "high_wh": 9000}
    times = [NOW + timedelta(hours=step) for step in range(-24, 24)]
    return [
        about | values | {"at": at, "local": at.replace(tzinfo=None), "actual_wh": 4000 if at < NOW else None}
        for at in times
    ]


def _cards() -> list[dict[str, object]]:
    figures = {"rmse_wh": 900.0, "mae_wh": 500.0, "coverage": 0.91, "validation_rmse_wh": 880.0, "judged": 240}
    about = {
        "source": "live",
        "network": "Europe/Helsinki",
        "state": "forecast",
        "until": NOW,
        "hours": 2400,
        "units": 1,
        "energy_wh": 1,
        **figures,
    }
    found = [
        about | {"level": level, "horizon_h": 24, "method": name, "shipped": name == winner}
        for level, winner in (("charger", METHODS[0]), ("area", METHODS[3]))
        for name in METHODS
    ]
    short = {
        "source": "live",
        "network": "Europe/Helsinki",
        "level": "area",
        "horizon_h": 1,
        "state": "too_little_history",
        "shipped": False,
    }
    return [*found, short]


def _search(place: str, latitude: float, unmet: int) -> dict[str, object]:
    return {
        "cell": place, "latitude": latitude, "longitude": 24.0, "place": place, "connector": "IEC_62196_T2",
        "power_w": 0, "timed": False, "at": NOW - timedelta(days=1), "weekday": 3, "local_hour": 9, "searches": 12,
        "unmet": unmet,
    }  # fmt: skip


def _opening() -> dict[str, object]:
    return {
        "cell": "Tampere", "latitude": 61.5, "longitude": 24.0, "place": "Tampere", "connector": "", "days": 28,
        "searches": 12, "unmet": 9, "price_micro": 400_000, "session_wh": 12_000, "conversion_ppm": 500_000,
        "month_micro": 23_000_000, "currency": "EUR",
    }  # fmt: skip


def _price(charger: str, *, kind: str = "kwh", tested: bool = False) -> dict[str, object]:
    said = decide(NEWEST, INPUTS)
    row = {
        "listing": charger, "charger": charger, "site": "Kallio", "city": "Helsinki", "kind": kind, "currency": "EUR",
        "current_micro": 400_000, "price_micro": said.price_micro, "floor_micro": said.floor_micro,
        "auction_micro": 330_000, "walk_up_micro": 520_000, "reasons": list(said.reasons), "rule": said.rule,
        "inputs": msgspec.json.encode(INPUTS).decode(), "neighbours": 3, "prices_tried": 1, "days": 60, "as_of": NOW,
        "simulation": "no_estimate", "log": "no_estimate",
    }  # fmt: skip
    if not tested:
        return row
    return row | {
        "reserve_micro": 470_000, "simulation": "done", "fixed_day_micro": 1_500_000, "rule_day_micro": 1_900_000,
        "gain_low_micro": -100_000, "gain_high_micro": 800_000, "log": "no_overlap", "effective_days": 0.0,
    }  # fmt: skip
