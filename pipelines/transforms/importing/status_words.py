# ruff: noqa: E501 - tables of words
"""What status words mean, as OCPI 2.2.1 EVSE status: OCPI's, OCPP 1.6's and 2.0.1's own words, registers', people's.

OCPI knows no "occupied": CHARGING is its word for "in use", so whatever holds a car in place is CHARGING. Faulted is
OUTOFORDER (broken), Unavailable is INOPERATIVE (shut, not broken), and who cannot be heard is UNKNOWN, not broken.
"""

from __future__ import annotations

import re
import unicodedata

from pipelines.transforms.importing.errors import NotUnderstood
from saas.contracts.lake import STATUS_WORDS

_MEANING: dict[str, tuple[str, ...]] = {
    "AVAILABLE": (
        "available", "free", "idle", "in service", "operational", "operative", "working", "ok", "online", "up", "ready",
        "active", "open", "existing", "e", "functional", "verfugbar", "frei", "betriebsbereit", "in betrieb", "disponible",
        "libre", "en service", "disponibile", "libero", "disponivel", "livre", "beschikbaar", "vrij", "ledig",
        "tillganglig", "vapaa", "wolny", "dostepny", "volne", "partly operational", "partly operational mixed",
        "currently available automated status", "currently available", "unoccupied", "standby",
    ),
    "CHARGING": (
        "charging", "occupied", "in use", "busy", "preparing", "finishing", "suspended ev", "suspended evse",
        "suspendedev", "suspendedevse", "ev connected", "plugged", "plugged in", "connected", "belegt", "besetzt",
        "ladt", "laedt", "ladend", "occupe", "en charge", "ocupado", "cargando", "occupato", "in carica", "bezet",
        "laadt", "optaget", "opptatt", "upptagen", "laddar", "varattu kaytossa", "zajety", "currently in use",
        "currently in use automated status", "waiting", "authorizing",
    ),
    "BLOCKED": ("blocked", "blockiert", "bloque", "bloqueado", "iced", "physically blocked"),
    "RESERVED": ("reserved", "reserviert", "reserve", "reservado", "riservato", "gereserveerd", "varattu", "booked"),
    "OUTOFORDER": (
        "out of order", "outoforder", "out of service", "faulted", "fault", "faulty", "error", "failed", "failure",
        "broken", "defect", "defective", "defekt", "not working", "not operational", "down", "damaged", "stoerung",
        "storung", "gestort", "gestoert", "ausser betrieb", "hors service", "en panne", "averiado", "fuera de servicio",
        "guasto", "fuori servizio", "avariado", "storing", "defect buiten werking", "buiten gebruik", "ur funktion",
        "ute av drift", "epakunnossa", "awaria", "emergency", "critical",
    ),
    "INOPERATIVE": (
        "inoperative", "unavailable", "not available", "disabled", "inactive", "closed", "maintenance", "in maintenance",
        "under maintenance", "temporarily unavailable", "t", "nicht verfugbar", "gesperrt", "wartung", "indisponible",
        "no disponible", "non disponibile", "niet beschikbaar", "under repair", "suspended", "shut down", "locked",
        "scheduled maintenance", "not in operation", "commissioning", "installed", "operational disabled",
    ),
    "PLANNED": (
        "planned", "p", "planned site", "planned for future date", "under construction", "coming soon", "geplant",
        "en projet", "proposed", "in planung", "reserved for future use",
    ),
    "REMOVED": (
        "removed", "decommissioned", "removed decommissioned", "deleted", "removed duplicate listing", "abgebaut",
        "duplicate", "retired", "dismantled",
    ),
    "UNKNOWN": (
        "unknown", "offline", "no communication", "not reported", "no data", "unbekannt", "inconnu", "desconocido",
        "sconosciuto", "onbekend", "ukjent", "okand", "disconnected", "unreachable", "not connected", "lost connection",
        "no status", "keine daten", "stale", "timeout",
    ),
}  # fmt: skip
_WORDS = {word: status for status, words in _MEANING.items() for word in words}


def meaning(text: str) -> str | None:
    """OCPI status of a word as people write it; None when it is not certain what it means."""
    return _WORDS.get(_plain(text))


def _plain(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).replace("ß", "ss")
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare)
    return " ".join(re.sub(r"[\W_]+", " ", spaced).lower().split())


def asked_words(text: str | None) -> dict[str, str]:
    """`0=AVAILABLE,1=CHARGING` as a table. Raises NotUnderstood on anything else."""
    pairs = [part.partition("=") for part in (text or "").split(",") if part.strip()]
    out = {word.strip(): status.strip().upper() for word, _, status in pairs}
    if any(status not in STATUS_WORDS for status in out.values()):
        raise NotUnderstood(
            f"--words wants pairs such as 0=AVAILABLE with OCPI's words: {', '.join(STATUS_WORDS)}.", []
        )
    return out
