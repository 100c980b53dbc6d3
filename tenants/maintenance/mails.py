"""Mails about alerts and work orders, in the tenant's brand and the person's language."""

from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from saas.kit.money import LOCALES, RIGHT_TO_LEFT
from saas.tenancy.models import Tenant
from saas.tenancy.queries import address, current, sender
from tenants.charging.mails import PAGE, language_of

from .fault_words import alert_title, alert_todo, raw_word
from .models import Alert, Notice, WorkOrder
from .queries.units import names, title
from .words import SEVERITIES

Text = tuple[str, list[str], str]  # subject, lines, path


def write(notice: Notice) -> EmailMultiAlternatives:
    """The mail of a notice. Names no private address: the page behind the link does, to whom may see it."""
    tenant = current()
    language = language_of(notice.to, tenant)
    with translation.override(language):
        subject, lines, path = _of_alert(notice.alert, language) if notice.alert else _of_step(notice, language)
    link = f"{address(tenant)}{path}"
    body = "\n".join([*lines, "", link, "", f"{tenant.name} · {tenant.support_email}", ""])
    subject = " ".join(subject.split())
    message = EmailMultiAlternatives(
        subject, body, sender(tenant), [notice.to.email], reply_to=[tenant.support_email],
        headers={"Message-ID": _name(notice, tenant)},
    )  # fmt: skip
    message.attach_alternative(_page(lines, link, tenant, language), "text/html")
    return message


def _name(notice: Notice, tenant: Tenant) -> str:
    """The same for each attempt: a mail that comes twice, because the first answer was lost, is known as one."""
    return f"<notice.{tenant.schema_name}.{notice.pk}@{urlsplit(address(tenant)).hostname}>"


def unit(alert: Alert) -> str:
    """What people call the unit of an alert."""
    if not alert.at_charger:
        return alert.location.name if alert.location else ""
    found = names([alert.device_id]).get(alert.device_id, alert.device_id)
    return f"{found}/{alert.device_evse}" if alert.device_evse else found


def _of_alert(alert: Alert, language: str) -> Text:
    what, where = alert_title(alert), unit(alert)
    severity = str(SEVERITIES[alert.severity])
    lines = [
        _("%(severity)s: %(what)s at %(where)s.") % {"severity": severity, "what": what, "where": where},
        _how_it_stands(alert, language),
        _("Code: %(code)s") % {"code": " · ".join(filter(None, (raw_word(alert.code), alert.mrec)))},
        *([] if alert.resolved_at else [_("What to do first:"), *_first_steps(alert)]),
    ]
    return f"{severity}: {what} · {where}", lines, f"/maintenance/alerts/{alert.uid}/"


def _how_it_stands(alert: Alert, language: str) -> str:
    """As it is when the mail goes out, which may be late: the mail server was away."""
    said = {"since": _moment(alert.first_at, language), "count": alert.count, "who": str(alert.acknowledged_by)}
    if alert.resolved_at is not None:
        return _("Since %(since)s, over since %(end)s.") % {**said, "end": _moment(alert.resolved_at, language)}
    if alert.acknowledged_at is not None:
        return _("Since %(since)s, seen %(count)d times. Acknowledged by %(who)s.") % said
    return _("Since %(since)s, seen %(count)d times. Nobody has acknowledged it yet.") % said


def _moment(moment: datetime, language: str) -> str:
    zone = ZoneInfo(current().timezone)
    return format_datetime(moment, "short", tzinfo=zone, locale=LOCALES.get(language, "en"))


def _first_steps(alert: Alert) -> list[str]:
    return [f"{number}. {step.text}" for number, step in enumerate(alert_todo(alert).first, start=1)]


def _of_step(notice: Notice, language: str) -> Text:
    """A job for somebody; or that it is theirs no more: nobody drives to a job that was called off."""
    step = notice.step
    assert step is not None, "a notice is about an alert or a step of a work order"
    order = step.order
    if order.assignee_id != notice.to_id or order.state == WorkOrder.State.CANCELLED:
        gone = _("Job %(number)d is no longer yours: %(title)s") % {"number": order.pk, "title": order.title}
        return gone, [gone + ".", *([step.text] if step.text else [])], "/jobs/"
    subject = _("Job %(number)d for you: %(title)s") % {"number": order.pk, "title": order.title}
    lines = [subject + ".", title(order.evse)]
    if order.due_at is not None:
        zone = ZoneInfo(order.evse.location.timezone)
        due = format_datetime(order.due_at, "short", tzinfo=zone, locale=LOCALES.get(language, "en"))
        lines.append(_("To be done by %(due)s.") % {"due": due})
    if order.alert is not None and (tools := alert_todo(order.alert).bring):
        lines.append(_("Bring: %(tools)s.") % {"tools": ", ".join(tool.text for tool in tools)})
    return subject, lines, f"/jobs/{order.uid}/"


def _page(lines: list[str], link: str, tenant: Tenant, language: str) -> str:
    return PAGE.format(
        language=language,
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        colour=escape(tenant.colour_primary),
        brand=escape(tenant.name),
        support=escape(tenant.support_email),
        link=escape(link),
        lines="".join(f"<p>{escape(line)}</p>" for line in lines),
    )
