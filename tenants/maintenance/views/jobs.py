"""A technician's own jobs, made for a phone in the rain: few words, big buttons."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import NotFound
from tenants.accounts.here import person
from tenants.accounts.models import User

from ..actions import orders as actions
from ..forms import FinishForm
from ..models import WorkOrder
from ..queries import orders, photos
from ..stages import OVER, verbs_for
from .common import LIMIT, after, show, tried


@login_required
@never_cache
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """What is to be done, most urgent first; below it what is over."""
    user = person(request)
    past = orders.page(viewer=user, after=after(request), limit=LIMIT, mine=True)
    return show(request, "jobs", jobs=orders.jobs(user), past=past)


@login_required
@never_cache
@require_GET
def job(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One job, with the way there; the look at a private address is logged."""
    return _show(request, _own(request, uid))


@login_required
@require_POST
def step(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """Accepted, on the way, begun, given back."""
    user, found = person(request), _own(request, uid)
    act = partial(
        actions.step, order=found, verb=verb, by=user, now=datetime.now(UTC), text=request.POST.get("text", "")
    )
    gone = tried(request, act) and verb == "decline"
    return redirect("jobs") if gone else redirect("job", uid)


@login_required
@require_http_methods(["GET", "POST"])
def finish(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What was found."""
    user, found = person(request), _own(request, uid)
    form = FinishForm(request.POST or None)
    if form.is_bound and form.is_valid():
        act = partial(actions.step, order=found, verb="finish", by=user, now=datetime.now(UTC), result=form.result())
        if tried(request, act, _("Done. Thank you.")):
            return redirect("jobs")
    return show(request, "job_finish", status=422 if form.is_bound else 200, order=found, form=form)


@login_required
@require_POST
def tick(request: HttpRequest, uid: UUID) -> HttpResponse:
    user, found = person(request), _own(request, uid)
    done = [int(number) for number in request.POST.getlist("done") if number.isdecimal()]
    tried(request, partial(actions.tick, order=found, done=done, by=user, now=datetime.now(UTC)))
    return redirect("job", uid)


@login_required
@require_POST
def note(request: HttpRequest, uid: UUID) -> HttpResponse:
    user, found = person(request), _own(request, uid)
    text = request.POST.get("text", "")
    tried(request, partial(actions.note, order=found, text=text, by=user, now=datetime.now(UTC)))
    return redirect("job", uid)


def _own(request: HttpRequest, uid: UUID) -> WorkOrder:
    """NotFound for everybody but the technician who has it."""
    user: User = person(request)
    found = orders.find(uid=uid, viewer=user)
    if not orders.is_assignee(found, user):
        raise NotFound("There is no such work order.")
    return found


def _show(request: HttpRequest, found: WorkOrder) -> HttpResponse:
    user = person(request)
    place = orders.place_for(order=found, viewer=user, now=datetime.now(UTC))
    verbs = verbs_for(found, manages=False, assignee=True)
    return show(
        request, "job", order=found, place=place, verbs=verbs, steps=orders.steps(found),
        local=found.evse.location.timezone, photos=photos.of_order(found), may_add=found.state not in OVER,
    )  # fmt: skip
