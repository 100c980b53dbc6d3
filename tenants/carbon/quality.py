"""Quality criteria of instruments (GHG Protocol Scope 2 Guidance, table 7.1). Without them an instrument counts not."""

from collections.abc import Mapping
from datetime import date, timedelta

from .models import Instrument

_ALL = ("conveys_rate", "sole_claim", "redeemed", "close_in_time", "same_market")
# Criterion 6 is for suppliers' rates, 7 for contracts, 8 for the residual mix.
CRITERIA: Mapping[str, tuple[str, ...]] = {
    "certificate": _ALL,
    "contract": (*_ALL, "transferred"),
    "supplier": (*_ALL, "delivered_mix"),
    "residual": ("residual_published",),
}
KNOWN = tuple(dict.fromkeys(name for names in CRITERIA.values() for name in names))
NEAR = timedelta(days=366)


def missing(row: Instrument) -> list[str]:
    """Criteria that are not met; none when it counts. A certificate's production must lie in or shortly before its use:
    at most twelve months, as guarantees of origin expire.
    """
    found = [name for name in CRITERIA[row.kind] if name not in row.quality]
    if row.kind == "certificate" and not _vintage_fits(
        row.produced_from, row.produced_to, row.valid_from, row.valid_to
    ):
        found.append("vintage")
    return found


def _vintage_fits(begun: date | None, ended: date | None, valid_from: date, valid_to: date) -> bool:
    return begun is not None and ended is not None and begun < valid_to and ended + NEAR >= valid_from
