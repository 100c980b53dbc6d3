"""Who works here: inviting people, giving and taking roles, organisations. Every act is in the audit log."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from saas.kit import pagination
from saas.kit.errors import Forbidden, Invalid, NotFound, Refused
from saas.kit.ratelimit import Limit

from . import actions, audit, invitations, roles
from .models import Membership, Organisation, User
from .permissions import can

PAGE = 50
MAILS = Limit("invite", most=100, seconds=3600)  # of a tenant: a brand is opened in a minute, by anybody


class LastOwner(Refused):
    """A brand keeps at least one owner who can log in. Make somebody else an owner first."""

    code = "last_owner"


class BeyondYourself(Forbidden):
    """Nobody gives or takes a role that opens more than their own. Ask an owner."""

    code = "beyond_yourself"


def members(*, viewer: User, after: str | None = None, limit: int = PAGE) -> pagination.Page[User]:
    """People with a role, newest first, their memberships at hand. Forbidden; Invalid cursor."""
    _demand(viewer)
    people = User.objects.filter(Exists(Membership.objects.filter(user=OuterRef("pk"))))
    return pagination.newest_first(people.prefetch_related("memberships__organisation"), after=after, limit=limit)


def member(*, uid: UUID, viewer: User) -> User:
    """A person of this tenant. Forbidden before anything is looked up; NotFound."""
    _demand(viewer)
    found = User.objects.prefetch_related("memberships__organisation").filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such person here.")
    return found


def organisations(*, viewer: User, after: str | None = None, limit: int = PAGE) -> pagination.Page[Organisation]:
    """Fleets, enterprises, hosts and partners, newest first. Forbidden; Invalid cursor."""
    _demand(viewer)
    return pagination.newest_first(_organisations(), after=after, limit=limit)


def choices(*, viewer: User) -> list[Organisation]:
    """All organisations by name, for a form. Forbidden."""
    _demand(viewer)
    return list(_organisations().order_by("name", "pk")[:500])


@transaction.atomic
def invite(*, email: str, role: str, by: User, now: datetime, name: str = "", organisation: UUID | None = None) -> User:
    """Give a role to whoever has this address, known here or not, and tell them by mail.

    Inviting the same person again sends the mail again. Forbidden, BeyondYourself, Invalid, TooMany and MailDown
    leave nothing behind.
    """
    of = _organisation(organisation, by)
    _check(by, role, of)
    MAILS.hit("all", now=now)
    person = User.objects.filter(email=email.strip().lower()).first()
    if person is None:
        person = actions.add_user(email=email, password=None, name=name.strip(), now=now)
    elif not person.is_active:
        raise Invalid("This account is closed.", email="closed")
    _give(person, role, of, by, now)
    invitations.send(to=person, by=by, what=roles.word(role, of))
    return person


@transaction.atomic
def give(*, user_uid: UUID, role: str, by: User, now: datetime, organisation: UUID | None = None) -> User:
    """One more role for somebody. Doing it twice is the same as once. Forbidden, BeyondYourself, NotFound, Invalid."""
    person, of = member(uid=user_uid, viewer=by), _organisation(organisation, by)
    _check(by, role, of)
    _give(person, role, of, by, now)
    return member(uid=user_uid, viewer=by)


@transaction.atomic
def take(*, user_uid: UUID, role: str, by: User, now: datetime, organisation: UUID | None = None) -> None:
    """Take a role away. NotFound when the person does not hold it; LastOwner; Forbidden, BeyondYourself."""
    person = member(uid=user_uid, viewer=by)
    of = _organisation(organisation, by)
    if not Membership.objects.filter(user=person, role=role, organisation=of).exists():
        raise NotFound("This person does not have this role.")
    if not roles.may_give(by, role, of):
        raise BeyondYourself()
    if role == Membership.Role.OWNER and of is None:
        _keep_an_owner(person)
    actions.revoke(user=person, role=role, organisation=of, now=now)
    audit.record(actor=by, act="role.taken", subject=_told(person, role, of), now=now)


@transaction.atomic
def add_organisation(*, name: str, kind: str, by: User, now: datetime) -> Organisation:
    """A fleet, enterprise, host or partner. Forbidden, Invalid; a name of this kind that is taken is Invalid too."""
    _demand(by)
    if not 1 <= len(name.strip()) <= 120:
        raise Invalid("A name has 1 to 120 characters.", name="1 to 120 characters")
    if Organisation.objects.filter(name__iexact=name.strip(), kind=kind).exists():
        raise Invalid("There is one of this name already.", name="There is one of this name already.")
    made = actions.add_organisation(name=name, kind=kind, now=now)
    audit.record(actor=by, act="organisation.added", subject=f"{made.name} ({kind})", now=now)
    return made


def _demand(person: User) -> None:
    if not can(person, "member.manage"):
        raise Forbidden()


def _organisations() -> "QuerySet[Organisation]":
    return Organisation.objects.all()


def _organisation(uid: UUID | None, by: User) -> Organisation | None:
    _demand(by)
    found = Organisation.objects.filter(uid=uid).first() if uid else None
    if uid and found is None:
        raise NotFound("There is no such organisation here.")
    return found


def _check(by: User, role: str, of: Organisation | None) -> None:
    if not roles.fits(role, of):
        where = "within an organisation" if of else "over the whole brand"
        raise Invalid(f"There is no role {role!r} {where}.", role=f"not {where}")
    if not roles.may_give(by, role, of):
        raise BeyondYourself()


def _give(person: User, role: str, of: Organisation | None, by: User, now: datetime) -> None:
    if not Membership.objects.filter(user=person, role=role, organisation=of).exists():
        actions.grant(user=person, role=role, organisation=of, now=now)
        audit.record(actor=by, act="role.given", subject=_told(person, role, of), now=now)


def _keep_an_owner(leaving: User) -> None:
    """Locks the owners, so that of two who take each other's role away one is refused."""
    owners = Membership.objects.select_for_update(of=("self",)).filter(role=Membership.Role.OWNER, organisation=None)
    able = [
        m
        for m in owners.select_related("user").order_by("pk")
        if m.user.is_active and not m.user.password.startswith(UNUSABLE_PASSWORD_PREFIX)
    ]
    if not any(m.user_id != leaving.pk for m in able):
        raise LastOwner()


def _told(person: User, role: str, of: Organisation | None) -> str:
    """For the log, in the words of programs: it outlives translations."""
    return f"{person.email}: {role}" + (f" · {of.name}" if of else "")
