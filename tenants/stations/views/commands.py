"""Telling a station something: with one press, or any OCPP call as it stands."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import Forbidden, Refused
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can

from .. import actions, bodies, prefill, protocol, queries, requests, words
from ..errors import BrokenPayload
from ..keys import parse
from ..models import Station, StationCommand
from ..requests import Request
from .station import PAGE, frame, opened

WAIT_S = 4.0  # a page waits no longer; it looks again by itself
BACK = ("station_page", "station_configuration", "station_lists", "station_certificates", "station_logs")


@login_required
@require_http_methods(["GET", "POST"])
def commands(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Choose an action, write its payload, send it; what was sent before."""
    station = _commanded(request, uid)
    known = protocol.CALLS[protocol.version_of(station.protocol)]
    action = request.POST.get("action") or request.GET.get("action") or "TriggerMessage"
    action = action if action in known else known[0]
    if request.method == "POST":
        text = request.POST.get("payload", "")
        try:
            return _sent(request, station, Request(action, _read(text)))
        except Refused as refusal:
            return _form(request, station, action, text, refusal)
    return _form(request, station, action, prefill.payload(station.protocol, action, datetime.now(UTC)))


@login_required
@require_GET
def command(request: HttpRequest, uid: UUID, command: UUID) -> HttpResponse:
    """What became of one; the page looks again until it is known."""
    station = opened(request, uid)
    found = queries.command(station=station, uid=command)
    return render(request, "stations/command.html", frame(request, station, command=found))


@login_required
@require_POST
def press(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """A button of the station's page."""
    station = _commanded(request, uid)
    button = words.BUTTONS.get(verb)
    if button is None:
        raise Http404
    asked = button.ask(station.protocol, _number(request, "evse", 1), _number(request, "connector", 1))
    return _told(request, station, asked)


@login_required
@require_POST
def set_value(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Another value for a key or variable."""
    station = _commanded(request, uid)
    key, value = request.POST.get("key", "")[:330], request.POST.get("value", "")[:1000]
    parse(key)
    [asked] = requests.set_configuration(station.protocol, values={key: value})
    return _told(request, station, asked)


@login_required
@require_POST
def fetch_log(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Have the station put its diagnostics, or its security log, here."""
    station, now = _commanded(request, uid), datetime.now(UTC)
    place = actions.new_upload(station=station, by=person(request), now=now)
    asked = requests.get_log(
        station.protocol,
        location=request.build_absolute_uri(place.path),
        security=request.POST.get("kind") == "security",
    )
    return _told(request, station, asked)


@login_required
@require_POST
def sync_list(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Bring the local list up to the tenant's cards."""
    station = _commanded(request, uid)
    try:
        asked = actions.sync_local_list(station=station, by=person(request), now=datetime.now(UTC))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return redirect("station_lists", station.uid)
    messages.success(
        request, _("The station is being told, step by step.") if asked else _("The list is as it should be.")
    )
    return redirect("station_lists", station.uid)


def _told(request: HttpRequest, station: Station, asked: Request) -> HttpResponse:
    """Send, wait a little, say what came of it, and go back to the page that it was sent from."""
    back = request.POST.get("back", "")
    target = back if back in BACK else BACK[0]
    try:
        done = _done(request, station, asked)
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return redirect(target, station.uid)
    word = words.verdict(done) or words.command(done.state)[0]
    tone = words.tone(words.verdict(done)) or words.command(done.state)[1]
    text = f"{done.action}: {word}"
    (messages.error if tone == "bad" else messages.warning if tone == "warn" else messages.success)(request, text)
    return redirect(target, station.uid)


def _sent(request: HttpRequest, station: Station, asked: Request) -> HttpResponse:
    done = _done(request, station, asked)
    return redirect("station_command", station.uid, done.uid)


def _done(request: HttpRequest, station: Station, asked: Request) -> StationCommand:
    sent = actions.send(
        station=station, action=asked.action, payload=asked.payload, now=datetime.now(UTC), by=person(request),
        origin="operator",
    )  # fmt: skip
    return queries.wait(command=sent, within_s=WAIT_S)


def _form(
    request: HttpRequest, station: Station, action: str, text: str, refusal: Refused | None = None
) -> HttpResponse:
    context = frame(
        request, station,
        action=action,
        actions=protocol.CALLS[protocol.version_of(station.protocol)],
        payload=text,
        error=sentence(refusal) if refusal else "",
        details=_place(refusal),
        page=queries.commands(station=station, after=request.GET.get("after"), limit=PAGE),
    )  # fmt: skip
    return render(request, "stations/commands.html", context, status=refusal.status if refusal else 200)


def _place(refusal: Refused | None) -> str:
    """Where in the payload, and which rule."""
    if not isinstance(refusal, BrokenPayload):
        return ""
    return f"{refusal}  {refusal.details.get('path', '')} ({refusal.details.get('rule', '')})"


def _read(text: str) -> dict[str, Any]:
    try:
        return bodies.read(text.encode())
    except (json.JSONDecodeError, UnicodeError) as wrong:
        raise BrokenPayload(f"This is not JSON: {wrong}", path="/", rule="json") from wrong


def _commanded(request: HttpRequest, uid: UUID) -> Station:
    """NotFound, or Forbidden for who may see it but not command it."""
    station = opened(request, uid)
    if not can(person(request), "station.command", station):
        raise Forbidden()
    return station


def _number(request: HttpRequest, name: str, otherwise: int) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else otherwise
