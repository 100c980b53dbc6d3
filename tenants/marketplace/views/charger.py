"""One charger: what it is, what it costs, when it is free."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from saas.kit.time import Period, ceil_minute, day_bounds, floor_minute
from saas.web import words

from .. import queries
from ..models import Listing

DAYS = 14
STEP = timedelta(minutes=30)
PAYING = timedelta(seconds=30)
LENGTHS = (1, 5, 15, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720)
ENERGIES_KWH = (5, 10, 20, 30, 40, 60, 80)
USUAL_MINUTES = 60


@dataclass(frozen=True)
class Asked:
    """What the person has chosen so far; texts as they were typed, so that nothing is lost."""

    day: date
    start: str = ""
    minutes: str = ""
    energy_kwh: str = ""


@dataclass(frozen=True)
class Block:
    """A free part of the day as shares of it, for the drawn line."""

    x: float
    width: float


@require_GET
def charger(request: HttpRequest, uid: UUID) -> HttpResponse:
    return render(request, "marketplace/charger.html", page(request, uid, request.GET))


def page(request: HttpRequest, uid: UUID, given: Any) -> dict[str, Any]:
    """Everything that the page shows. `given`: the query or form data with what was chosen. NotFound."""
    now = datetime.now(UTC)
    view = queries.charger(uid=uid, viewer=request.user, now=now)
    listing = Listing.objects.select_related("evse__location", "tariff").get(uid=uid)
    today = now.astimezone(ZoneInfo(view.timezone)).date()
    asked = Asked(
        _day(given.get("day"), today), given.get("start", ""), given.get("minutes", ""), given.get("energy", "")
    )
    bounds = day_bounds(asked.day, ZoneInfo(view.timezone))
    free = queries.free_slots(listing=listing, start=max(bounds[0], floor_minute(now)), end=bounds[1], now=now)
    return {
        "charger": view,
        "asked": asked,
        "today": today,
        "days": [today + timedelta(days=offset) for offset in range(DAYS)],
        "free": free,
        "starts": _starts(free, view.least_minutes, now),
        "blocks": [_block(part, bounds) for part in free],
        "lengths": _lengths(view.least_minutes, view.most_minutes, asked.minutes),
        "energies": [(kwh, words.energy(kwh * 1000, 0)) for kwh in ENERGIES_KWH] if view.price_per_kwh else [],
        "mine": getattr(request.user, "name", "") == view.host and view.exact and listing.host_id == request.user.pk,
    }


def _day(text: str | None, today: date) -> date:
    try:
        chosen = date.fromisoformat(text or "")
    except ValueError:
        return today
    return chosen if today <= chosen < today + timedelta(days=DAYS) else today


def _starts(free: list[Period], least_minutes: int, now: datetime) -> list[tuple[datetime, bool]]:
    """Times to begin at: every half hour of the wall clock, and now. The flag marks `now`, which leaves time to pay."""
    least = timedelta(minutes=least_minutes)
    found: list[tuple[datetime, bool]] = []
    for begin, end in free:
        first = ceil_minute(now + PAYING)
        if begin <= first and end - first >= least:
            found.append((first, True))
        moment = ceil_minute(begin)
        moment += timedelta(minutes=-moment.minute % 30)
        while moment + least <= end:
            if moment > now:
                found.append((moment, False))
            moment += STEP
    return found


def _lengths(least: int, most: int, chosen: str) -> list[tuple[int, str, bool]]:
    """Minutes, words, and whether it is chosen: an hour, or what comes nearest, unless the person chose."""
    offered = sorted({least, *(minutes for minutes in LENGTHS if least <= minutes <= most)})
    usual = (
        int(chosen)
        if chosen.isdigit() and int(chosen) in offered
        else min(offered, key=lambda m: abs(m - USUAL_MINUTES))
    )
    return [(minutes, words.duration(minutes), minutes == usual) for minutes in offered]


def _block(part: Period, bounds: Period) -> Block:
    whole = (bounds[1] - bounds[0]).total_seconds()
    return Block(
        (part[0] - bounds[0]).total_seconds() / whole * 1000, (part[1] - part[0]).total_seconds() / whole * 1000
    )
