"""The words of the internal API between the data side and the web app: `/internal/v1` (the one typed door back).

Pipelines call it with a bearer token that `mint` makes for one tenant and one scope; the web app checks it with
`verify`. `GET /internal/v1/tenants` is asked on the public host with tenant `public`; everything else on the tenant's
own host (`TenantCard.host`, sent as `Host`):

    GET  /internal/v1/tenants                            scope tenants:read    -> list[TenantCard]
    GET  /internal/v1/sessions?since=&after=&limit=      scope sessions:read   -> SessionPage, closed sessions
    GET  /internal/v1/roster                             scope roster:read     -> Roster
    GET  /internal/v1/reports/queued                     scope reports:write   -> list[QueuedReport]
    POST /internal/v1/reports/{uid}/running              scope reports:write   RunStarted -> 204; 409 when not queued
    POST /internal/v1/reports/{uid}/ready                scope reports:write   ReportMade -> 204
    POST /internal/v1/reports/{uid}/failed               scope reports:write   ReportFailed -> 204
"""

import hashlib
import hmac
from typing import Literal

import msgspec

from .signing import BadSeal, seal, secret_of, unseal

USE = "pipelines"
SCOPES = (
    "tenants:read", "sessions:read", "roster:read", "reports:write", "maintenance:read", "maintenance:write",
    "pricing:read", "pricing:write", "carbon:read", "performance:read", "dashboards:read", "dashboards:write",
)  # fmt: skip
LIFETIME_S = 120


class TenantCard(msgspec.Struct, kw_only=True):
    """What the data side may know of a tenant: its schema name, its host and its brand."""

    tenant: str
    host: str
    name: str
    kind: str
    country: str
    language: str
    currency: str
    timezone: str
    logo_svg: str = ""
    colour_primary: str
    colour_accent: str
    state: str = "active"


class ClosedSession(msgspec.Struct, kw_only=True):
    """Business context of one closed session. Times are RFC 3339 UTC; `driver` is a pseudonym, never a name.

    `charger` and `site` are the uids of its EVSE and its location, as in `ChargerCard`: names may change, or be those
    of several. `transactions`: what a station calls the session in its messages; no two of one station are the same.
    """

    session: str
    device_id: str
    evse: str
    charger: str
    site: str
    city: str
    country: str
    host_organisation: str | None = None
    fleet_organisation: str | None = None
    driver: str | None = None
    vehicle: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    closed_at: str
    energy_wh: int
    currency: str
    cost_minor: int
    transactions: list[str] = []


class SessionPage(msgspec.Struct, kw_only=True):
    """Closed sessions in the order in which they closed; `next` goes into `after` for the following page."""

    items: list[ClosedSession]
    next: str | None = None


class OrganisationCard(msgspec.Struct, kw_only=True):
    uid: str
    name: str
    kind: str


class VehicleCard(msgspec.Struct, kw_only=True):
    """A vehicle of a fleet's roster; private drivers' vehicles are not listed."""

    uid: str
    plate: str
    make: str = ""
    model: str = ""
    organisation: str | None = None


class DriverCard(msgspec.Struct, kw_only=True):
    """A driver of a fleet by pseudonym, with the name that the fleet itself gave."""

    driver: str
    name: str
    organisation: str | None = None


class ChargerCard(msgspec.Struct, kw_only=True):
    """Name and place of a charger, by the device and its EVSE number on the wire; no device where it has none now.

    `charger` and `site` are the uids of its EVSE and its location; `title` and `site_name` what people call them.
    """

    device_id: str = ""
    evse: int = 1
    charger: str
    title: str = ""
    site: str
    site_name: str = ""
    city: str
    country: str
    timezone: str
    organisation: str | None = None
    vendor: str = ""
    model: str = ""
    firmware: str = ""


class Roster(msgspec.Struct, kw_only=True):
    chargers: list[ChargerCard] = []
    organisations: list[OrganisationCard] = []
    vehicles: list[VehicleCard] = []
    drivers: list[DriverCard] = []


ReportKind = Literal["esg", "ghg", "esrs_e1", "vsme_b3", "fleet"]


class RetiredCredits(msgspec.Struct, kw_only=True):
    """Carbon credits retired for the reporter: month of the retirement, grams of CO2e, methodology, serials."""

    month: str
    grams: int
    method: str
    serials: str


class QueuedReport(msgspec.Struct, kw_only=True):
    """A report that somebody asked for. The period is half open, in local days of the tenant."""

    uid: str
    kind: ReportKind
    organisation: str | None = None
    organisation_name: str | None = None
    period_start: str
    period_end: str
    language: str
    source: Literal["all", "live", "imported"] = "all"
    net_revenue: str = ""  # of the period, in whole units of the tenant's currency, for intensities
    retired: list[RetiredCredits] = []


class RunStarted(msgspec.Struct, kw_only=True):
    run_id: str


class MadeFile(msgspec.Struct, kw_only=True):
    """A file below `$WATTLANE_HOME/files`; `path` is relative to it and starts with the tenant."""

    kind: Literal["pdf", "csv", "figures", "extract"]
    path: str
    sha256: str
    size_bytes: int


class ReportMade(msgspec.Struct, kw_only=True):
    run_id: str
    data_version: str
    files: list[MadeFile]


class ReportFailed(msgspec.Struct, kw_only=True):
    run_id: str
    error: str


BadToken = BadSeal


def pseudonym(secret: str, tenant: str, user_uid: str) -> str:
    """Name of a driver in the lake: the same in every run, meaningless without the secret."""
    return "d_" + hmac.new(secret.encode(), f"driver|{tenant}|{user_uid}".encode(), hashlib.sha256).hexdigest()[:20]


def mint(*, tenant: str, scope: str, now_s: int, secret: str | None = None) -> str:
    """A bearer token for one tenant and one scope, good for `LIFETIME_S` seconds. Secret: the installation's."""
    claims = {"tenant": tenant, "scope": scope, "exp": now_s + LIFETIME_S}
    return seal(claims, use=USE, secret=secret or secret_of(USE))


def verify(token: str, *, tenant: str, scope: str, now_s: int, secret: str | None = None) -> None:
    """BadToken unless the token was minted for this tenant and this scope, and is still good."""
    claims = unseal(token, use=USE, secret=secret or secret_of(USE), now_s=now_s)
    if claims.get("tenant") != tenant or claims.get("scope") != scope:
        raise BadToken("made for another tenant or scope")
