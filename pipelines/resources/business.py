"""Tables of business facts, as the web app told them, and the calls that ask for them."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

import msgspec
import polars as pl

from pipelines.marts._table import Table
from saas.contracts.internal import TenantCard
from saas.contracts.performance import (
    BookingFact,
    BookingPage,
    ListingFact,
    ListingPage,
    MovementFact,
    MovementPage,
)

from .saas import SaasClient

SCOPE = "performance:read"
T = TypeVar("T")
_UTC = pl.Datetime("ms", "UTC")
BOOKINGS = Table(
    "clean/bookings",
    {
        "tenant": pl.String, "booking": pl.String, "listing": pl.String, "charger": pl.String, "host": pl.String,
        "host_organisation": pl.String, "driver": pl.String, "state": pl.String, "made_at": _UTC, "start_at": _UTC,
        "end_at": _UTC, "changed_at": _UTC, "currency": pl.String, "amount_minor": pl.Int64,
    },
    ("tenant", "booking"), (),
)  # fmt: skip
MOVEMENTS = Table(
    "clean/movements",
    {
        "tenant": pl.String, "line": pl.String, "name": pl.String, "at": _UTC, "account": pl.String, "host": pl.String,
        "host_organisation": pl.String, "booking": pl.String, "currency": pl.String, "amount_minor": pl.Int64,
    },
    ("tenant", "at", "line"), (),
)  # fmt: skip
LISTINGS = Table(
    "clean/listings",
    {
        "tenant": pl.String, "listing": pl.String, "charger": pl.String, "host": pl.String,
        "host_organisation": pl.String, "state": pl.String, "made_at": _UTC,
    },
    ("tenant", "listing"), (),
)  # fmt: skip


def bookings(saas: SaasClient, card: TenantCard, since: datetime | None) -> Iterator[BookingFact]:
    """Bookings that changed at or after `since`. Denied, Unreachable."""
    for page in _pages(saas, card, "/performance/bookings", BookingPage, since):
        yield from page.items


def movements(saas: SaasClient, card: TenantCard, since: datetime | None) -> Iterator[MovementFact]:
    for page in _pages(saas, card, "/performance/movements", MovementPage, since):
        yield from page.items


def listings(saas: SaasClient, card: TenantCard) -> Iterator[ListingFact]:
    for page in _pages(saas, card, "/performance/listings", ListingPage, None):
        yield from page.items


def frame(table: Table, told: list[tuple[str, msgspec.Struct]]) -> pl.DataFrame:
    """What several tenants told, in the columns of a table; times become instants."""
    plain = {name: pl.String if kind == _UTC else kind for name, kind in table.schema.items()}
    rows = [msgspec.to_builtins(item) | {"tenant": tenant} for tenant, item in told]
    times = [name for name, kind in table.schema.items() if kind == _UTC]
    found = pl.DataFrame(rows, schema=plain)
    return found.with_columns(pl.col(times).str.to_datetime("%+", time_unit="ms", time_zone="UTC"))


def _pages(saas: SaasClient, card: TenantCard, path: str, kind: type[T], since: datetime | None) -> Iterator[T]:
    query = {"limit": "500"} | ({"since": since.isoformat()} if since else {})
    while True:
        page = saas.get(path, card, SCOPE, kind, query)
        yield page
        following: str | None = getattr(page, "next", None)
        if following is None:
            return
        query["after"] = following
