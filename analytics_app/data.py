"""Cached reads of marts, always for one viewer. The mart's version is part of every key: new data shows at once."""

from datetime import date
from types import ModuleType
from typing import Any

import polars as pl
import streamlit as st

from analytics_app.who import Viewer
from pipelines.marts import carbon, charger_health_daily, energy_daily, factors, roster, sessions, set_aside, tenants

MARTS: dict[str, ModuleType] = {
    "sessions": sessions,
    "energy_daily": energy_daily,
    "charger_health_daily": charger_health_daily,
    "carbon": carbon,
    "set_aside": set_aside,
    "roster": roster,
}
PLAIN = {
    "name": "Wattlane",
    "colour_primary": "#1f4e79",
    "colour_accent": "#e0a100",
    "logo_svg": "",
    "currency": "",
    "language": "en",
    "timezone": "UTC",
    "country": "",
    "kind": "reseller",
}


def brand_of(viewer: Viewer) -> dict[str, str]:
    """Brand of the tenant; a plain one while the pipelines have not heard of it."""
    rows = _tenants(viewer.tenant, _version(tenants)).to_dicts()
    plain = {
        "name": "Wattlane",
        "colour_primary": "#1f4e79",
        "colour_accent": "#e0a100",
        "logo_svg": "",
        "currency": "",
    }
    return rows[0] if rows else plain | {"language": "en", "timezone": "UTC", "country": "", "kind": "reseller"}


def sessions_of(viewer: Viewer, start: date | None = None, end: date | None = None) -> pl.DataFrame:
    """Ended sessions that the viewer may see, local days [start, end)."""
    return _sessions(viewer.tenant, viewer.organisations, start, end, _version(sessions))


def carbon_of(viewer: Viewer, start: date | None = None, end: date | None = None) -> pl.DataFrame:
    return _carbon(viewer.tenant, viewer.organisations, start, end, _version(carbon))


def energy_of(viewer: Viewer, start: date | None, end: date | None) -> pl.DataFrame:
    """Energy per charger and local hour; for a viewer of some organisations only their chargers'."""
    return _own_chargers(viewer, _energy(viewer.tenant, start, end, _version(energy_daily)))


def health_of(viewer: Viewer, start: date | None, end: date | None) -> pl.DataFrame:
    """Health per charger and UTC day; for a viewer of some organisations only their chargers'."""
    return _own_chargers(viewer, _health(viewer.tenant, start, end, _version(charger_health_daily)))


def roster_of(viewer: Viewer) -> pl.DataFrame:
    return _roster(viewer.tenant, viewer.organisations, _version(roster))


def set_aside_of(viewer: Viewer) -> pl.DataFrame:
    """What checks kept out; belongs to no organisation, so only those who see the whole tenant see it."""
    rows = _set_aside(viewer.tenant, _version(set_aside))
    return rows if viewer.organisations is None else rows.clear()


def factors_of(names: tuple[str, ...]) -> pl.DataFrame:
    return _factors(names, _version(factors))


def states() -> list[dict[str, Any]]:
    """Version and time of publication of each mart."""
    found = [(name, mart.state()) for name, mart in MARTS.items()]
    return [
        {
            "mart": name,
            "version": state.version if state else None,
            "published_at": state.published_at if state else None,
        }
        for name, state in found
    ]


def _state_of(name: str, mart: ModuleType) -> dict[str, Any]:
    state = mart.state()
    version, published_at = (state.version, state.published_at) if state else (None, None)
    return {"mart": name, "version": version, "published_at": published_at}


def _own_chargers(viewer: Viewer, rows: pl.DataFrame) -> pl.DataFrame:
    if viewer.organisations is None:
        return rows
    names = roster_of(viewer)
    return rows.filter(pl.col("charger").is_in(names.filter(pl.col("kind") == "charger")["id"].to_list()))


def _version(mart: ModuleType) -> int:
    state = mart.state()
    return -1 if state is None else int(state.version)


@st.cache_data(max_entries=256, show_spinner=False)
def _tenants(tenant: str, version: int) -> pl.DataFrame:
    return tenants.read(tenant=tenant)


@st.cache_data(max_entries=64, show_spinner=False)
def _sessions(
    tenant: str, organisations: tuple[str, ...] | None, start: date | None, end: date | None, version: int
) -> pl.DataFrame:
    return sessions.read(tenant=tenant, start=start, end=end, organisations=organisations)


@st.cache_data(max_entries=64, show_spinner=False)
def _carbon(
    tenant: str, organisations: tuple[str, ...] | None, start: date | None, end: date | None, version: int
) -> pl.DataFrame:
    return carbon.read(tenant=tenant, start=start, end=end, organisations=organisations)


@st.cache_data(max_entries=64, show_spinner=False)
def _energy(tenant: str, start: date | None, end: date | None, version: int) -> pl.DataFrame:
    return energy_daily.read(tenant=tenant, start=start, end=end)


@st.cache_data(max_entries=64, show_spinner=False)
def _health(tenant: str, start: date | None, end: date | None, version: int) -> pl.DataFrame:
    return charger_health_daily.read(tenant=tenant, start=start, end=end)


@st.cache_data(max_entries=64, show_spinner=False)
def _roster(tenant: str, organisations: tuple[str, ...] | None, version: int) -> pl.DataFrame:
    return roster.read(tenant=tenant, organisations=organisations)


@st.cache_data(max_entries=64, show_spinner=False)
def _set_aside(tenant: str, version: int) -> pl.DataFrame:
    return set_aside.read(tenant=tenant)


@st.cache_data(max_entries=16, show_spinner=False)
def _factors(names: tuple[str, ...], version: int) -> pl.DataFrame:
    return factors.read(names=names)
