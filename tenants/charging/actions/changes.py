"""Changes of a session's state: each is a row, and everybody concerned hears of it."""

from datetime import datetime

from tenants.feed.actions import publish
from tenants.marketplace.actions import tell
from tenants.marketplace.models import Listing
from tenants.sites.models import Evse

from ..models import Session, SessionChange


def change(*, session: Session, state: str, at: datetime, now: datetime, reason: str = "") -> None:
    """Set the state on the object (the caller saves), write the row, tell the session's page and its people."""
    session.state = state
    SessionChange.objects.create(session=session, state=state, reason=reason[:80], at=at)
    data = {"session": str(session.uid), "state": state, "reason": reason}
    publish(audience=f"session:{session.uid}", kind="state", data=data, now=now)
    for user in {session.driver, session.booking.listing.host if session.booking else None} - {None}:
        publish(audience=f"user:{user.uid}", kind="session", data=data, now=now)  # type: ignore[union-attr]


def tell_status(*, evses: list[Evse], now: datetime) -> None:
    """EVSEs whose status changed: maps and charger pages look again; operators see the status itself."""
    listings = {row.evse_id: row for row in Listing.objects.filter(evse__in=evses)}
    for evse in evses:
        if evse.pk in listings:
            tell(listing=listings[evse.pk], now=now)
        data = {"evse": str(evse.uid), "device": evse.device_id, "status": evse.status}
        publish(audience="operations", kind="status", data=data, now=now)
