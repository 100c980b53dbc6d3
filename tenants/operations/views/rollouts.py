"""Firmware images and roll-outs."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import Forbidden, NotFound, Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can

from .. import actions, queries
from ..storing import url_of
from .common import LIMIT, after, show, tried
from .forms import FirmwareRolloutForm, ImageForm

MOST_IMAGES = 200
# The buttons of a roll-out: what is done, and what is said then.
VERBS: dict[str, tuple[Callable[..., Any], Promise]] = {
    "pause": (actions.pause, gettext_lazy("No more devices are begun for now.")),
    "resume": (actions.resume, gettext_lazy("It goes on.")),
    "abort": (actions.abort, gettext_lazy("It is over. Devices on their way go on.")),
    "retry": (actions.retry_failed, gettext_lazy("Those that failed are tried once more.")),
}


@login_required
@require_http_methods(["GET", "POST"])
def firmware(request: HttpRequest) -> HttpResponse:
    """Images; a new one."""
    user = person(request)
    page = queries.image_page(viewer=user, after=after(request), limit=LIMIT)
    form = ImageForm(request.POST, request.FILES) if request.method == "POST" else ImageForm()
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        chunks = form.cleaned_data["file"].chunks()
        try:
            actions.add_image(described=form.described(), chunks=chunks, by=user, now=datetime.now(UTC))
            return redirect("firmware_images")
        except Refused as refusal:
            field = next((name for name in refusal.details if name in form.fields), None)
            form.add_error(field, sentence(refusal))
            status = refusal.status
    images = [(row, url_of(row, brand(request))) for row in page.items]
    return show(request, "firmware", status=status, images=images, page=page, form=form, adding=form.is_bound)


@login_required
@require_POST
def withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = queries.image(uid=uid, viewer=person(request))
    act = partial(actions.withdraw_image, image=found, by=person(request), now=datetime.now(UTC))
    return tried(request, act, _("No new roll-out takes it."), "firmware_images")


@login_required
@require_GET
def rollouts(request: HttpRequest) -> HttpResponse:
    """All roll-outs, newest first."""
    page = queries.rollout_page(viewer=person(request), after=after(request), limit=LIMIT)
    stages = queries.progress(page.items)
    rows = [(row, stages[row.pk]) for row in page.items]
    return show(request, "rollouts", rows=rows, page=page, working=any(row.state == "running" for row in page.items))


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A roll-out of an image. Of a template it begins on the template's page."""
    user = person(request)
    found = queries.image_page(viewer=user, after=None, limit=MOST_IMAGES).items
    if not can(user, "station.manage"):
        raise Forbidden()
    images = [row for row in found if row.withdrawn_at is None]
    initial = {name: request.GET.get(name, "") for name in ("image", "group")}
    form = FirmwareRolloutForm(request.POST or None, images=images, initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        held = form.cleaned_data
        try:
            made = actions.begin_firmware(
                image=form.images[held["image"]], group=form.groups.get(held["group"]), by=user,
                now=datetime.now(UTC), plan=form.plan(),
            )  # fmt: skip
            return redirect("rollout", made.uid)
        except Refused as refusal:
            field = next((name for name in refusal.details if name in form.fields), None)
            form.add_error(field, sentence(refusal))
            status = refusal.status
    return show(request, "rollout_form", status=status, form=form, images=images)


@login_required
@require_GET
def rollout(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Stages with their progress; devices with what they say."""
    found = queries.rollout(uid=uid, viewer=person(request))
    wanted = request.GET.get("state") or None
    page = queries.device_page(rollout=found, state=wanted, after=after(request), limit=LIMIT)
    stages = queries.progress([found])[found.pk]
    return show(
        request, "rollout", rollout=found, stages=stages, present=stages[found.stage], page=page, wanted=wanted,
        working=found.state == "running" or any(stage.tally.flying for stage in stages),
        done=sum(stage.tally.done for stage in stages), failed=sum(stage.tally.failed for stage in stages),
    )  # fmt: skip


@login_required
@require_POST
def change(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """Pause, resume, abort, retry."""
    found = queries.rollout(uid=uid, viewer=person(request))
    if verb not in VERBS:
        raise NotFound()
    act, said = VERBS[verb]
    more: dict[str, Any] = {}
    if verb == "resume" and request.POST.get("limit", "").isdigit():
        more["failure_limit_pct"] = int(request.POST["limit"])
    whole = partial(act, rollout=found, by=person(request), now=datetime.now(UTC), **more)
    return tried(request, whole, str(said), "rollout", uid)


@login_required
@require_POST
def revert(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Give back what was there before: a roll-out of its own."""
    found = queries.rollout(uid=uid, viewer=person(request))
    try:
        made = actions.revert(rollout=found, by=person(request), now=datetime.now(UTC))
    except Refused as refusal:
        return tried(request, partial(_again, refusal), "", "rollout", uid)
    return redirect("rollout", made.uid)


def _again(refusal: Refused) -> None:
    raise refusal
