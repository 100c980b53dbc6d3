"""Business facts for the dashboards of resellers and partners, as pages of `/internal/v1/performance/…`.

    GET /internal/v1/performance/bookings?since=&after=&limit=    scope performance:read -> BookingPage
    GET /internal/v1/performance/movements?since=&after=&limit=   scope performance:read -> MovementPage
    GET /internal/v1/performance/listings?after=&limit=           scope performance:read -> ListingPage

`since` is an RFC 3339 time: only what changed (bookings) or was posted (movements) at or after it. `next` of a page
goes into `after` for the following one. People are pseudonyms; times are RFC 3339 UTC; amounts are whole minor units.
"""

import msgspec


class BookingFact(msgspec.Struct, kw_only=True):
    """A booking as it stands now. `host_organisation` is that of the charger's location."""

    booking: str
    listing: str
    charger: str
    host: str
    host_organisation: str | None = None
    driver: str
    state: str
    made_at: str
    start_at: str
    end_at: str
    changed_at: str
    currency: str
    amount_minor: int


class BookingPage(msgspec.Struct, kw_only=True):
    items: list[BookingFact]
    next: str | None = None


class MovementFact(msgspec.Struct, kw_only=True):
    """One line of the books (see tenants/ledger): positive is debit, negative is credit. Lines never change.

    `host`: who earns at that booking's charger, or whose account it is.
    """

    line: str
    name: str
    at: str
    account: str
    host: str | None = None
    host_organisation: str | None = None
    booking: str | None = None
    currency: str
    amount_minor: int


class MovementPage(msgspec.Struct, kw_only=True):
    items: list[MovementFact]
    next: str | None = None


class ListingFact(msgspec.Struct, kw_only=True):
    listing: str
    charger: str
    host: str
    host_organisation: str | None = None
    state: str
    made_at: str


class ListingPage(msgspec.Struct, kw_only=True):
    items: list[ListingFact]
    next: str | None = None
