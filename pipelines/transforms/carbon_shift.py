"""Carbon-aware charging: the same energy into the same stay, at the hours when a kWh more emits least.

Three ways to charge a car that stays from `arrive_s` to `depart_s` and may draw up to `power_w`:
none (at once, at full power), with forecasts only (planned anew at every step of the series, from rows that are known
by then), and with perfect foresight. The last is the optimum of the linear programme `min Σ e_i·m_i, Σ e_i = E,
0 ≤ e_i ≤ P·t_i`: a knapsack of divisible goods, so filling the cheapest slots first is exact.

Energy is kept in whole watt-seconds, carbon in watt-seconds × mg/kWh; micrograms are rounded once per session,
half-even. Nothing is lost: each way delivers exactly the session's energy.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
DAY_S = 86_400
# Days before whose same time of day stands for what no forecast reaches.
PAST_DAYS = 7
# Past the last forecast, what sets today apart from the days before fades to 1/e in this time.
FADE_S = 12 * 3600
REASONS = {
    "no_energy": "the session took no energy",
    "no_stay": "the session has no length",
    "outside_series": "the stay lies outside the carbon series",
    "gap_in_series": "the carbon series has a gap within the stay",
}
RESULT = {
    "none_ug": pl.Int64(), "forecast_ug": pl.Int64(), "perfect_ug": pl.Int64(), "power_w": pl.Int64(),
    "raised": pl.Boolean(), "_reason": pl.String(),
}  # fmt: skip


@dataclass(frozen=True)
class Signal:
    """A marginal series on a regular grid: slot i is [start_s + i·step_s, + step_s), `mg` per kWh, -1 in a gap.

    `ahead[i, k]` is what was forecast at slot i for slot i + 1 + k, -1 where nothing was. `past[c]`: for each slot the
    mean of the same time of day over up to PAST_DAYS days, the newest of them c + 1 days before; NaN without any.
    """

    start_s: int
    step_s: int
    mg: Ints
    ahead: Ints
    past: list[Floats] = field(default_factory=list, repr=False)

    @property
    def slots(self) -> int:
        return len(self.mg)

    def with_past(self, days: int) -> Signal:
        """Ready for stays of up to `days` days."""
        return Signal(self.start_s, self.step_s, self.mg, self.ahead, [_past(self, c + 1) for c in range(days)])


def signal_of(series: pl.DataFrame) -> Signal:
    """The grid of a series: rows with from_utc, to_utc, mg_co2e_per_kwh and (perhaps) forecast_mg, of one region.

    The step is the commonest length of a row; rows of other lengths are laid onto it. ValueError when there are none.
    """
    if series.is_empty():
        raise ValueError("no rows")
    rows = series.sort("from_utc").unique("from_utc", keep="first", maintain_order=True)
    rows = rows.with_columns(
        at=pl.col("from_utc").dt.epoch("s"), length=(pl.col("to_utc") - pl.col("from_utc")).dt.total_seconds()
    )
    step = int(rows["length"].mode().min())  # type: ignore[arg-type]
    start = int(rows["at"][0])
    place = ((rows["at"] - start) // step).to_numpy()
    mg = np.full(int(place[-1]) + max(1, int(rows["length"][-1]) // step), -1, dtype=np.int64)
    for offset in range(max(1, int(rows["length"].max()) // step)):  # type: ignore[arg-type]
        held = (rows["length"] > offset * step).to_numpy()
        mg[place[held] + offset] = rows["mg_co2e_per_kwh"].to_numpy()[held]
    return Signal(start, step, mg, _ahead(rows, place, len(mg)))


def _ahead(rows: pl.DataFrame, place: Ints, slots: int) -> Ints:
    lists = (
        rows["forecast_mg"].drop_nulls() if "forecast_mg" in rows.columns else pl.Series([], dtype=pl.List(pl.Int64))
    )
    width = int(lists.list.len().max() or 0) if lists.len() else 0  # type: ignore[arg-type]
    ahead = np.full((slots, width), -1, dtype=np.int64)
    for k in range(width):
        ahead[place, k] = rows["forecast_mg"].list.get(k, null_on_oob=True).fill_null(-1).to_numpy()
    return ahead


def _past(signal: Signal, newest: int) -> Floats:
    day = DAY_S // signal.step_s
    total, count = np.zeros(signal.slots), np.zeros(signal.slots)
    for back in range(newest, newest + PAST_DAYS):
        shift = back * day
        if shift >= signal.slots:
            break
        known = signal.mg[: signal.slots - shift]
        total[shift:] += np.where(known >= 0, known, 0)
        count[shift:] += known >= 0
    mean: Floats = np.divide(total, count, out=np.full(signal.slots, np.nan), where=count > 0)
    return mean


@dataclass(frozen=True)
class Stay:
    """A stay on the grid: its first slot, how many seconds of each slot it covers, energy and power."""

    first: int
    seconds: Ints
    energy_ws: int
    power_w: int

    @property
    def room_ws(self) -> Ints:
        """The most energy that each slot takes."""
        return self.seconds * self.power_w


def at_once(stay: Stay) -> Ints:
    """Watt-seconds per slot when the car charges at full power from its arrival."""
    return _filled(stay, np.arange(len(stay.seconds)))


def with_foresight(stay: Stay, signal: Signal) -> Ints:
    """The optimum, knowing the whole series; among equal slots the earlier."""
    mg = signal.mg[stay.first : stay.first + len(stay.seconds)]
    return _filled(stay, np.argsort(mg, kind="stable"))


def _filled(stay: Stay, order: npt.NDArray[np.int_]) -> Ints:
    room = stay.room_ws[order]
    before = np.cumsum(room) - room
    taken = np.zeros(len(room), dtype=np.int64)
    taken[order] = np.clip(stay.energy_ws - before, 0, room)
    return taken


def with_forecast(stay: Stay, signal: Signal) -> Ints:
    """Planned anew at each slot from what is known at its beginning: the rows up to it and their forecasts.

    A slot charges with what the cheaper slots to come (as expected now) cannot take. `signal` needs `with_past`.
    """
    room = stay.room_ws
    expected = _expected(stay, signal)
    now = np.diagonal(expected)[:, None]
    later = np.triu(expected < now, k=1)
    cheaper_ws = (later * room).sum(axis=1)
    left, taken = stay.energy_ws, np.zeros(len(room), dtype=np.int64)
    for slot, (most, elsewhere) in enumerate(zip(room.tolist(), cheaper_ws.tolist(), strict=True)):
        taken[slot] = min(max(left - elsewhere, 0), most)
        left -= int(taken[slot])
    return taken


def _expected(stay: Stay, signal: Signal) -> Floats:
    """[now, slot]: mg/kWh of a slot as expected at the beginning of another; only slots from `now` on count.

    The slot that begins: its own value. Those that a forecast reaches: the forecast. Those after: the same time of the
    days before, and how far the last forecast (without any, the own value) lies from that, fading.
    """
    n, width = len(stay.seconds), signal.ahead.shape[1]
    part = slice(stay.first, stay.first + n)
    lead = np.arange(n)[None, :] - np.arange(n)[:, None]
    own, told = signal.mg[part].astype(np.float64), signal.ahead[part].astype(np.float64)
    last = np.where(told[:, -1] >= 0, told[:, -1], own) if width else own
    usual = _usual(signal, part, lead)
    anchor = signal.past[0][np.minimum(np.arange(n) + stay.first + width, signal.slots - 1)]
    apart = np.where(np.isnan(anchor), 0.0, last - anchor)[:, None]
    guess = usual + apart * np.exp(-np.clip(lead - width, 0, None) * (signal.step_s / FADE_S))
    guess = np.where(np.isnan(usual), last[:, None], guess)
    if width:
        said = np.take_along_axis(told, np.clip(lead - 1, 0, width - 1), axis=1)
        guess = np.where((lead >= 1) & (lead <= width) & (said >= 0), said, guess)
    return np.where(lead == 0, own[:, None], guess)


def _usual(signal: Signal, part: slice, lead: Ints) -> Floats:
    """The same time of day on the newest days that are over at `now`; NaN without any."""
    days = np.clip((lead - 1) * signal.step_s // DAY_S, 0, len(signal.past) - 1)
    past = np.stack([p[part] for p in signal.past])
    return past[days, np.arange(lead.shape[1])[None, :]]


def shifted(sessions: pl.DataFrame, signal: Signal) -> pl.DataFrame:
    """Each session judged: columns of RESULT beside the given ones, in the given order.

    `sessions`: arrive_s, depart_s (UTC seconds), energy_wh, power_w. Where a session took more than `power_w` allows in
    its stay, its power is raised to what it must have been, and `raised` says so. Whom the series does not cover has a
    `_reason` (of REASONS) and no figures.
    """
    longest = int((sessions["depart_s"] - sessions["arrive_s"]).max() or 0)  # type: ignore[arg-type]
    ready = signal.with_past(max(1, -(-longest // DAY_S)))
    columns = sessions.select("arrive_s", "depart_s", "energy_wh", "power_w")
    rows = [_judged(ready, *row) for row in columns.iter_rows()]
    return sessions.drop("power_w").hstack(pl.DataFrame(rows, schema=RESULT, orient="row"))


def _judged(signal: Signal, arrive_s: int, depart_s: int, energy_wh: int, power_w: int) -> tuple[object, ...]:
    reason, energy_ws = _reason(signal, arrive_s, depart_s, energy_wh), energy_wh * 3600
    if reason:
        return None, None, None, power_w, False, reason
    needed = -(-energy_ws // (depart_s - arrive_s))
    stay = stay_of(signal, arrive_s, depart_s, energy_ws, max(power_w, needed))
    ways = (at_once(stay), with_forecast(stay, signal), with_foresight(stay, signal))
    assert all(int(way.sum()) == energy_ws for way in ways)
    return *(_ug(way, stay, signal) for way in ways), stay.power_w, needed > power_w, None


def _reason(signal: Signal, arrive_s: int, depart_s: int, energy_wh: int) -> str | None:
    if energy_wh <= 0:
        return "no_energy"
    if depart_s <= arrive_s:
        return "no_stay"
    first, last = (arrive_s - signal.start_s) // signal.step_s, -(-(depart_s - signal.start_s) // signal.step_s)
    if first < 0 or last > signal.slots:
        return "outside_series"
    return "gap_in_series" if bool((signal.mg[first:last] < 0).any()) else None


def stay_of(signal: Signal, arrive_s: int, depart_s: int, energy_ws: int, power_w: int) -> Stay:
    """The stay on the signal's grid; the first and last slot may be covered in part."""
    first, last = (arrive_s - signal.start_s) // signal.step_s, -(-(depart_s - signal.start_s) // signal.step_s)
    edges = signal.start_s + np.arange(first, last + 1, dtype=np.int64) * signal.step_s
    edges = np.clip(edges, arrive_s, depart_s)
    return Stay(first, np.diff(edges), energy_ws, power_w)


def _ug(way: Ints, stay: Stay, signal: Signal) -> int:
    """Micrograms: watt-seconds × mg/kWh / 3600, half-even."""
    total = int((way * signal.mg[stay.first : stay.first + len(way)]).sum())
    floor, rest = divmod(total, 3600)
    return floor + (rest * 2 > 3600 or (rest * 2 == 3600 and floor % 2 == 1))


def by_site(judged: pl.DataFrame) -> pl.DataFrame:
    """Sums of judged sessions per tenant, source, site, organisations and local day; `aside` counts the others."""
    keys = ["tenant", "source", "site", "host_organisation", "fleet_organisation", "local_day"]
    good = pl.col("_reason").is_null()
    sums = {name: pl.col(name).filter(good).sum() for name in ("energy_wh", "none_ug", "forecast_ug", "perfect_ug")}
    return judged.group_by(keys).agg(sessions=good.sum(), aside=(~good).sum(), **sums).sort(keys, nulls_last=True)


def counted(judged: pl.DataFrame) -> dict[str, int]:
    """How many sessions were not judged, by reason."""
    aside = judged["_reason"].drop_nulls().value_counts().sort("_reason")
    return dict(aside.iter_rows())
