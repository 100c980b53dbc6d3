"""What pipelines may know of maintenance: outages, outcomes of work orders, statuses. In the order of change."""

from datetime import UTC, datetime
from typing import Any, cast

from django.db.models import Q, QuerySet

from saas.contracts.maintenance import OutageFact, OutagePage, Outcome, OutcomePage, StatusChange, StatusPage
from saas.kit.errors import Invalid
from saas.kit.time import iso

from .models import Outage, WorkOrder
from .models import StatusChange as Change
from .queries.units import listed

MOST = 1000
RELATED = ("evse__location", "evse__listing")


def outages(*, since: datetime | None, after: str | None, limit: int) -> OutagePage:
    """Outages that changed at or after `since`, in the order in which they did."""
    rows = Outage.objects.select_related(*RELATED)
    found, cursor = _page(rows, "changed_at", since, after, limit)
    return OutagePage(items=[_outage(row) for row in found], next=cursor)


def outcomes(*, since: datetime | None, after: str | None, limit: int) -> OutcomePage:
    """Verified work orders: what a person found."""
    rows = WorkOrder.objects.select_related(*RELATED).filter(state=WorkOrder.State.VERIFIED)
    found, cursor = _page(rows, "changed_at", since, after, limit)
    return OutcomePage(items=[_outcome(row) for row in found], next=cursor)


def statuses(*, since: datetime | None, after: str | None, limit: int) -> StatusPage:
    """Every status that an EVSE got, in the order in which it was learned."""
    found, cursor = _page(Change.objects.select_related(*RELATED), "learned_at", since, after, limit)
    return StatusPage(items=[_status(row) for row in found], next=cursor)


def _page(
    rows: "QuerySet[Any]", field: str, since: datetime | None, after: str | None, limit: int
) -> tuple[list[Any], str | None]:
    if since is not None:
        rows = rows.filter(**{f"{field}__gte": since})
    if after:
        moment, key = _cursor(after)
        rows = rows.filter(Q(**{f"{field}__gt": moment}) | Q(**{field: moment, "pk__gt": key}))
    size = max(1, min(limit, MOST))
    found = list(rows.order_by(field, "pk")[: size + 1])
    if len(found) <= size:
        return found, None
    last = found[size - 1]
    return found[:size], f"{getattr(last, field).astimezone(UTC).isoformat()}|{last.pk}"


def _outage(row: Outage) -> OutageFact:
    return OutageFact(
        outage=str(row.uid), device_id=row.device_id, evse=row.device_evse, charger=listed(row.evse),
        began_at=_exact(row.began_at), ended_at=_exact(row.ended_at) if row.ended_at else None,
        cause=cast(Any, row.cause), mrec=row.mrec, planned=row.planned, exclusion=cast(Any, row.exclusion),
        guessed_cause=cast(Any, row.guessed_cause), guessed_exclusion=cast(Any, row.guessed_exclusion),
        broken=row.broken, withdrawn=row.withdrawn, changed_at=_exact(row.changed_at),
    )  # fmt: skip


def _outcome(row: WorkOrder) -> Outcome:
    return Outcome(
        work_order=str(row.uid), device_id=row.device_id, evse=row.device_evse, charger=listed(row.evse),
        began_at=_exact(row.began_at), ended_at=_exact(row.done_at or row.changed_at),
        cause=cast(Any, row.cause or None), mrec=row.mrec, verdict=cast(Any, row.verdict),
        confirmed=row.verdict in ("fixed", "replaced"), predicted=row.source == WorkOrder.Source.RISK,
        changed_at=_exact(row.changed_at),
    )  # fmt: skip


def _status(row: Change) -> StatusChange:
    return StatusChange(
        device_id=row.device_id, evse=row.device_evse, charger=listed(row.evse), at=_exact(row.at),
        status=cast(Any, row.status),
    )  # fmt: skip


def _exact(moment: datetime) -> str:
    """RFC 3339 UTC; with milliseconds only where there are some."""
    whole = moment.microsecond < 1000
    return iso(moment) if whole else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cursor(text: str) -> tuple[datetime, int]:
    moment, _, key = text.partition("|")
    try:
        return datetime.fromisoformat(moment.replace(" ", "+")), int(key)
    except ValueError as error:
        raise Invalid("This is not the cursor of a page.", after=text) from error
