"""Configuration templates and drift."""

from uuid import UUID

from django.db.models import Count, Q

from saas.kit.pagination import Page, newest_first
from tenants.accounts.permissions import Someone

from ..models import ConfigurationTemplate, TemplateCheck
from .members import Member, everything, members_of
from .seeing import check_list, check_one


def template(*, uid: UUID, viewer: Someone) -> ConfigurationTemplate:
    """NotFound for everybody without the right to see stations."""
    found = ConfigurationTemplate.objects.prefetch_related("groups").filter(uid=uid).first()
    check_one(viewer, found, "template")
    assert found is not None
    return found


def template_page(*, viewer: Someone, after: str | None, limit: int) -> Page[ConfigurationTemplate]:
    """Newest first. Forbidden."""
    check_list(viewer)
    return newest_first(ConfigurationTemplate.objects.prefetch_related("groups"), after=after, limit=limit)


def wanted_by(template: ConfigurationTemplate) -> list[Member]:
    """The stations of its groups for whose protocol the template has values, each once, by name."""
    there = everything()
    found = {member.device_id: member for group in template.groups.all() for member in members_of(group, there)}
    fitting = [m for m in found.values() if m.is_station and template.values.get(m.protocol)]
    return sorted(fitting, key=lambda member: (member.name.casefold(), member.device_id))


def check_page(
    *, template: ConfigurationTemplate, drifting: bool = False, after: str | None = None, limit: int = 50
) -> Page[TemplateCheck]:
    """The last comparison of each station; `drifting`: only where something differs."""
    rows = TemplateCheck.objects.filter(template=template)
    return newest_first(rows.exclude(findings={}) if drifting else rows, after=after, limit=limit)


def drift_counts(template: ConfigurationTemplate) -> dict[str, int]:
    """How many stations: `stations` that were looked at, `drifting`, `open` (not answered yet), `failed`."""
    state = TemplateCheck.State
    return TemplateCheck.objects.filter(template=template).aggregate(
        stations=Count("id"),
        drifting=Count("id", filter=~Q(findings={})),
        open=Count("id", filter=Q(state__in=(state.DUE, state.ASKED))),
        failed=Count("id", filter=Q(state=state.FAILED)),
    )
