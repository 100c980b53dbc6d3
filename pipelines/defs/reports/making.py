"""From a queued request to the files of a report, in the tenant's folder."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pipelines.defs.reports.gather import esg, fleet, inventory
from pipelines.defs.reports.gather.common import NoData
from pipelines.marts._table import home_path
from reports.esg import document as esg_document
from reports.fleet import document as fleet_document
from reports.inventory import document as inventory_document
from saas.contracts.internal import MadeFile, QueuedReport, ReportMade, TenantCard

__all__ = ["NoData", "make"]
Kind = Literal["pdf", "csv", "figures", "extract"]
NAMES: dict[Kind, str] = {
    "pdf": "report.pdf", "csv": "report.csv", "figures": "figures.csv", "extract": "extract.json",
}  # fmt: skip
Gather = Callable[[TenantCard, QueuedReport], Any]
DOCUMENTS: dict[str, tuple[Gather, Callable[[Any], dict[str, bytes]]]] = {
    "esg": (esg.gather, esg_document.files),
    "ghg": (inventory.gather, inventory_document.files),
    "esrs_e1": (inventory.gather, inventory_document.files),
    "vsme_b3": (inventory.gather, inventory_document.files),
    "fleet": (fleet.gather, fleet_document.files),
}

OF_INVENTORY = {kind for kind, (gather, _) in DOCUMENTS.items() if gather is inventory.gather}


def make(card: TenantCard, wanted: QueuedReport, run_id: str) -> ReportMade:
    """Reads the marts, prints, files. Raises NoData, or what `reports.render.pdf` raises."""
    gather, files = DOCUMENTS[wanted.kind]
    extract = gather(card, wanted)
    made = files(extract)
    filed = [_file(card.tenant, wanted.uid, kind, made[kind]) for kind in NAMES]
    return ReportMade(run_id=run_id, data_version=extract.data_version, files=filed)


def _file(tenant: str, uid: str, kind: Kind, content: bytes) -> MadeFile:
    """Written beside and renamed: a file is whole or not there."""
    path = f"{tenant}/reports/{uid}/{NAMES[kind]}"
    target: Path = home_path() / "files" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(target)
    return MadeFile(kind=kind, path=path, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))
