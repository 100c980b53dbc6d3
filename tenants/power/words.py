"""Smart charging in people's words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.web import words

from .models import Alarm
from .queries.units import Unit

# Why an EVSE gets what it gets: sentence, tone of its badge.
REASONS = {
    "full": (gettext_lazy("Gets all that it can take"), "good"),
    "shared": (gettext_lazy("Shares the limit"), "good"),
    "minimum": (gettext_lazy("Waits: its minimum is not available"), "warn"),
    "too_small": (gettext_lazy("Waits: its own limit is below the minimum of a vehicle"), "warn"),
    "price": (gettext_lazy("Waits for a better hour"), ""),
    "kept": (gettext_lazy("Empty: its safe default is kept for the next vehicle"), ""),
    "held": (gettext_lazy("Empty: the next vehicle waits for a moment until there is room"), ""),
    "free": (gettext_lazy("Empty"), ""),
    "armed": (gettext_lazy("A booked session may start: counted with its permit"), ""),
    "offline": (gettext_lazy("Offline: counted with what it may take on its own"), "warn"),
    "ignores": (gettext_lazy("Ignores its limit: counted with what it draws"), "bad"),
    "stopped": (gettext_lazy("Ignored its limit: stopped"), "bad"),
    "unlimitable": (gettext_lazy("Cannot be limited: counted in full"), "bad"),
    "asking": (gettext_lazy("Is being asked what it can: counted in full"), "warn"),
    "fixed": (gettext_lazy("Counted with what it draws"), "warn"),
    "": (gettext_lazy("Not looked at yet"), ""),
}
ALARMS = {
    Alarm.Kind.IGNORES: gettext_lazy("A charger draws more than it agreed to. The others were lowered."),
    Alarm.Kind.STOPPED: gettext_lazy("A session was stopped because its charger ignored its limit."),
    Alarm.Kind.OVER_LIMIT: gettext_lazy("More flows than the limit, as measured."),
    Alarm.Kind.NO_ROOM: gettext_lazy("What cannot be steered just now may take more than the limit."),
    Alarm.Kind.NO_ANSWER: gettext_lazy("A charger does not confirm its limit."),
    Alarm.Kind.UNLIMITABLE: gettext_lazy("A charger cannot be limited: it is counted in full."),
}


def ampere(current_ma: int | None) -> str:
    """One digit after the point, none where it is nought."""
    if current_ma is None:
        return "–"
    places = 0 if current_ma % 1000 == 0 else 1
    return _("%(number)s A") % {"number": words.number(current_ma / 1000, places)}


def reason(unit: Unit, zone: str) -> str:
    """Why, with the figures that belong to it."""
    row = unit.allocation
    sentence = str(REASONS.get(row.reason, REASONS[""])[0])
    if row.reason == "offline":
        return f"{sentence}: {ampere(row.may_ma)}"
    if row.reason == "minimum":
        return f"{sentence} ({ampere(6_000)})"
    if row.reason == "price" and row.resumes_at is not None:
        return f"{sentence}, {words.clock(row.resumes_at, zone)}"
    return sentence


def tone(unit: Unit) -> str:
    """Of the badge."""
    return REASONS.get(unit.allocation.reason, REASONS[""])[1]
