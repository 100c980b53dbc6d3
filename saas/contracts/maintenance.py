"""The words of maintenance on `/internal/v1` (see `internal.py` for tokens). Times are RFC 3339 UTC, probabilities are
parts per million; `device_id` and `evse` name a unit on the wire, `charger` is its title, for people to read.

    GET  /internal/v1/maintenance/outages?since=&after=&limit=    scope maintenance:read   -> OutagePage
    GET  /internal/v1/maintenance/outcomes?since=&after=&limit=   scope maintenance:read   -> OutcomePage
    GET  /internal/v1/maintenance/statuses?since=&after=&limit=   scope maintenance:read   -> StatusPage
    POST /internal/v1/maintenance/risks                           scope maintenance:write  RiskReport -> RiskTaken

Pages come in the order in which rows last changed, so that a corrected outage is told again: the same `outage` (or
`work_order`) told later replaces what was told before. `next` goes into `after`; it is null on the last page.
"""

from typing import Literal

import msgspec

Cause = Literal["hardware", "grid", "vehicle", "network", "payment", "planned", "vandalism"]
Exclusion = Literal[
    "",
    "utility_interruption",
    "internet_failure",
    "vehicle_fault",
    "vandalism",
    "natural_disaster",
    "scheduled_maintenance",
    "outside_hours",
]
Status = Literal["AVAILABLE", "CHARGING", "BLOCKED", "RESERVED", "INOPERATIVE", "OUTOFORDER", "UNKNOWN"]
Verdict = Literal["fixed", "replaced", "no_fault_found", "not_reproduced"]


class OutageFact(msgspec.Struct, kw_only=True):
    """An EVSE could not serve in [began_at, ended_at); `ended_at` is null while it lasts.

    `cause` and `exclusion` are what holds now, `guessed_cause` and `guessed_exclusion` the machine's first guess.
    `exclusion` names a case of 23 CFR 680.116(b)(3); empty means that the outage counts against uptime. The text of the
    rule names neither the internet nor a carrier: `internet_failure` is what other programmes (and operators) exclude.
    A guess other than a planned window counts against uptime until a person has confirmed it with a reason.
    `broken` is false where the charger itself was well (an offline modem): then it is no failure to learn from.
    """

    outage: str
    device_id: str
    evse: int
    charger: str
    began_at: str
    ended_at: str | None = None
    cause: Cause
    mrec: str
    planned: bool = False
    exclusion: Exclusion = ""
    guessed_cause: Cause
    guessed_exclusion: Exclusion = ""
    broken: bool
    withdrawn: bool = False
    changed_at: str


class OutagePage(msgspec.Struct, kw_only=True):
    items: list[OutageFact]
    next: str | None = None


class Outcome(msgspec.Struct, kw_only=True):
    """What a closed work order found: a label. `confirmed` is true where a person found a fault of this cause; where
    nothing was wrong `cause` is null.
    """

    work_order: str
    device_id: str
    evse: int
    charger: str
    began_at: str
    ended_at: str
    cause: Cause | None = None
    mrec: str
    verdict: Verdict
    confirmed: bool
    predicted: bool = False
    changed_at: str


class OutcomePage(msgspec.Struct, kw_only=True):
    items: list[Outcome]
    next: str | None = None


class StatusChange(msgspec.Struct, kw_only=True):
    """From `at` on this EVSE had this OCPI status, until the next change of the same EVSE."""

    device_id: str
    evse: int
    charger: str
    at: str
    status: Status


class StatusPage(msgspec.Struct, kw_only=True):
    """Changes in the order in which they were learned."""

    items: list[StatusChange]
    next: str | None = None


class Reason(msgspec.Struct, kw_only=True):
    """One reason of a risk: a code from the model's vocabulary, and the value that spoke (words, with its unit)."""

    code: str
    value: str


class ChargerRisk(msgspec.Struct, kw_only=True):
    """The probability that this charger fails within `horizon_days` of `made_at`."""

    device_id: str
    evse: int = 1
    charger: str
    horizon_days: int
    probability_ppm: int
    reasons: list[Reason] = []
    model: str
    data_version: str
    made_at: str


class RiskReport(msgspec.Struct, kw_only=True):
    items: list[ChargerRisk]


class RiskTaken(msgspec.Struct, kw_only=True):
    """How many risks are now the current ones, and how many were set aside (unknown charger, or older than ours)."""

    taken: int
    set_aside: int
