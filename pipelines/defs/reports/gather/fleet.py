"""The fleet report: sums per vehicle, site, month and currency, with the names of the roster."""

import polars as pl

from pipelines.marts import fleet_daily, roster
from reports.fleet.extract import NUMBERS, TEXTS, Extract
from saas.contracts.internal import QueuedReport, TenantCard

from .common import head, period, placed, state_of

BY = ("vehicle", "site", "month_of", "currency")
# Minor digits of currencies that have another number than two; rials are counted in whole ones.
DIGITS = {"IRR": 0, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}


def gather(card: TenantCard, wanted: QueuedReport) -> Extract:
    """The fleet's sums at one version of the mart. NoData."""
    state = state_of(fleet_daily)
    start, end = period(wanted)
    of = (wanted.organisation,) if wanted.organisation else None
    sums = fleet_daily.read(
        tenant=card.tenant, by=BY, start=start, end=end, organisations=of, version=state.version,
        source=None if wanted.source == "all" else wanted.source,
    )  # fmt: skip
    names = roster.read(tenant=card.tenant, organisations=of)
    vehicles = dict(names.filter(pl.col("kind") == "vehicle").select("id", "name").iter_rows())
    used = set(sums["vehicle"].drop_nulls())
    rows = _shaped(placed(sums, card), vehicles)
    return Extract(
        **head(card, wanted),
        data_version=f"fleet_daily@{state.version}",
        published_at=state.published_at.isoformat(timespec="seconds"),
        digits={code: DIGITS.get(code, 2) for code in sorted(set(rows["currency"]) - {""})},
        idle=sorted(name for key, name in vehicles.items() if key not in used),
        rows=rows.to_dicts(),
    )


def _shaped(sums: pl.DataFrame, vehicles: dict[str, str]) -> pl.DataFrame:
    """Rows of the extract; vehicles by name, those that the roster does not know together as a dash."""
    rows = sums.with_columns(
        pl.col("vehicle").replace_strict(vehicles, default="–", return_dtype=pl.String).fill_null("–"),
        pl.col("site", "currency").fill_null(""), month=pl.col("month_of").dt.strftime("%Y-%m"),
        priced_sessions=pl.col("sessions") - pl.col("unpriced"), occupied_s=pl.col("duration_s"),
    )  # fmt: skip
    return rows.group_by(TEXTS).agg(pl.col(NUMBERS).sum()).sort(TEXTS)
