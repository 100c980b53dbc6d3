"""Mails about bookings and sessions, in the tenant's brand and the person's language."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from django.core.mail import EmailMultiAlternatives
from django.utils.html import escape

from saas.kit.money import LOCALES, RIGHT_TO_LEFT, show
from saas.tenancy.models import Tenant
from saas.tenancy.queries import address, current, sender
from tenants.accounts.models import User
from tenants.bookings.actions import one_time_code
from tenants.bookings.models import Booking
from tenants.feed.models import Event
from tenants.feed.reading import follow

from .mail_texts import TEXTS
from .models import Session

KINDS = ("booking", "session")
Words = dict[str, str]
PAGE = (
    '<!doctype html><html lang="{language}" dir="{direction}">'
    '<body style="margin:0;padding:24px;font:16px/1.5 sans-serif">'
    '<div style="border-block-start:6px solid {colour};padding-block:16px"><strong>{brand}</strong></div>{lines}'
    '<p><a href="{link}">{link}</a></p><p><small>{brand} · {support}</small></p></body></html>'
)


def send_due(*, now: datetime) -> int:
    """Send what the feed has told since last time. Returns how many mails went out."""
    return follow(name="mail", kinds=KINDS, handle=_handle, now=now)


def compose(kind: str, *, to: User, words: Words, link: str, tenant: Tenant) -> EmailMultiAlternatives:
    """A mail of this kind in the person's language (else the tenant's), as text and as a page."""
    language = language_of(to, tenant)
    subject, *lines = (text.format(**words) for text in TEXTS[kind][language])
    body = "\n".join([*lines, "", link, "", f"{tenant.name} · {tenant.support_email}", ""])
    subject = " ".join(subject.split())
    message = EmailMultiAlternatives(subject, body, sender(tenant), [to.email], reply_to=[tenant.support_email])
    message.attach_alternative(_page(lines, link, tenant, language), "text/html")
    return message


def language_of(person: User, tenant: Tenant) -> str:
    """The language to write to a person in."""
    known = TEXTS["confirmed"]
    return next((code for code in (person.language, tenant.language) if code in known), "en")


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


def _handle(event: Event) -> bool:
    uid = _uid(event.audience)
    person = User.objects.filter(uid=uid).first() if uid else None
    message = _WRITERS[event.kind](event, person) if person is not None and person.is_active else None
    if message is None:
        return False
    message.send()
    return True


def _of_booking(event: Event, person: User) -> EmailMultiAlternatives | None:
    rows = Booking.objects.select_related("listing__evse__location", "listing__host", "driver")
    booking = rows.filter(uid=event.data.get("booking")).first()
    if booking is None:
        return None
    kind = _kind(booking, str(event.data.get("state")), person)
    if kind is None:
        return None
    tenant = current()
    link = f"{address(tenant)}/bookings/{booking.uid}/"
    return compose(
        kind, to=person, words=_booking_words(booking, language_of(person, tenant)), link=link, tenant=tenant
    )


def _kind(booking: Booking, state: str, person: User) -> str | None:
    if booking.driver_id == person.pk:
        return "confirmed" if state == "confirmed" else "cancelled" if state.startswith("cancelled") else None
    return "hosting" if state == "confirmed" and booking.listing.host_id == person.pk else None


def _of_session(event: Event, person: User) -> EmailMultiAlternatives | None:
    rows = Session.objects.select_related("booking__listing", "evse__location", "driver")
    session = rows.filter(uid=event.data.get("session"), state=Session.State.CLOSED, driver=person).first()
    if session is None or session.booking is None or event.data.get("state") != "closed" or not session.energy_wh:
        return None
    tenant = current()
    language = language_of(person, tenant)
    words = _booking_words(session.booking, language) | {
        "energy": f"{session.energy_wh / 1000:.2f}",
        "amount": show(session.cost_minor, session.currency, language),
    }
    link = f"{address(tenant)}/sessions/{session.uid}/receipt/"
    return compose("receipt", to=person, words=words, link=link, tenant=tenant)


def _booking_words(booking: Booking, language: str) -> Words:
    zone = ZoneInfo(booking.listing.evse.location.timezone)

    def at(moment: datetime) -> str:
        return format_datetime(moment, "short", tzinfo=zone, locale=LOCALES.get(language, "en"))

    return {
        "charger": booking.listing.title,
        "start": at(booking.during.lower),
        "end": at(booking.during.upper),
        "amount": show(booking.amount_minor, booking.currency, language),
        "code": one_time_code(booking),
    }


def _uid(audience: str) -> UUID | None:
    kind, _, uid = audience.partition(":")
    try:
        return UUID(uid) if kind == "user" else None
    except ValueError:
        return None


_WRITERS: dict[str, Callable[[Event, User], EmailMultiAlternatives | None]] = {
    "booking": _of_booking,
    "session": _of_session,
}
