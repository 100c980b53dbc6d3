"""Risk of failure within 7 and 30 days: the models held against each other, then the answer for each charger."""

import os
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from pipelines.defs.risk import cards
from pipelines.defs.risk.facts import LIVE, Network, all_networks
from pipelines.defs.steps import Sources
from pipelines.learning import contest, keep, models, reasons, silent
from pipelines.learning.models import Fitted
from pipelines.learning.rows import Rows
from pipelines.marts import risk as risk_mart
from pipelines.marts import risk_card as card_mart
from pipelines.marts._table import collect
from pipelines.resources import models as store
from pipelines.transforms import silence, usage
from pipelines.transforms.unit_features import HEARD

HORIZONS = (7, 30)
# Days that the drift watch and the question itself look at.
LATELY = 28
Row = dict[str, Any]


def capacity() -> int:
    """How many chargers a crew can visit in a week: `WATTLANE_CREW_VISITS`, else 3."""
    return int(os.environ.get("WATTLANE_CREW_VISITS", "3"))


def card_rows(_sources: Sources, now: datetime) -> pl.DataFrame:
    """Learns where there is news and keeps the models; the card says how good each was on its last window."""
    held = collect(card_mart.TABLE.scan())
    rows: list[pl.DataFrame] = []
    for network in all_networks(now):
        for horizon in HORIZONS:
            known = _known(held, network, horizon)
            rows.append(known if known.height else _learn(network, horizon))
    return pl.concat(rows) if rows else pl.DataFrame(schema=card_mart.TABLE.schema)


def risk_rows(_sources: Sources, now: datetime) -> pl.DataFrame:
    """The latest answer for each charger, by the models that were kept."""
    rows = [row for network in all_networks(now) for horizon in HORIZONS for row in _answers(network, horizon)]
    return pl.DataFrame(rows, schema=risk_mart.TABLE.schema)


def _known(held: pl.DataFrame, network: Network, horizon: int) -> pl.DataFrame:
    """The card as it is, where nothing is new: the same facts, or for devices one made on the same day."""
    mine = held.filter(
        (pl.col("tenant") == network.tenant) & (pl.col("network") == network.name) & (pl.col("horizon_days") == horizon)
        & (pl.col("capacity") == capacity())
    )  # fmt: skip
    if network.source == LIVE:
        return mine.filter(pl.col("as_of").dt.date() == network.as_of.date())
    return mine.filter(pl.col("data_version") == network.fingerprint)


def _learn(network: Network, horizon: int) -> pl.DataFrame:
    names = columns(network)
    rows = silent.rows_of(network.grid, horizon, names=names, event=network.event)
    now = silent.latest_rows(network.grid, LATELY, names=names)
    gap = horizon + silent.WIDER + silence.SILENT_DAYS - 1
    found = contest.hold(rows, now, horizon=horizon, gap=gap, capacity=capacity())
    if found.model is None:
        store.drop(_place(network, horizon))
    else:
        store.save(_place(network, horizon), keep.dumps(found.model, network.fingerprint))
    return pl.DataFrame(cards.rows_of(network, horizon, found, capacity()), schema=card_mart.TABLE.schema)


def columns(network: Network) -> tuple[str, ...]:
    """What a model may look at: for devices also what was heard of them, where anything ever was."""
    if network.source != LIVE:
        return silent.NAMES
    heard = {"trouble_hour": "trouble_hour", "lost_week": "lost"}
    return silent.NAMES + tuple(name for name in HEARD if network.grid.values[heard[name]].any())


def _place(network: Network, horizon: int) -> str:
    return f"risk/{network.tenant}/{network.name}/{horizon}"


def _answers(network: Network, horizon: int) -> list[Row]:
    raw = store.load(_place(network, horizon))
    model, version = keep.loads(raw) if raw else (None, "")
    states = _states(network)
    asked = silent.latest_rows(network.grid, 1, names=_columns_of(model, network))
    asked = asked.at(np.array([states[unit] == "asked" for unit in asked.unit], dtype=np.bool_))
    answers = {int(row["unit"]): row for row in _asked(network, asked, model)}
    rows = []
    for place, name in enumerate(network.grid.units):
        plain: Row = {"place": None, "probability_ppm": None, "reasons": [], "model": None}
        rows.append(_who(network, name) | plain | answers.get(place, {}) | {
            "horizon_days": horizon, "state": states[place], "data_version": version or network.fingerprint,
        })  # fmt: skip
    return rows


def _columns_of(model: Fitted | None, network: Network) -> tuple[str, ...]:
    """All columns there are; a kept model may know one that has fallen still since."""
    return tuple(dict.fromkeys((*columns(network), *(model.names if model else ()))))


def _who(network: Network, name: str) -> Row:
    found = network.names.filter(pl.col("unit") == name).to_dicts()
    known = found[0] if found else {"site": None, "host_organisation": None, "device": None, "evse": None}
    return {key: known[key] for key in ("site", "host_organisation", "device", "evse")} | {
        "tenant": network.tenant, "source": network.source, "network": network.name, "charger": name,
        "as_of": network.as_of,
    }  # fmt: skip


def _asked(network: Network, rows: Rows, model: Fitted | None) -> list[Row]:
    """Place, probability and reasons of the chargers that were asked of. Without a model: the rule's place alone."""
    if not rows.height:
        return []
    usual = reasons.usual_of(silent.latest_rows(network.grid, LATELY, names=rows.names))
    judge = model or models.rule_alone()
    score = judge.score(rows)
    order = np.argsort(np.argsort(-score, kind="stable"), kind="stable") + 1
    why = reasons.of_rows(judge, rows, usual, network.grid, network.grid.days - 1)
    chance = model.probability(rows) if model else np.full(rows.height, np.nan)
    return [
        {
            "unit": rows.unit[at], "place": int(order[at]), "model": judge.name,
            "probability_ppm": None if np.isnan(chance[at]) else round(float(chance[at]) * 1_000_000),
            "reasons": [{"code": one.code, "value": one.value} for one in why[at]],
        }
        for at in range(rows.height)
    ]  # fmt: skip


def _states(network: Network) -> list[str]:
    """In which state each charger is: only those that work and are used are asked of."""
    grid = network.grid
    still = usage.run_so_far(silence.empty_days(grid))[:, -1]
    first = np.argmax(grid.values["sessions"] > 0, axis=1)
    used = silence.in_use(grid)[:, -1]
    tests = [
        ("broken", np.array([name in network.broken for name in grid.units], dtype=np.bool_)),
        ("silent", still >= silence.SILENT_DAYS),
        ("too_new", grid.days - first < silence.USED_WINDOW),
        ("little_used", ~used),
    ]
    return [next((word for word, true in tests if true[unit]), "asked") for unit in range(len(grid.units))]
