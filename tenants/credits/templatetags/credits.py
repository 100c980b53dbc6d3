"""Words of credits for templates."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from saas.web.templatetags.wattlane import number
from tenants.accounts.models import User
from tenants.charging.models import Session

from .. import queries
from ..models import Batch, GreenGrant

register = template.Library()
STATES = {
    Batch.State.OPEN: (_("Open"), "warn"),
    Batch.State.LOCKED: (_("Locked"), "brand"),
    Batch.State.VERIFIED: (_("Verified"), "good"),
    Batch.State.CANCELLED: (_("Cancelled"), ""),
    "held": (_("Held"), "good"),
    "split": (_("Split"), ""),
    "retired": (_("Retired"), "brand"),
    "filed": (_("Filed"), "good"),
    "failed": (_("Failed"), "bad"),
    "sending": (_("On its way"), "warn"),
}
REASONS = {
    "claimed": _("Claimed already"),
    "no_energy": _("No energy was delivered"),
    "other_region": _("The site is in another country"),
    "other_current": _("Charged with the other current: the default fleet has another value"),
}
VERBS = {
    "issued": _("Issued"), "split": _("Split"), "transferred": _("Transferred"), "retired": _("Retired"),
    "filed": _("Filed"),
}  # fmt: skip


@register.simple_tag
def grams(value: int | None) -> SafeString:
    """Whole grams of CO2e, exact."""
    if value is None:
        return mark_safe("–")
    return format_html('<bdi class="nowrap num">{} g CO₂e</bdi>', number(value))


@register.inclusion_tag("web/c/badge.html")
def credit_state(name: str) -> dict[str, object]:
    word, tone = STATES.get(name, (name, ""))
    return {"word": word, "tone": tone}


@register.filter
def reason(code: str) -> object:
    return REASONS.get(code, code)


@register.filter
def verb(code: str) -> object:
    return VERBS.get(code, code)


@register.filter
def clock_of(minute: int) -> str:
    """A minute of the day as 22:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@register.inclusion_tag("credits/green_line.html")
def green_credit(session: Session, viewer: object) -> dict[str, object]:
    """The driver's own reward for a session; nothing for anybody else."""
    own = isinstance(viewer, User) and session.driver_id == viewer.pk
    grant: GreenGrant | None = queries.grant_of(session) if own else None
    return {"grant": grant, "language": get_language()}


@register.inclusion_tag("credits/green_balance.html")
def green_balance(viewer: object, currency: str) -> dict[str, object]:
    """The driver's balance, where there is one."""
    owed = queries.credit_balance(viewer, currency) if isinstance(viewer, User) else 0
    return {"balance": owed, "currency": currency}
