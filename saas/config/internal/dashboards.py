"""Saved dashboards, for the analytics: in the name of the person whom the door signed for."""

import time
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from saas.contracts import dashboards as words
from saas.contracts import door
from saas.kit.errors import Forbidden, Invalid
from saas.kit.tenant_context import current_schema
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.accounts.queries import standing
from tenants.dashboards import actions, queries
from tenants.dashboards.models import Dashboard

from .guard import Unauthenticated, body, guarded, json


@guarded("POST", "dashboards:read")
def listed(request: HttpRequest) -> HttpResponse:
    person = _person(body(request, words.Asked).identity)
    rows = queries.visible_to(person).order_by("name", "pk")[: words.MOST_DASHBOARDS]
    may_compose = can(person, queries.MANAGE)
    return json(words.Found(items=[_card(row, person) for row in rows], may_compose=may_compose))


@guarded("POST", "dashboards:write")
def save(request: HttpRequest) -> HttpResponse:
    said = body(request, words.Saved)
    person, uid, now = _person(said.identity), _uid(said.uid), timezone.now()
    wanted = actions.Wanted(said.name, said.roles, said.spec)
    if said.version == 0:
        made = actions.create(wanted=wanted, by=person, now=now, uid=uid)
    else:
        made = actions.change(uid=uid, version=said.version, wanted=wanted, by=person, now=now)
    return json(_card(made, person))


@guarded("POST", "dashboards:write")
def remove(request: HttpRequest) -> HttpResponse:
    said = body(request, words.Removed)
    actions.remove(uid=_uid(said.uid), version=said.version, by=_person(said.identity), now=timezone.now())
    return HttpResponse(status=204)


def _person(identity: str) -> User:
    """Whom the door signed for, as they are known now. Unauthenticated for a forged, expired or foreign identity."""
    try:
        named = door.verify(identity, now_s=int(time.time()))
        user = User.objects.filter(uid=named.user, is_active=True).first()
    except (door.BadIdentity, ValidationError) as error:
        raise Unauthenticated() from error
    if named.tenant != current_schema() or user is None:
        raise Unauthenticated()
    if not standing(user).may_see_analytics:
        raise Forbidden()
    return user


def _uid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("A dashboard is named by its uid.", uid=text[:80]) from error


def _card(row: Dashboard, person: User) -> words.Card:
    return words.Card(
        uid=str(row.uid), name=row.name, roles=row.roles, spec=msgspec.convert(row.spec, words.Spec),
        version=row.version, owner=str(row.owner), may_edit=queries.may_edit(row, person),
    )  # fmt: skip


urls = [
    path("dashboards/list", listed),
    path("dashboards/save", save),
    path("dashboards/remove", remove),
]
