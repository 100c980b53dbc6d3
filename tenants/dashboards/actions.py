"""Saving, copying and removing dashboards. Two people who change one at once: the second is told."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import F

from saas.contracts.dashboards import MOST_BYTES, MOST_DASHBOARDS, Spec, faults
from saas.kit.errors import Forbidden, Invalid, NotFound, Refused
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from . import queries
from .models import Dashboard


class StaleDashboard(Refused):
    """Somebody changed this dashboard meanwhile. Load it again and repeat your change."""

    code = "stale_dashboard"


class TooManyDashboards(Refused):
    """This brand has as many dashboards as there may be. Remove one first."""

    code = "too_many_dashboards"


@dataclass(frozen=True)
class Wanted:
    """A dashboard as somebody composed it. No roles: private."""

    name: str
    roles: Sequence[str]
    spec: Spec


@transaction.atomic
def create(*, wanted: Wanted, by: User, now: datetime, uid: UUID | None = None) -> Dashboard:
    """A new dashboard. The same uid again by the same person is the same call, and makes no second one.

    Invalid, Forbidden, TooManyDashboards; StaleDashboard when the uid is another dashboard's.
    """
    fields = _checked(wanted, by)
    if Dashboard.objects.count() >= MOST_DASHBOARDS:
        raise TooManyDashboards()
    uid = uid or uuid.uuid4()
    try:
        with transaction.atomic():
            return Dashboard.objects.create(uid=uid, owner=by, changed_by=by, changed_at=now, **fields)
    except IntegrityError as error:
        held = Dashboard.objects.filter(uid=uid, owner=by, version=1, **fields).first()
        if held is None:
            raise StaleDashboard() from error
        return held


@transaction.atomic
def change(*, uid: UUID, version: int, wanted: Wanted, by: User, now: datetime) -> Dashboard:
    """Replaces what version `version` says. NotFound, Forbidden, Invalid, StaleDashboard."""
    dashboard = _editable(uid, by)
    fields = _checked(wanted, by)
    rows = Dashboard.objects.filter(pk=dashboard.pk, version=version)
    if not rows.update(version=F("version") + 1, changed_at=now, changed_by=by, **fields):
        raise StaleDashboard()
    dashboard.refresh_from_db()
    return dashboard


@transaction.atomic
def duplicate(*, uid: UUID, name: str, by: User, now: datetime) -> Dashboard:
    """A private copy of one that the person sees. NotFound, Forbidden, Invalid, TooManyDashboards."""
    held = queries.one(uid=uid, viewer=by)
    spec = msgspec.convert(held.spec, Spec)
    return create(wanted=Wanted(name=name, roles=(), spec=spec), by=by, now=now)


@transaction.atomic
def remove(*, uid: UUID, version: int | None = None, by: User, now: datetime) -> None:
    """Removes it for everybody; with `version`, only as it was then. NotFound, Forbidden, StaleDashboard."""
    rows = Dashboard.objects.filter(pk=_editable(uid, by).pk)
    if version is not None:
        rows = rows.filter(version=version)
    if not rows.delete()[0]:
        raise StaleDashboard()


def _editable(uid: UUID, by: User) -> Dashboard:
    dashboard = queries.one(uid=uid, viewer=by)
    if not queries.may_edit(dashboard, by):
        raise Forbidden()
    return dashboard


def _checked(wanted: Wanted, by: User) -> dict[str, object]:
    """The fields to store. Forbidden for who may not compose, Invalid for what cannot be shown."""
    if not can(by, queries.MANAGE):
        raise Forbidden() if queries.roles_of(by) else NotFound("There is no such dashboard.")
    name = " ".join(wanted.name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Invalid("A dashboard has a name of up to 80 letters.", name="1 to 80 letters")
    unknown = sorted(set(wanted.roles) - queries.known_roles())
    if unknown:
        raise Invalid("There is no such role.", roles=unknown)
    if not wanted.spec.tiles:
        raise Invalid("A dashboard has at least one tile.", spec="no tile")
    if found := faults(wanted.spec, queries.roles_of(by)):
        raise Invalid(found[0], spec=found)
    if len(msgspec.json.encode(wanted.spec)) > MOST_BYTES or _has_nul(wanted.spec):
        raise Invalid("This dashboard is too large to be stored.", spec="too large")
    return {"name": name, "roles": sorted(set(wanted.roles)), "spec": msgspec.to_builtins(wanted.spec)}


def _has_nul(spec: Spec) -> bool:
    return "\\u0000" in msgspec.json.encode(spec).decode()
