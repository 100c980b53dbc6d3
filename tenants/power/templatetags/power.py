"""Words of smart charging for templates."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenants.charging.models import Session
from tenants.sites.models import Evse

from .. import words
from ..forms import NeedForm
from ..queries.needs import allocation, shared_by
from ..queries.units import Unit

register = template.Library()


@register.simple_tag
def ampere(current_ma: int | None) -> SafeString:
    return format_html('<bdi class="nowrap">{}</bdi>', words.ampere(current_ma))


@register.simple_tag
def why(unit: Unit, zone: str) -> str:
    return words.reason(unit, zone)


@register.filter
def charger(evse: Evse, names: Mapping[str, str]) -> str:
    """As people call it: KERAVA-1/2."""
    return f"{names.get(evse.device_id or '', evse.device_id)}/{evse.device_evse}"


@register.filter
def tone(unit: Unit) -> str:
    return words.tone(unit)


@register.filter
def alarm_word(kind: str) -> str:
    return str(words.ALARMS[kind])  # type: ignore[index]


@register.inclusion_tag("power/sharing.html", takes_context=True)
def sharing(context: Any, session: Session, driving: bool) -> dict[str, object]:
    """On the page of a session: what it gets of a shared limit, and when its vehicle leaves."""
    row = allocation(session.pk)
    zone = session.evse.location.timezone
    return {
        "session": session,
        "row": row,
        "others": shared_by(row) if row else 0,
        "form": NeedForm.of(session, zone) if row and driving else None,
        "zone": zone,
        "request": context["request"],
        "csrf_token": context.get("csrf_token"),
    }
