"""What is known of a station, list by list, and its raw log."""

from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from saas.kit import framelog
from saas.kit.pagination import Page, link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller

from .. import queries, showing
from ..downloads import log_download
from ..schemas import (
    ItemSaid,
    KindPaging,
    ListedToken,
    Message,
    MessageSearch,
    NoticeSaid,
    ReservationMade,
    SearchPaging,
    TimeWindow,
    TransactionSaid,
    VariableSaid,
)

router = Router(tags=["stations"])
Kept = Literal[
    "charging_profile", "charging_limit", "charging_needs", "charging_schedule", "certificate", "display_message",
    "monitor", "network_profile", "customer_information", "published_firmware", "report",
]  # fmt: skip


@router.get("/stations/{uid}/configuration", response=PageOf[VariableSaid], operation_id="station_configuration")
def configuration(request: HttpRequest, response: HttpResponse, uid: str, asked: Query[SearchPaging]) -> object:
    """Configuration keys (1.6) or variables (2.0.1) as the station told them last."""
    found = queries.find(name=uid, viewer=caller(request))
    page = queries.configuration(station=found, text=asked.search, after=asked.after, limit=asked.limit)
    return _paged(request, response, page, showing.variable)


@router.get("/stations/{uid}/local-list", response=PageOf[ListedToken], operation_id="station_local_list")
def local_list(request: HttpRequest, response: HttpResponse, uid: str, asked: Query[Paging]) -> object:
    """The tokens on the station's local authorization list."""
    found = queries.find(name=uid, viewer=caller(request))
    return _paged(request, response, queries.local_list(station=found, after=asked.after, limit=asked.limit))


@router.get("/stations/{uid}/reservations", response=PageOf[ReservationMade], operation_id="station_reservations")
def reservations(request: HttpRequest, response: HttpResponse, uid: str, asked: Query[Paging]) -> object:
    """Reservations that the station took over, newest first."""
    found = queries.find(name=uid, viewer=caller(request))
    return _paged(request, response, queries.reservations(station=found, after=asked.after, limit=asked.limit))


@router.get("/stations/{uid}/transactions", response=PageOf[TransactionSaid], operation_id="station_transactions")
def transactions(request: HttpRequest, response: HttpResponse, uid: str, asked: Query[Paging]) -> object:
    """The station's transactions, newest first."""
    found = queries.find(name=uid, viewer=caller(request))
    page = queries.transactions(station=found, after=asked.after, limit=asked.limit)
    return _paged(request, response, page, showing.transaction)


@router.get("/stations/{uid}/items/{kind}", response=PageOf[ItemSaid], operation_id="station_items")
def items(request: HttpRequest, response: HttpResponse, uid: str, kind: Kept, asked: Query[Paging]) -> object:
    """Charging profiles, certificates, display messages, monitors and the like, in OCPP's own words."""
    found = queries.find(name=uid, viewer=caller(request))
    return _paged(request, response, queries.items(station=found, kind=kind, after=asked.after, limit=asked.limit))


@router.get("/stations/{uid}/notices", response=PageOf[NoticeSaid], operation_id="station_notices")
def notices(request: HttpRequest, response: HttpResponse, uid: str, asked: Query[KindPaging]) -> object:
    """What the station reported: security events, monitored events, progress, vendor data. Newest first."""
    found = queries.find(name=uid, viewer=caller(request))
    return _paged(
        request, response, queries.notices(station=found, kind=asked.kind, after=asked.after, limit=asked.limit)
    )


@router.get("/stations/{uid}/messages", response=PageOf[Message], operation_id="station_messages")
def messages(request: HttpRequest, response: HttpResponse, uid: str, asked: Query[MessageSearch]) -> object:
    """The raw log, both directions, newest first. A page may hold fewer than asked for and still have a next one."""
    found = queries.find(name=uid, viewer=caller(request))
    page = framelog.search(
        found.device_id, text=asked.search or None, since=asked.since, until=asked.until, way=asked.way,
        after=asked.after, limit=asked.limit,
    )  # fmt: skip
    link_next(request, response, page.next)
    return {"items": [showing.message(entry) for entry in page.entries], "next": page.next}


@router.get("/stations/{uid}/messages/download", response={200: None}, operation_id="download_station_messages")
def download(request: HttpRequest, uid: str, asked: Query[TimeWindow]) -> Any:
    """The raw log as JSON lines, oldest first."""
    found = queries.find(name=uid, viewer=caller(request))
    return log_download(found.device_id, found.station_id, asked.since, asked.until)


def _paged(
    request: HttpRequest, response: HttpResponse, page: Page[Any], shown: Callable[[Any], object] = lambda row: row
) -> dict[str, object]:
    link_next(request, response, page.next)
    return {"items": [shown(row) for row in page.items], "next": page.next}
