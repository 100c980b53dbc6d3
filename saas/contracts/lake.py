"""The columns of the lake's landing folders for imported files, as plain names and type words.

The importer writes them, the pipelines read them; both build their frame schema from these tables.
Type words: `str`, `int`, `float`, `utc` (UTC instant, milliseconds), `list[str]`, `list[int]`. A leading `?` means that
null is allowed.
"""

from __future__ import annotations

from typing import Final

# Where a row comes from; every kind of landing table ends with these.
_ORIGIN: Final[dict[str, str]] = {
    "source_file": "str",
    "source_row": "int",  # 1 is the first row below the header
    "source_sha256": "str",
    "repaired": "list[str]",  # kinds of repair made to this row
}
# Whose data it is and under which terms, by `--source` and `--licence` or as the file says it.
_TERMS: Final[dict[str, str]] = {"source": "?str", "licence": "?str"}

LANDING_SESSIONS: Final[dict[str, str]] = {
    "session_key": "str",  # charger, connector and start: the same session in two files has the same key
    "source_id": "?str",  # the id that the source gave the session
    "charger": "?str",
    "connector": "?str",
    "site": "?str",
    "driver": "?str",  # salted hash of the source's driver id: the plain id never enters the lake
    "vehicle": "?str",
    "start_utc": "utc",
    "end_utc": "utc",
    "energy_wh": "int",
    "duration_s": "int",
    "charging_s": "?int",  # time of actual charging, where the source says it
    "cost_minor": "?int",  # in minor units of `currency`
    "currency": "?str",
    "requested_wh": "?int",  # what the driver asked for; null when no driver claimed the session
    "requested_departure_utc": "?utc",
    "timezone": "str",  # IANA zone the local times were read in, or the offset written in the file
    "source_file": "str",
    "source_row": "int",  # 1 is the first row below the header
    "source_sha256": "str",
    "repaired": "list[str]",  # kinds of repair made to this row
}

# One row per status seen or held. Which statuses count as up is not said here: the words are OCPI's, untouched.
LANDING_STATUS: Final[dict[str, str]] = {
    "row_key": "str",  # charger, connector, moment (and word, where no end is said): the same fact has the same key
    "charger": "str",
    "connector": "?str",
    "site": "?str",
    "at_utc": "utc",  # from when the status held, or the moment when it was seen
    "until_utc": "?utc",  # where the file says an end; null: until the next row of the same connector
    "status": "str",  # OCPI 2.2.1 EVSE status: AVAILABLE … UNKNOWN, see STATUS_WORDS
    "raw": "str",  # the file's own word for it
    "up_s": "?int",  # seconds up within [at_utc, until_utc), where the file says only a share; `status` is then UNKNOWN
    "error_code": "?str",  # OCPP error or vendor code beside the status
    "info": "?str",
    "timezone": "str",
    **_TERMS,
    **_ORIGIN,
}
STATUS_WORDS: Final = (
    "AVAILABLE", "BLOCKED", "CHARGING", "INOPERATIVE", "OUTOFORDER", "PLANNED", "REMOVED", "RESERVED", "UNKNOWN",
)  # fmt: skip

LANDING_LOCATIONS: Final[dict[str, str]] = {
    "row_key": "str",  # the source's own id with the name, else name and place
    "id": "?str",
    "name": "?str",
    "latitude": "float",  # degrees, WGS 84
    "longitude": "float",
    "country": "?str",  # ISO 3166-1 alpha-2
    "city": "?str",
    "address": "?str",
    "operator": "?str",
    "connectors": "list[str]",  # OCPI 2.2.1 connector types, each kind once
    "evses": "?int",
    "power_w": "?int",  # of the strongest connector
    "status": "?str",  # as in LANDING_STATUS
    **_TERMS,
    **_ORIGIN,
}

LANDING_PRICES: Final[dict[str, str]] = {
    "row_key": "str",  # kind, region or charger, and from
    "region": "?str",  # bidding zone, country or supplier's area; one of region and charger is there
    "charger": "?str",
    "from_utc": "?utc",  # null: a tariff of which the file does not say since when
    "to_utc": "?utc",  # null: until further notice
    "micros_per_kwh": "?int",  # millionths of the currency's main unit per kWh; null where only other parts are priced
    "micros_per_minute": "?int",
    "micros_per_session": "?int",
    "currency": "str",  # ISO 4217
    "kind": "str",  # day_ahead, intraday, imbalance, retail, tariff (what drivers pay at a charger) or unspecified
    "resolution_s": "?int",
    "timezone": "str",
    **_TERMS,
    **_ORIGIN,
}

LANDING_CARBON: Final[dict[str, str]] = {
    "row_key": "str",  # kind, region and from
    "region": "str",  # ISO 3166 country, or the source's own zone
    "from_utc": "utc",
    "to_utc": "utc",
    "mg_co2e_per_kwh": "int",
    "kind": "str",  # location_average, marginal or residual
    "resolution_s": "int",
    "gas_basis": "?str",  # CO2e or CO2, where the file says it
    "forecast_mg": "?list[int]",  # what was forecast at from_utc for the steps after it, nearest first
    "timezone": "str",
    **_TERMS,
    **_ORIGIN,
}

LANDINGS: Final[dict[str, dict[str, str]]] = {
    "sessions": LANDING_SESSIONS,
    "status": LANDING_STATUS,
    "locations": LANDING_LOCATIONS,
    "prices": LANDING_PRICES,
    "carbon": LANDING_CARBON,
}

# $WATTLANE_HOME/<root>/<kind>/tenant=<schema name>/<sha256 of the file>.parquet, and .json (manifest) beside it
LANDING_ROOT: Final = "lake/landing"
QUARANTINE_ROOT: Final = "lake/quarantine"
LANDING_FOLDER: Final = "lake/landing/sessions"
QUARANTINE_FOLDER: Final = "lake/quarantine/sessions"
