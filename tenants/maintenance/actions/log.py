"""What happens to an alert, written down and told."""

from datetime import datetime

from tenants.accounts.models import User
from tenants.feed.actions import publish

from ..models import Alert, AlertEvent

Kind = AlertEvent.Kind


def write(alert: Alert, kind: str, now: datetime, by: User | None = None, text: str = "") -> None:
    """A line in the log of an alert."""
    AlertEvent.objects.create(alert=alert, kind=kind, by=by, text=text[:1000], at=now)


def tell(alert: Alert, now: datetime) -> None:
    """Consoles hear of an alert that is new, or that changed. Members of a site's alert stay quiet."""
    if alert.group_id is None and alert.silence_id is None:
        data = {
            "alert": str(alert.uid), "state": alert.state, "severity": alert.severity, "code": alert.code,
            "mrec": alert.mrec, "device": alert.device_id, "evse": alert.device_evse,
        }  # fmt: skip
        publish(audience="operations", kind="alert", data=data, now=now)
