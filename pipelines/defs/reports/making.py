"""From a queued request to the three files of a report, in the tenant's folder."""

import hashlib
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import polars as pl

from pipelines.marts import carbon, factors
from pipelines.marts._table import home_path
from reports.brand import Brand
from reports.esg.document import files
from reports.esg.extract import Extract, rows_from
from saas.contracts.internal import MadeFile, QueuedReport, ReportMade, TenantCard

Kind = Literal["pdf", "csv", "extract"]
NAMES: dict[Kind, str] = {"pdf": "report.pdf", "csv": "report.csv", "extract": "extract.json"}


class NoData(RuntimeError):
    """The marts hold nothing yet; they are made within a minute of the first session."""


def make(card: TenantCard, wanted: QueuedReport, run_id: str) -> ReportMade:
    """Reads the marts, prints, files. Raises NoData, or what `reports.render.pdf` raises."""
    extract = gather(card, wanted)
    made = files(extract)
    filed = [_file(card.tenant, wanted.uid, kind, made[kind]) for kind in NAMES]
    return ReportMade(run_id=run_id, data_version=extract.data_version, files=filed)


def gather(card: TenantCard, wanted: QueuedReport) -> Extract:
    """The rows of the period at one version of the mart, and the factors that they name."""
    state, factor_state = carbon.state(), factors.state()
    if state is None or factor_state is None:
        raise NoData("no session has reached the marts yet")
    start, end = date.fromisoformat(wanted.period_start), date.fromisoformat(wanted.period_end)
    table = carbon.read(
        tenant=card.tenant, start=start, end=end, source=wanted.source, organisation=wanted.organisation,
        version=state.version,
    )  # fmt: skip
    return Extract(
        brand=_brand(card),
        organisation=wanted.organisation_name or card.name,
        language=wanted.language or card.language,
        period_start=wanted.period_start,
        period_end=wanted.period_end,
        data_version=f"carbon@{state.version} factors@{factor_state.version}",
        published_at=state.published_at.isoformat(timespec="seconds"),
        factors=_factors(table, factor_state.version),
        rows=rows_from(table.iter_rows(named=True), lambda row: scope_of(row, card.kind, wanted.organisation)),
    )


def scope_of(row: Mapping[str, Any], tenant_kind: str, organisation: str | None) -> str:
    """Scope 2 is electricity for the reporter's own vehicles; what is resold to drivers is Scope 3, category 3."""
    own = row["fleet_organisation"] == organisation if organisation else tenant_kind == "fleet"
    return "2" if own else "3.3"


def _brand(card: TenantCard) -> Brand:
    return Brand(card.name, card.colour_primary, card.colour_accent, card.logo_svg)


def _factors(table: pl.DataFrame, version: int) -> list[dict[str, Any]]:
    used = pl.concat([table["location_factor"], table["market_factor"], table["baseline_factor"]]).drop_nulls().unique()
    rows = factors.read(names=tuple(used.sort()), version=version).iter_rows(named=True)
    return [{k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()} for row in rows]


def _file(tenant: str, uid: str, kind: Kind, content: bytes) -> MadeFile:
    """Written beside and renamed: a file is whole or not there."""
    path = f"{tenant}/reports/{uid}/{NAMES[kind]}"
    target: Path = home_path() / "files" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(target)
    return MadeFile(kind=kind, path=path, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))
