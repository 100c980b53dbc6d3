"""Groups, what is in them, and what is done to them."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import Forbidden, NotFound, Refused
from saas.kit.pagination import oldest_first
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can

from .. import actions, queries
from ..models import Group
from ..verbs import VERBS
from .common import LIMIT, after, show, tried
from .forms import GroupForm, VerbForm, initial_of


@login_required
@require_http_methods(["GET", "POST"])
def groups(request: HttpRequest) -> HttpResponse:
    """All groups; a new one."""
    user = person(request)
    page = queries.group_page(viewer=user, after=after(request), limit=LIMIT)
    form = GroupForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = actions.create_group(wanted=form.wanted(), by=user, now=datetime.now(UTC))
                return redirect("group", made.uid)
            except Refused as refusal:
                _blame(form, refusal)
                status = refusal.status
    everything = queries.everything()
    rows = [(row, queries.members_of(row, everything)) for row in page.items]
    listed = [(row, len(members), sum(m.online for m in members)) for row, members in rows]
    return show(request, "groups", status=status, groups=listed, page=page, form=form, adding=form.is_bound)


@login_required
@require_GET
def group(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One group: its devices, what can be done, what was done."""
    found = queries.group(uid=uid, viewer=person(request))
    return _show(request, found)


@login_required
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Say anew what the group is."""
    found = _managed(request, uid)
    form = GroupForm(request.POST or None, group=found, initial=initial_of(found))
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.change_group(group=found, wanted=form.wanted(), by=person(request), now=datetime.now(UTC))
            return redirect("group", uid)
        except Refused as refusal:
            _blame(form, refusal)
            status = refusal.status
    return show(request, "group_form", status=status, group=found, form=form)


@login_required
@require_POST
def delete(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _managed(request, uid)
    try:
        actions.delete_group(group=found, by=person(request), now=datetime.now(UTC))
    except Refused as refusal:
        return tried(request, partial(_again, refusal), "", "group", uid)
    return redirect("groups")


@login_required
@require_POST
def put(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Devices by name, one a line or after commas: device ids, or stations' own ids."""
    found = _managed(request, uid)
    names = request.POST.get("devices", "").replace(",", "\n").split()

    def act() -> None:
        devices = queries.resolve(names)
        actions.put_devices(group=found, device_ids=devices, by=person(request), now=datetime.now(UTC))

    return tried(request, act, _("They belong to the group."), "group", uid)


@login_required
@require_POST
def take(request: HttpRequest, uid: UUID, device: str) -> HttpResponse:
    found = _managed(request, uid)
    act = partial(actions.take_device, group=found, device_id=device, by=person(request), now=datetime.now(UTC))
    return tried(request, act, _("It is out of the group."), "group", uid)


@login_required
@require_http_methods(["GET", "POST"])
def do(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """Asked before it is done: how many devices it touches, and how many of them charge."""
    user, found = person(request), queries.group(uid=uid, viewer=person(request))
    if not can(user, "station.command"):
        raise Forbidden()
    if (chosen := VERBS.get(verb)) is None:
        raise NotFound()
    form = VerbForm(request.POST if request.method == "POST" else None, verb=chosen)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = actions.start_action(group=found, verb=verb, by=user, now=datetime.now(UTC), **form.given())
            return redirect("group_action", made.uid)
        except Refused as refusal:
            _blame(form, refusal)
            status = refusal.status
    members = queries.members_of(found)
    return show(
        request, "do", status=status, group=found, verb=chosen, form=form, count=len(members),
        online=sum(member.online for member in members), charging=queries.charging_among(members),
        cannot=sum(not chosen.suits(member) for member in members),
    )  # fmt: skip


@login_required
@require_GET
def action(request: HttpRequest, uid: UUID) -> HttpResponse:
    """How far it is, who failed and why."""
    found = queries.action(uid=uid, viewer=person(request))
    wanted = request.GET.get("state") or None
    counts = queries.counts([found])[found.pk]
    page = queries.task_page(action=found, state=wanted, after=after(request), limit=LIMIT)
    return show(
        request, "action", action=found, verb=VERBS[found.verb], counts=counts, page=page, wanted=wanted,
        working=bool(counts.open),
    )  # fmt: skip


@login_required
@require_POST
def cancel(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = queries.action(uid=uid, viewer=person(request))
    act = partial(actions.cancel_action, action=found, by=person(request), now=datetime.now(UTC))
    return tried(request, act, _("No more is sent."), "group_action", uid)


@login_required
@require_POST
def retry(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = queries.action(uid=uid, viewer=person(request))
    act = partial(actions.retry_action, action=found, by=person(request), now=datetime.now(UTC))
    return tried(request, act, _("Those that failed are asked once more."), "group_action", uid)


def _show(request: HttpRequest, found: Group) -> HttpResponse:
    members = queries.members_of(found)
    rows = oldest_first(list(enumerate(members, 1)), after=after(request), limit=LIMIT, key=lambda row: row[0])
    return show(
        request, "group", group=found, members=[member for _number, member in rows.items], next=rows.next,
        count=len(members), online=sum(member.online for member in members), charging=queries.charging_among(members),
        named=set(found.devices.values_list("device_id", flat=True)), verbs=VERBS.values(),
        latest=[(row, VERBS[row.verb], counts) for row, counts in queries.latest_of(found)],
        children=found.children.order_by("name"), templates=found.templates.order_by("name"),
    )  # fmt: skip


def _managed(request: HttpRequest, uid: UUID) -> Group:
    found = queries.group(uid=uid, viewer=person(request))
    if not can(person(request), "station.manage"):
        raise Forbidden()
    return found


def _again(refusal: Refused) -> None:
    raise refusal


def _blame(form: GroupForm | VerbForm, refusal: Refused) -> None:
    field = next((name for name in refusal.details if name in form.fields), None)
    form.add_error(field, sentence(refusal))
