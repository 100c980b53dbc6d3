"""The report of charging: a row for each session."""

import polars as pl

from pipelines.marts import carbon, carbon_market, factors
from reports.esg.extract import Extract, rows_from
from saas.contracts.internal import QueuedReport, TenantCard

from .common import head, period, placed, state_of, used_factors


def gather(card: TenantCard, wanted: QueuedReport) -> Extract:
    """The sessions of the period at one version of the marts, and the factors that they name. NoData."""
    state, factor_state, market = state_of(carbon), state_of(factors), carbon_market.state()
    start, end = period(wanted)
    table = carbon.read(
        tenant=card.tenant, start=start, end=end, source=wanted.source, organisation=wanted.organisation,
        version=state.version, market_version=market.version if market else None,
    )  # fmt: skip
    named = pl.concat([table["location_factor"], table["market_factor"], table["baseline_factor"]]).drop_nulls()
    used = named.str.split("; ").explode().unique()
    versions = f"carbon@{state.version} factors@{factor_state.version}"
    return Extract(
        **head(card, wanted),
        data_version=versions + (f" carbon_market@{market.version}" if market else ""),
        published_at=state.published_at.isoformat(timespec="seconds"),
        factors=used_factors(used.to_list(), card.tenant, factor_state.version),
        rows=rows_from(placed(table, card).iter_rows(named=True), lambda row: str(row["scope"])),
    )
