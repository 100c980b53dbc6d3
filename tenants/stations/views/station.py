"""A station's own pages: how it is, its configuration, lists, certificates and logs."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from saas.devices import queries as registry
from saas.kit import framelog
from saas.tenancy.here import brand
from tenants.accounts.here import person
from tenants.accounts.permissions import can

from .. import queries, showing, words
from ..downloads import file_download, log_download
from ..models import Item, Station

PAGE = 50
TABS = (
    ("station_page", _("Overview"), "plug-zap"),
    ("station_commands", _("Commands"), "play"),
    ("station_configuration", _("Configuration"), "sliders-horizontal"),
    ("station_lists", _("Lists"), "list"),
    ("station_certificates", _("Certificates"), "shield-check"),
    ("station_logs", _("Logs"), "file-text"),
)
PROFILE_KINDS = (Item.Kind.CHARGING_PROFILE, Item.Kind.CHARGING_LIMIT, Item.Kind.CHARGING_SCHEDULE)


def frame(request: HttpRequest, station: Station, **more: Any) -> dict[str, Any]:
    """What every page of a station shows."""
    device = registry.get(station.device_id)
    return {
        "station": station,
        "device": device,
        "online": registry.is_online(device),
        "tabs": TABS,
        "zone": brand(request).timezone,
        "may_command": can(person(request), "station.command", station),
        "new_ones_stand": queries.policy().auto_location,
        "may_decide": can(person(request), "station.manage", station),
        **more,
    }


def opened(request: HttpRequest, uid: UUID) -> Station:
    """NotFound for who may not see it."""
    return queries.find(name=uid, viewer=person(request))


@login_required
@require_GET
def overview(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Status per connector, what runs, what ran."""
    station = opened(request, uid)
    evses = {evse.device_evse: evse for evse in queries.evses_of(station)}
    connectors = queries.connectors_of(station)
    context = frame(
        request, station,
        connectors=[(connector, evses.get(connector.evse)) for connector in connectors],
        unsaid=[evse for number, evse in evses.items() if number not in {c.evse for c in connectors}],
        running=queries.running(station=station),
        transactions=queries.transactions(station=station, after=request.GET.get("after"), limit=20),
        buttons=[(name, words.BUTTONS[name]) for name in words.STATION_WIDE],
        place_buttons=[(name, words.BUTTONS[name]) for name in words.OF_EVSE],
        progress=sorted(station.progress.items()),
    )  # fmt: skip
    return render(request, "stations/overview.html", context)


@login_required
@require_GET
def configuration(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Keys or variables, to search and to change."""
    station, text = opened(request, uid), request.GET.get("q", "")[:80]
    page = queries.configuration(station=station, text=text, after=request.GET.get("after"), limit=PAGE)
    context = frame(request, station, page=page, search=text)
    return render(request, "stations/configuration.html", context)


@login_required
@require_GET
def lists(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The local authorization list, reservations, charging profiles."""
    station = opened(request, uid)
    profiles = [(kind, queries.items(station=station, kind=kind, limit=PAGE).items) for kind in PROFILE_KINDS]
    context = frame(
        request, station,
        tokens=queries.local_list(station=station, after=request.GET.get("after"), limit=PAGE),
        reservations=queries.reservations(station=station, limit=20).items,
        profiles=[item for _kind, items in profiles for item in items],
    )  # fmt: skip
    return render(request, "stations/lists.html", context)


@login_required
@require_GET
def certificates(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Certificates that were signed for it or lie on it."""
    station = opened(request, uid)
    page = queries.items(station=station, kind=Item.Kind.CERTIFICATE, after=request.GET.get("after"), limit=PAGE)
    return render(request, "stations/certificates.html", frame(request, station, page=page))


@login_required
@require_GET
def logs(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The raw log with search; what the station reported; files that it put."""
    station = opened(request, uid)
    asked = {name: request.GET.get(name, "")[:80] for name in ("q", "way", "since", "until")}
    found = framelog.search(
        station.device_id,
        text=asked["q"] or None,
        way="in" if asked["way"] == "in" else "out" if asked["way"] == "out" else None,
        since=_moment(asked["since"]),
        until=_moment(asked["until"]),
        after=request.GET.get("after"),
        limit=PAGE,
    )
    context = frame(
        request, station,
        messages_found=[showing.message(entry) for entry in found.entries],
        next=found.next,
        asked=asked,
        notices=queries.notices(station=station, limit=20).items,
        uploads=queries.uploads(station=station, limit=20).items,
    )  # fmt: skip
    return render(request, "stations/logs.html", context)


@login_required
@require_GET
def download(request: HttpRequest, uid: UUID) -> StreamingHttpResponse:
    """The raw log as JSON lines."""
    station = opened(request, uid)
    since, until = _moment(request.GET.get("since", "")), _moment(request.GET.get("until", ""))
    return log_download(station.device_id, station.station_id, since, until)


@login_required
@require_GET
def upload(request: HttpRequest, uid: UUID, upload: UUID) -> HttpResponseBase:
    """A file that the station put."""
    return file_download(queries.upload(station=opened(request, uid), uid=upload))


def _moment(text: str) -> datetime | None:
    """Of an input of type datetime-local, in UTC as the log is; nothing for what is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None
