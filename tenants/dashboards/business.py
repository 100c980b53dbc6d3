"""Business facts of a tenant for the pipelines: bookings, lines of the books, listings. People are pseudonyms."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from saas.contracts import internal
from saas.contracts import performance as words
from saas.contracts.signing import secret_of
from saas.kit.errors import Invalid
from saas.kit.tenant_context import current_schema
from saas.kit.time import iso
from tenants.accounts.models import User
from tenants.bookings.models import Booking
from tenants.ledger.models import Account, Entry
from tenants.ledger.postings import GREEN_PAID_OUT
from tenants.marketplace.models import Listing

T = TypeVar("T")
M = TypeVar("M", bound=Model)
MOST = 1000
SHOWN = (
    Account.Kind.HOST_PAYABLE, Account.Kind.COMMISSION, Account.Kind.CANCELLATION_FEE, Account.Kind.TAX_PAYABLE,
    Account.Kind.PAYOUT,
)  # fmt: skip
PLACE = "evse__location__organisation"


def bookings(*, since: datetime | None, after: str | None, limit: int) -> words.BookingPage:
    """Bookings that changed at or after `since`, in the order of their changes."""
    rows = Booking.objects.select_related("driver", "listing__host", f"listing__{PLACE}")
    found, following = _page(rows, "changed_at", since, after, limit)
    return words.BookingPage(items=[_booking(row) for row in found], next=following)


def movements(*, since: datetime | None, after: str | None, limit: int) -> words.MovementPage:
    """Lines posted at or after `since`, in the order in which they were. Drivers' rewards are no earnings of hosts."""
    rows = Entry.objects.select_related("posting", "account").filter(account__kind__in=SHOWN)
    rows = rows.exclude(posting__name=GREEN_PAID_OUT)
    found, following = _page(rows, "posting__at", since, after, limit)
    held = _booked(entry.posting.reference for entry in found)
    return words.MovementPage(items=[_movement(entry, held) for entry in found], next=following)


def listings(*, after: str | None, limit: int) -> words.ListingPage:
    """All listings, deleted ones too, in the order in which they were made."""
    found, following = _page(Listing.objects.select_related("host", PLACE), "created_at", None, after, limit)
    return words.ListingPage(items=[_listing(row) for row in found], next=following)


def _page(
    rows: "QuerySet[M]", at: str, since: datetime | None, after: str | None, limit: int
) -> tuple[list[M], str | None]:
    """Rows by time and key from a cursor on, and the cursor of the following page."""
    if since is not None:
        rows = rows.filter(**{f"{at}__gte": since})
    if after:
        moment, key = _cursor(after)
        rows = rows.filter(**{f"{at}__gte": moment}).exclude(**{at: moment, "pk__lte": key})
    size = max(1, min(limit, MOST))
    found = list(rows.order_by(at, "pk")[: size + 1])
    if len(found) <= size:
        return found, None
    last = found[size - 1]
    return found[:size], f"{_reach(last, at).astimezone(UTC).isoformat()}|{last.pk}"


def _reach(row: Model, path: str) -> datetime:
    value: Any = row
    for name in path.split("__"):
        value = getattr(value, name)
    assert isinstance(value, datetime)
    return value


def _cursor(text: str) -> tuple[datetime, int]:
    moment, _, key = text.replace(" ", "+").partition("|")
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), int(key)
    except (ValueError, OverflowError) as error:
        raise Invalid("This is not the cursor of a page.", after=text[:80]) from error


def _booking(row: Booking) -> words.BookingFact:
    return words.BookingFact(
        booking=str(row.uid), listing=str(row.listing.uid), charger=row.listing.title, host=_person(row.listing.host),
        host_organisation=_organisation(row.listing), driver=_person(row.driver), state=row.state,
        made_at=iso(row.created_at), start_at=iso(row.during.lower), end_at=iso(row.during.upper),
        changed_at=iso(row.changed_at), currency=row.currency, amount_minor=row.amount_minor,
    )  # fmt: skip


def _movement(entry: Entry, held: dict[str, Booking]) -> words.MovementFact:
    booking = held.get(entry.posting.reference)
    own = _owner(entry.account.owner)
    return words.MovementFact(
        line=str(entry.pk), name=entry.posting.name, at=iso(entry.posting.at), account=entry.account.kind,
        host=own or (_person(booking.listing.host) if booking else None),
        host_organisation=_organisation(booking.listing) if booking else None,
        booking=str(booking.uid) if booking else None, currency=entry.account.currency,
        amount_minor=entry.amount_minor,
    )  # fmt: skip


def _listing(row: Listing) -> words.ListingFact:
    return words.ListingFact(
        listing=str(row.uid), charger=row.title, host=_person(row.host), host_organisation=_organisation(row),
        state=row.state, made_at=iso(row.created_at),
    )  # fmt: skip


def _booked(references: Iterable[str]) -> dict[str, Booking]:
    """Bookings by the reference that a posting names them by."""
    uids = {text.removeprefix("booking:") for text in references if text.startswith("booking:")}
    rows = Booking.objects.select_related("listing__host", f"listing__{PLACE}").filter(uid__in=_uuids(uids))
    return {f"booking:{row.uid}": row for row in rows}


def _uuids(texts: Iterable[str]) -> list[UUID]:
    return [found for text in texts if (found := _tried(UUID, text)) is not None]


def _tried(make: Callable[[str], T], text: str) -> T | None:
    try:
        return make(text)
    except ValueError:
        return None


def _owner(owner: str) -> str | None:
    """The pseudonym of a person whose account it is."""
    return _pseudonym(owner.removeprefix("user:")) if owner.startswith("user:") else None


def _organisation(listing: Listing) -> str | None:
    organisation = listing.evse.location.organisation
    return str(organisation.uid) if organisation else None


def _person(user: User) -> str:
    return _pseudonym(str(user.uid))


def _pseudonym(uid: str) -> str:
    return internal.pseudonym(secret_of(internal.USE), current_schema(), uid)
