"""Reasons of the price rule in the words of hosts."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "reserve": _("What drivers paid so far at different prices says that this price leaves you most."),
    "no_estimate": _("Your price never really varied, so nobody can say how drivers answer to another one."),
    "neighbours": _("Chargers nearby ask about this much."),
    "kept": _("There are too few chargers nearby to compare with."),
    "cost_unknown": _("Say below what energy costs you, and the suggestion never goes under it."),
    "floor": _("Below this, your costs, the commission and the profit that you wish are not covered."),
    "neighbours_cap": _("It stays near the prices around, or drivers would go there."),
    "change_limit": _("It goes step by step: more than this is not changed at once."),
    "least": _("It is the least that this site allows."),
    "most": _("It is the most that this site allows."),
}
UNITS: dict[str, Promise] = {"kwh": _("per kWh"), "hour": _("per hour")}
STATES: dict[str, Promise] = {
    "offered": _("offered"), "accepted": _("taken"), "declined": _("declined"), "expired": _("over"),
}  # fmt: skip


def reasons(codes: list[str]) -> list[Promise]:
    """In the order of the rule; a code that these words do not know is left out."""
    return [REASONS[code] for code in codes if code in REASONS]
