"""Making and changing groups."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from saas.kit.errors import Forbidden, Invalid, NotFound
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.models import Location

from .. import queries
from ..errors import GroupInUse, NameTaken
from ..models import Group, GroupDevice


@dataclass(frozen=True)
class Wanted:
    """What a group shall be."""

    name: str
    kind: str = Group.Kind.CLUSTER
    parent: Group | None = None
    location: Location | None = None
    vendor: str = ""
    model: str = ""


@transaction.atomic
def create_group(*, wanted: Wanted, by: User, now: datetime, device_ids: Iterable[str] = ()) -> Group:
    """A group with these devices by name. Forbidden, Invalid, NameTaken, NotFound (a device)."""
    _check(wanted, by)
    group = _save(Group(), wanted)
    put_devices(group=group, device_ids=device_ids, by=by, now=now)
    return group


@transaction.atomic
def change_group(*, group: Group, wanted: Wanted, by: User, now: datetime) -> Group:
    """Its devices by name stay. Forbidden, Invalid (it would lie in itself), NameTaken."""
    _check(wanted, by)
    if wanted.parent is not None and wanted.parent in queries.below(group):
        raise Invalid("A group cannot lie in itself.", parent="lies in this group")
    return _save(group, wanted)


@transaction.atomic
def delete_group(*, group: Group, by: User, now: datetime) -> None:
    """Its actions and roll-outs stay. Forbidden, GroupInUse."""
    _allowed(by)
    if group.children.exists():
        raise GroupInUse()
    group.delete()


@transaction.atomic
def put_devices(*, group: Group, device_ids: Iterable[str], by: User, now: datetime) -> None:
    """Put devices in by name; may be repeated. Forbidden, NotFound."""
    _allowed(by)
    wanted = list(dict.fromkeys(device_ids))
    if missing := set(wanted) - set(queries.of_ids(wanted)):
        raise NotFound(f"There is no device {min(missing)} here.", device=min(missing))
    rows = [GroupDevice(group=group, device_id=device_id) for device_id in wanted]
    GroupDevice.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def take_device(*, group: Group, device_id: str, by: User, now: datetime) -> None:
    """Take a device out that was put in by name; may be repeated. Forbidden."""
    _allowed(by)
    GroupDevice.objects.filter(group=group, device_id=device_id).delete()


def _allowed(by: User) -> None:
    if not can(by, "station.manage"):
        raise Forbidden()


def _check(wanted: Wanted, by: User) -> None:
    _allowed(by)
    if not wanted.name.strip():
        raise Invalid("A group needs a name.", name="is missing")
    if wanted.kind not in Group.Kind.values:
        raise Invalid("There is no such kind of group.", kind=f"one of {', '.join(Group.Kind.values)}")
    if wanted.kind == Group.Kind.SITE and wanted.location is None:
        raise Invalid("A site is a group of one location. Choose it.", location="is missing")


def _save(group: Group, wanted: Wanted) -> Group:
    for name, value in vars(wanted).items():
        setattr(group, name, value.strip() if isinstance(value, str) else value)
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as clash:
        raise NameTaken(name=wanted.name) from clash
    return group
