"""Who is looking, which pages they have, and whose rows they may see."""

import time
from dataclasses import dataclass

import streamlit as st

from saas.contracts.dashboards import SEES
from saas.contracts.door import HEADER, BadIdentity, Identity, verify

EVERYTHING = (
    "overview",
    "chargers",
    "performance",
    "maintenance",
    "risk",
    "fleet",
    "esg",
    "demand",
    "unmet",
    "pricing",
    "data",
)
PAGES_OF_ROLE: dict[str, tuple[str, ...]] = {
    "owner": EVERYTHING,
    "admin": EVERYTHING,
    "auditor": EVERYTHING,
    "operator": ("overview", "chargers", "performance", "maintenance", "risk", "demand", "unmet", "data"),
    "support": ("overview", "chargers", "maintenance", "risk"),
    "technician": ("chargers", "maintenance", "risk"),
    "finance": ("overview", "performance", "fleet", "esg", "demand", "unmet", "pricing"),
    "partner": ("overview", "chargers", "performance", "maintenance", "risk", "esg"),
    "host": ("overview", "chargers", "performance", "maintenance", "risk"),
    "fleet_manager": ("overview", "fleet", "esg"),
    "esg_analyst": ("overview", "fleet", "esg", "data"),
    "integrator": ("data",),
}
# They have searches, prices, outages or messages to show before anybody has charged.
MORE_THAN_SESSIONS = {"maintenance", "risk", "demand", "unmet", "pricing", "data"}


@dataclass(frozen=True)
class Viewer:
    """A person with the tenant that the door named. `organisations` None: the whole tenant, else only those."""

    tenant: str
    language: str
    roles: tuple[str, ...]
    organisations: tuple[str, ...] | None
    user: str = ""

    @property
    def sees_money(self) -> bool:
        return not SEES["money"].isdisjoint(self.roles)

    def may_open_before_sessions(self, page: str) -> bool:
        """Whether the page shows something of the whole tenant while there is no session."""
        return page in MORE_THAN_SESSIONS and self.organisations is None

    @property
    def pages(self) -> tuple[str, ...]:
        allowed = {page for role in self.roles for page in PAGES_OF_ROLE.get(role, ())}
        return tuple(page for page in EVERYTHING if page in allowed)


def header() -> str:
    """The identity header of the socket that this page is drawn for; empty without one."""
    return st.context.headers.get(HEADER) or ""


def viewer() -> Viewer | None:
    """The person, or None when the header is missing, forged or expired: then nothing may be shown.

    Asked again on every run of a page, so an identity that has expired shows nothing from then on.
    """
    try:
        return of_identity(verify(header(), now_s=int(time.time())))
    except (BadIdentity, KeyError):
        return None


def of_identity(identity: Identity) -> Viewer:
    organisations = None if identity.tenant_wide else identity.organisations
    return Viewer(identity.tenant, identity.language, identity.roles, organisations, identity.user)
