"""Alerts that wait too long for somebody: rows say who is to be written to, then mails go out, each once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q

from saas.contracts.faults import SEVERITIES
from tenants.accounts.models import User

from .. import mails
from ..models import Alert, EscalationRule, Notice
from ..queries import rules
from .log import Kind, tell, write

log = structlog.get_logger("wattlane.maintenance")
BATCH, ATTEMPTS = 100, 6
WAIT = timedelta(minutes=1)


def escalate(*, now: datetime) -> int:
    """Rows for everybody who is to hear of an alert by now. How many are new."""
    review_silences(now=now)
    return sum(_by_rule(rule, now) for rule in rules.escalation() if rule.enabled)


def send_due(*, now: datetime) -> int:
    """Send what waits; what the mail server refuses is tried again, ever more seldom. How many went out.

    A row is locked while its mail is sent: a process that dies in between leaves it for the next round.
    """
    sent = 0
    due = Notice.objects.filter(sent_at=None, next_at__lte=now, attempts__lt=ATTEMPTS).order_by("pk")
    for key in list(due.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            row = Notice.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key, sent_at=None).first()
            sent += _send(row, now) if row is not None else 0
    return sent


@transaction.atomic
def review_silences(*, now: datetime) -> int:
    """Open alerts fall under silences that were added, and come out of those that are over, as if they began then."""
    held = rules.silences(now)
    rows = Alert.objects.filter(resolved_at=None).select_for_update(of=("self",))
    touched = rows if held else rows.exclude(silence=None)
    changed = 0
    for alert in touched:
        found = rules.silence_of(alert, held)
        if (found.pk if found else None) != alert.silence_id:
            alert.silence, alert.opened_at = found, alert.opened_at if found else now
            alert.save(update_fields=["silence", "opened_at"])
            write(alert, Kind.SILENCED, now, text=found.reason if found else "")
            tell(alert, now)
            changed += 1
    return changed


def _by_rule(rule: EscalationRule, now: datetime) -> int:
    people = [rule.person] if rule.person else list(_with_role(rule.role))
    waiting = Alert.objects.filter(
        resolved_at=None, state=Alert.State.OPEN, silence=None, group=None,
        severity__in=SEVERITIES[: SEVERITIES.index(rule.severity) + 1],
        opened_at__lte=now - timedelta(minutes=rule.after_minutes),
    )  # fmt: skip
    told = Notice.objects.filter(rule=rule, alert__in=waiting).values_list("alert_id", "opening")
    known = set(told)
    count = 0
    for alert in waiting.order_by("pk")[: BATCH * 10]:
        if (alert.pk, alert.openings) not in known:
            count += _notify(rule, alert, people, now)
    return count


@transaction.atomic
def _notify(rule: EscalationRule, alert: Alert, people: Iterable[User | None], now: datetime) -> int:
    rows = [
        Notice(to=person, alert=alert, rule=rule, opening=alert.openings, next_at=now)
        for person in people
        if person is not None and person.is_active
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        write(alert, Kind.ESCALATED, now, text=", ".join(str(row.to) for row in rows))
    return len(rows)


def _with_role(role: str) -> "Iterable[User]":
    own = Q(memberships__role=role, memberships__organisation=None)
    return User.objects.filter(own, is_active=True).distinct().order_by("pk")


def _send(row: Notice, now: datetime) -> int:
    try:
        mails.write(row).send()
    except OSError as refusal:  # of the mail server, SMTPException included
        row.attempts, row.error = row.attempts + 1, str(refusal)[:200]
        row.next_at = now + WAIT * 2**row.attempts
        row.save(update_fields=["attempts", "error", "next_at"])
        log.warning("mail_refused", error=row.error, attempts=row.attempts)
        return 0
    row.sent_at = now
    row.save(update_fields=["sent_at"])
    return 1
