"""What people read: severities, causes, states, exclusions, steps. Tables; and OCPP's words taken apart."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from saas.contracts import faults

Words = dict[str, Promise]
SEVERITIES: Words = {
    faults.CRITICAL: _("Critical"),
    faults.MAJOR: _("Major"),
    faults.MINOR: _("Minor"),
    faults.INFO: _("For information"),
}
TONES = {faults.CRITICAL: "bad", faults.MAJOR: "warn", faults.MINOR: "", faults.INFO: ""}
CAUSES: Words = {
    faults.HARDWARE: _("Hardware"),
    faults.GRID: _("Electricity grid"),
    faults.VEHICLE: _("Vehicle"),
    faults.NETWORK: _("Network"),
    faults.PAYMENT: _("Payment or access"),
    faults.PLANNED: _("Planned"),
    faults.VANDALISM: _("Vandalism"),
}
EXCLUSIONS: Words = {
    "": _("None: it counts against uptime"),
    "utility_interruption": _("Power cut of the utility"),
    "internet_failure": _("Failure of the internet or carrier"),
    "vehicle_fault": _("Fault of the vehicle"),
    "vandalism": _("Vandalism, damage by others"),
    "natural_disaster": _("Natural disaster"),
    "scheduled_maintenance": _("Scheduled maintenance"),
    "outside_hours": _("Outside the hours of operation"),
}
ALERT_STATES: Words = {"open": _("Open"), "acknowledged": _("Acknowledged"), "resolved": _("Resolved")}
ORDER_STATES: Words = {
    "open": _("Nobody yet"),
    "assigned": _("Given"),
    "accepted": _("Accepted"),
    "travelling": _("On the way"),
    "started": _("At work"),
    "done": _("Done, to be verified"),
    "verified": _("Verified"),
    "cancelled": _("Cancelled"),
}
ORDER_TONES = {"open": "bad", "assigned": "warn", "done": "brand", "verified": "good", "cancelled": ""}
VERDICTS: Words = {
    "fixed": _("Repaired"),
    "replaced": _("Replaced"),
    "no_fault_found": _("No fault found"),
    "not_reproduced": _("Could not be reproduced"),
}
VERBS: Words = {
    "open": _("Opened"),
    "assign": _("Given to a technician"),
    "accept": _("Accepted"),
    "decline": _("Given back"),
    "travel": _("On the way"),
    "start": _("Begun"),
    "note": _("Note"),
    "photo": _("Photo added"),
    "unphoto": _("Photo removed"),
    "finish": _("Done"),
    "return": _("Given back for more work"),
    "verify": _("Verified"),
    "cancel": _("Cancelled"),
}
ORIGINS: Words = {
    "fault": _("Reports a fault"),
    "unavailable": _("Not available"),
    "offline": _("Not connected"),
}
EVENTS: Words = {
    "opened": _("Alert"),
    "reopened": _("Again"),
    "cleared": _("Over, by itself"),
    "resolved": _("Closed by a person"),
    "acknowledged": _("Acknowledged"),
    "comment": _("Comment"),
    "escalated": _("Escalated"),
    "grouped": _("Part of the site's alert"),
    "silenced": _("Silenced"),
    "ordered": _("Work order"),
}
# Why something is likely to fail soon: the codes of `pipelines/defs/risk/push.py`; their values carry their units.
REASONS: Words = {
    "little_use": _("Little use"),
    "falling_use": _("Use of the last week, of the usual"),
    "empty_days": _("Days without a session"),
    "long_gap": _("Longest gap lately"),
    "silent_before": _("Silent for five days before"),
    "short_sessions": _("Sessions that ended at once"),
    "uneven_use": _("Uneven use"),
    "trouble": _("Faults, refusals, sessions without energy"),
    "lost_messages": _("Lost messages"),
}
_PART = re.compile(r"(errorCode|vendorId|vendorErrorCode|info)=(.*?)(?=, (?:vendorId|vendorErrorCode|info)=|$)", re.S)


def parts_of(detail: str) -> dict[str, str]:
    """`errorCode=…, vendorId=…, vendorErrorCode=…, info=…`, as the gateway writes it, by name."""
    return dict(_PART.findall(detail))
