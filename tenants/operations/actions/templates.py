"""Templates: making them, comparing stations with them, and setting right what differs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from saas.kit.errors import Forbidden, Invalid
from saas.kit.time import iso
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.stations.errors import StationOffline
from tenants.stations.models import Variable

from .. import configuring, queries, sending
from ..errors import NameTaken, NoDevices
from ..models import ConfigurationTemplate, Group, Rollout, TemplateCheck
from ..queries import Member
from ..sending import Outcome
from .rollouts import CAREFUL, Plan, begin_configuration

State = TemplateCheck.State
ORIGIN = "template:"
CONCURRENCY = 50
RETRY = timedelta(minutes=15)  # a station that is away is asked again
GIVE_UP = timedelta(hours=20)  # before the next night comes
FIXABLE = (configuring.DIFFERS,)
MOST_KEYS = 500


@dataclass(frozen=True)
class Wanted:
    """What a template shall be."""

    name: str
    values: Mapping[str, Mapping[str, str]]
    groups: tuple[Group, ...] = ()


def create_template(*, wanted: Wanted, by: User, now: datetime) -> ConfigurationTemplate:
    """Values for the stations of some groups. Forbidden, Invalid, NameTaken."""
    return _save(ConfigurationTemplate(by=by), wanted, by, now)


def change_template(
    *, template: ConfigurationTemplate, wanted: Wanted, by: User, now: datetime
) -> ConfigurationTemplate:
    """Stations are compared anew; roll-outs that run keep the values they began with. Forbidden, Invalid, NameTaken."""
    return _save(template, wanted, by, now)


@transaction.atomic
def delete_template(*, template: ConfigurationTemplate, by: User, now: datetime) -> None:
    """Stations keep their values, roll-outs what they did. Forbidden."""
    _allowed(by)
    template.delete()


@transaction.atomic
def check_now(*, template: ConfigurationTemplate, by: User, now: datetime) -> int:
    """Ask every station of the template for its values. How many. Forbidden, NoDevices."""
    _allowed(by)
    count = due(template=template, now=now)
    if not count:
        raise NoDevices()
    return count


def fix_drift(
    *, template: ConfigurationTemplate, by: User, now: datetime, plan: Plan = CAREFUL,
    device_ids: Iterable[str] | None = None,
) -> Rollout:  # fmt: skip
    """A roll-out to the stations that differ (or these of them) in what can be set. Forbidden, NoDevices."""
    wanted = None if device_ids is None else set(device_ids)
    drifting = [
        check.device_id
        for check in TemplateCheck.objects.filter(template=template).exclude(findings={})
        if (wanted is None or check.device_id in wanted)
        and any(finding["kind"] in FIXABLE for finding in check.findings.values())
    ]
    return begin_configuration(template=template, by=by, now=now, plan=plan, device_ids=drifting)


@transaction.atomic
def due(*, template: ConfigurationTemplate, now: datetime) -> int:
    """Every station of the template is to be asked. Stations that left it are forgotten. How many there are."""
    members = {member.device_id: member for member in queries.wanted_by(template)}
    template.checks.exclude(device_id__in=members).delete()
    fresh = {
        "state": State.DUE, "due_at": now, "wanted_at": now, "progress": {}, "command": "", "error": "",
    }  # fmt: skip
    known = set(template.checks.values_list("device_id", flat=True))
    template.checks.update(**fresh)
    new = [member for device_id, member in members.items() if device_id not in known]
    TemplateCheck.objects.bulk_create(
        [TemplateCheck(template=template, device_id=m.device_id, name=m.name[:80], **fresh) for m in new],
        ignore_conflicts=True,
    )
    return len(members)


@transaction.atomic
def due_all(*, now: datetime) -> int:
    """Every night: all stations of all templates."""
    return sum(due(template=template, now=now) for template in ConfigurationTemplate.objects.order_by("id"))


def drive_checks(*, now: datetime) -> int:
    """Ask those that are due, as many at once as is good; note what was answered. How many changed."""
    asked = list(TemplateCheck.objects.filter(state=State.ASKED).values_list("pk", flat=True))
    due_rows = TemplateCheck.objects.filter(state=State.DUE, due_at__lte=now).order_by("due_at", "id")
    room = max(CONCURRENCY - len(asked), 0)
    return sum(_step(key, now) for key in [*asked, *due_rows.values_list("pk", flat=True)[:room]])


def settle_check(*, command: str, now: datetime) -> None:
    """A station answered. What cannot be done now, a step does."""
    row = TemplateCheck.objects.filter(command=command, state=State.ASKED).first()
    if row is not None:
        _step(row.pk, now)


@transaction.atomic
def _step(key: int, now: datetime) -> bool:
    rows = TemplateCheck.objects.select_for_update(of=("self",), skip_locked=True).select_related("template")
    check = rows.filter(pk=key, state__in=(State.DUE, State.ASKED)).first()
    if check is None:
        return False
    member = queries.member_of(check.device_id)
    if check.state == State.ASKED:
        found = sending.outcome(check.command)
        if found is None or not _noted(check, member, found, now):
            return found is not None
    return _ask(check, member, now)


def _noted(check: TemplateCheck, member: Member | None, found: Outcome, now: datetime) -> bool:
    """True when there is more to ask."""
    if found.answer is None:
        _later(check, found.error or "no_answer", now)
        return False
    protocol = member.protocol if member else configuring.V16
    told = configuring.seen(protocol, check.progress["asked"], found.answer)
    check.progress.setdefault("seen", {}).update({key: one.row() for key, one in told.items()})
    return True


def _ask(check: TemplateCheck, member: Member | None, now: datetime) -> bool:
    """The next keys, or the comparison."""
    wanted = check.template.values.get(member.protocol, {}) if member else {}
    keys = configuring.chunk(wanted, check.progress.get("seen", {}))
    if member is None or not wanted:
        return _later(check, "gone", now, for_good=True)
    if not keys:
        return _compare(check, member, wanted, now)
    if not member.online:
        return _later(check, "offline", now)
    request = configuring.reading(member.protocol, keys)
    try:
        with transaction.atomic():
            command = sending.to_station(
                member=member, request=request, now=now, by=None, origin=f"{ORIGIN}{check.template.uid}"
            )
    except StationOffline:
        return _later(check, "offline", now)
    check.progress["asked"] = keys
    return _set(check, state=State.ASKED, command=command)


def _later(check: TemplateCheck, error: str, now: datetime, *, for_good: bool = False) -> bool:
    """Ask again in a while; after most of a day it has failed, and what was found before stays."""
    over = for_good or error not in ("offline", "no_answer") or now - check.wanted_at > GIVE_UP
    state = State.FAILED if over else State.DUE
    return _set(check, state=state, error=error[:60], command="", progress={}, due_at=now + RETRY)


def _compare(check: TemplateCheck, member: Member, wanted: Mapping[str, str], now: datetime) -> bool:
    told = {key: configuring.Seen(**one) for key, one in check.progress["seen"].items()}
    for key in _readonly(member, wanted):
        told[key] = configuring.Seen(told[key].value, told[key].known, readonly=True)
    findings = configuring.differences(wanted, told)
    for key, finding in findings.items():
        finding["since"] = _since(check.findings.get(key), finding, now)
    return _set(check, state=State.CHECKED, findings=findings, checked_at=now, error="", command="", progress={})


def _since(before: Mapping[str, Any] | None, finding: Mapping[str, Any], now: datetime) -> str:
    """When it was first seen: another wrong value, or another wish, is another drift."""
    same = before is not None and all(before.get(name) == finding[name] for name in ("kind", "expected", "actual"))
    return str(before["since"]) if before is not None and same else iso(now)


def _readonly(member: Member, wanted: Mapping[str, str]) -> list[str]:
    """OCPP 2.0.1 says in reports alone which variables may not be written."""
    names = {str(configuring.key_of(member.protocol, key)): key for key in wanted}
    rows = Variable.objects.filter(station=member.station, key__in=names, mutability="ReadOnly")
    return [names[name] for name in rows.values_list("key", flat=True)]


def _set(check: TemplateCheck, **values: Any) -> bool:
    for name, value in values.items():
        setattr(check, name, value)
    check.save()
    return True


def _allowed(by: User) -> None:
    if not can(by, "station.manage"):
        raise Forbidden()


@transaction.atomic
def _save(template: ConfigurationTemplate, wanted: Wanted, by: User, now: datetime) -> ConfigurationTemplate:
    _allowed(by)
    template.name, template.values = wanted.name.strip(), _checked(wanted)
    template.changed_at = now
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as clash:
        raise NameTaken(name=wanted.name) from clash
    template.groups.set(wanted.groups)
    due(template=template, now=now)
    return template


def _checked(wanted: Wanted) -> dict[str, dict[str, str]]:
    if not wanted.name.strip():
        raise Invalid("A template needs a name.", name="is missing")
    values = {protocol: dict(entries) for protocol, entries in wanted.values.items() if entries}
    if unknown := set(values) - set(configuring.PROTOCOLS):
        raise Invalid("There is no such protocol.", values=f"{sorted(unknown)[0]}: not one of them")
    if not values:
        raise Invalid("A template needs at least one value.", values="is empty")
    if any(len(entries) > MOST_KEYS for entries in values.values()):
        raise Invalid(f"A template has at most {MOST_KEYS} keys.", values="too many")
    wrong = [
        text
        for protocol, entries in values.items()
        for key, value in entries.items()
        if (text := configuring.fits(protocol, key, value))
    ]
    if wrong:
        raise Invalid(f"{wrong[0][:1].upper()}{wrong[0][1:]}.", values="; ".join(wrong)[:500])
    return values
