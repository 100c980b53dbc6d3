"""Whether a vehicle keeps to the limits that its station was given (OCPP 2.0.1, K15.FR.11 and FR.12). Pure."""

from collections.abc import Mapping
from typing import Any

SLACK = 0.05  # one decimal is what OCPP's limits have

Schedule = Mapping[str, Any]  # ChargingScheduleType


def exceeds(asked: Schedule, given: Schedule) -> bool:
    """Is more asked at any time than was given? Both count from the same moment; in different units nobody can say."""
    if asked["chargingRateUnit"] != given["chargingRateUnit"]:
        return False
    moments = {period["startPeriod"] for schedule in (asked, given) for period in schedule["chargingSchedulePeriod"]}
    pairs = ((_limit(asked, moment), _limit(given, moment)) for moment in moments)
    return any(wanted > allowed + SLACK for wanted, allowed in pairs if wanted is not None and allowed is not None)


def _limit(schedule: Schedule, moment: int) -> float | None:
    """In force at that second; None before the first period."""
    begun = [period for period in schedule["chargingSchedulePeriod"] if period["startPeriod"] <= moment]
    return float(max(begun, key=lambda period: period["startPeriod"])["limit"]) if begun else None
