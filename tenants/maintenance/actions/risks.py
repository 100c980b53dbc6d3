"""Predictions: kept as they come, newest first; and work orders by the tenant's rule."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from saas.contracts.maintenance import ChargerRisk, RiskReport, RiskTaken
from saas.kit.errors import Invalid, Refused
from tenants.sites.models import Evse

from ..models import MaintenancePolicy, Risk, WorkOrder
from ..queries import rules
from .orders import order_for_risk

WEEK = timedelta(days=7)
MOST_DAYS, WHOLE = 366, 1_000_000


@transaction.atomic
def take_risks(*, report: RiskReport, now: datetime) -> RiskTaken:
    """The newest risk of each unit and horizon is the one that counts; Invalid for what is no probability."""
    wanted = {item.device_id for item in report.items}
    evses = {(e.device_id, e.device_evse): e for e in Evse.objects.filter(device_id__in=wanted)}
    held = {(r.device_id, r.device_evse, r.horizon_days): r.made_at for r in Risk.objects.filter(device_id__in=wanted)}
    taken: dict[tuple[str, int, int], Risk] = {}
    for item in report.items:
        made_at, unit = _checked(item), (item.device_id, item.evse)
        key = (*unit, item.horizon_days)
        newest = taken[key].made_at if key in taken else held.get(key)
        if unit in evses and (newest is None or newest <= made_at):
            taken[key] = _row(item, evses[unit], made_at, now)
    names = ["evse", "probability_ppm", "reasons", "model", "data_version", "made_at", "received_at"]
    Risk.objects.bulk_create(
        list(taken.values()), update_conflicts=True, batch_size=1000, update_fields=names,
        unique_fields=["device_id", "device_evse", "horizon_days"],
    )  # fmt: skip
    order_by_rule(now=now)
    return RiskTaken(taken=len(taken), set_aside=len(report.items) - len(taken))


@transaction.atomic
def order_by_rule(*, now: datetime) -> list[WorkOrder]:
    """Where the tenant wants it: work orders for the highest risks, as many as its crew can do in a week."""
    policy = rules.policy()
    if policy.risk_ppm is None:
        return []
    lately = WorkOrder.objects.filter(source=WorkOrder.Source.RISK, created_at__gt=now - WEEK).count()
    room = max(0, policy.crew_per_week - lately)
    made: list[WorkOrder] = []
    for risk in _highest(policy):
        if len(made) == room:
            break
        try:
            made.append(order_for_risk(risk=risk, job=None, by=None, now=now))
        except Refused:
            continue  # there is one already
    return made


def _highest(policy: MaintenancePolicy) -> Sequence[Risk]:
    busy = WorkOrder.objects.exclude(state__in=("verified", "cancelled")).values("evse")
    rows = Risk.objects.select_related("evse__location", "evse__listing").exclude(evse__in=busy)
    return list(rows.filter(probability_ppm__gte=policy.risk_ppm).order_by("-probability_ppm", "id")[:200])


def _checked(item: ChargerRisk) -> datetime:
    try:
        made_at = datetime.fromisoformat(item.made_at)
    except ValueError as error:
        raise Invalid("`made_at` is an RFC 3339 time.", made_at=item.made_at) from error
    if made_at.tzinfo is None or not 0 <= item.probability_ppm <= WHOLE or not 0 < item.horizon_days <= MOST_DAYS:
        raise Invalid("A risk has a zone, 0 to 1,000,000 ppm and 1 to 366 days.", device_id=item.device_id)
    return made_at


def _row(item: ChargerRisk, evse: Evse, made_at: datetime, now: datetime) -> Risk:
    return Risk(
        evse=evse, device_id=item.device_id, device_evse=item.evse, horizon_days=item.horizon_days,
        probability_ppm=item.probability_ppm, model=item.model[:80], data_version=item.data_version[:80],
        reasons=[{"code": reason.code, "value": reason.value} for reason in item.reasons[:20]],
        made_at=made_at, received_at=now,
    )  # fmt: skip
