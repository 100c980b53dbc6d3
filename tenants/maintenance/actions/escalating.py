"""Alerts that wait too long for somebody: rows say who is to be written to, then mails go out, each once."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum
from smtplib import SMTPDataError, SMTPRecipientsRefused

import structlog
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Q

from saas.contracts.faults import SEVERITIES
from tenants.accounts.models import User

from .. import mails
from ..models import Alert, EscalationRule, Notice
from ..queries import rules
from .log import Kind, tell, write

log = structlog.get_logger("wattlane.maintenance")
BATCH = 100
ATTEMPTS = 150  # with these waits three days: as long may a mail server be away
ATTEMPTS_REFUSED = 6  # an address that the server does not take
WAIT, LONGEST = timedelta(minutes=1), timedelta(minutes=30)
NOT_NOW = 500  # SMTP: 4xx may be taken later, 5xx never
CLOSING = 421  # SMTP: the server closes the connection


class Outcome(Enum):
    """Of an attempt. AWAY: the server does not answer, or answers nobody."""

    SENT = "sent"
    REFUSED = "refused"
    AWAY = "away"


def escalate(*, now: datetime) -> int:
    """Rows for everybody who is to hear of an alert by now. How many are new."""
    review_silences(now=now)
    return sum(_by_rule(rule, now) for rule in rules.escalation() if rule.enabled)


def send_due(*, now: datetime) -> int:
    """Send what waits; what the mail server refuses is tried again, ever more seldom. How many went out.

    A row is locked while its mail is sent: a process that dies in between leaves it for the next round, which sends
    it at least once, under the same Message-ID. A server that is away ends the round: the others need not wait for it.
    """
    sent = 0
    due = Notice.objects.filter(sent_at=None, next_at__lte=now, attempts__lt=ATTEMPTS).order_by("next_at", "pk")
    for key in list(due.values_list("pk", flat=True)[:BATCH]):
        outcome = _try(key, now)
        sent += outcome is Outcome.SENT
        if outcome is Outcome.AWAY:
            break
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


def _try(key: int, now: datetime) -> Outcome:
    with transaction.atomic():
        row = Notice.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key, sent_at=None).first()
        return _send(row, now) if row is not None else Outcome.REFUSED


def _send(row: Notice, now: datetime) -> Outcome:
    try:
        _deliver(mails.write(row))
    except (OSError, ValueError) as refusal:  # SMTPException is an OSError; ValueError: an address that is none
        outcome, final = _judged(refusal)
        _later(row, refusal, now, final=final)
        return outcome
    row.sent_at, row.error = now, ""
    row.save(update_fields=["sent_at", "error"])
    return Outcome.SENT


def _deliver(message: EmailMessage) -> None:
    """Sent, once the server has said so: what goes wrong while hanging up sends nothing twice."""
    message.connection = get_connection()
    message.connection.open()
    try:
        message.send()
    finally:
        with suppress(OSError):
            message.connection.close()


def _judged(refusal: Exception) -> tuple[Outcome, bool]:
    """Whether the server is away or refuses this mail, and whether it will ever take it."""
    if isinstance(refusal, ValueError):
        return Outcome.REFUSED, True
    if isinstance(refusal, SMTPRecipientsRefused):
        return Outcome.REFUSED, all(code >= NOT_NOW for code, _ in refusal.recipients.values())
    if isinstance(refusal, SMTPDataError) and refusal.smtp_code != CLOSING:
        return Outcome.REFUSED, refusal.smtp_code >= NOT_NOW
    return Outcome.AWAY, False


def _later(row: Notice, refusal: Exception, now: datetime, *, final: bool) -> None:
    row.attempts, row.error = row.attempts + 1, str(refusal)[:200]
    row.next_at = now + min(WAIT * 2 ** min(row.attempts, 10), LONGEST)
    if final and row.attempts >= ATTEMPTS_REFUSED:
        row.attempts = ATTEMPTS
    row.save(update_fields=["attempts", "error", "next_at"])
    say = log.error if row.attempts >= ATTEMPTS else log.warning
    say("mail_refused", error=type(refusal).__name__, attempts=row.attempts, given_up=row.attempts >= ATTEMPTS)
