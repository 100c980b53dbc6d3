"""The columns of the lake's landing folder for imported session files, as plain names and type words.

The importer writes them, the session pipeline reads them; both build their frame schema from this one table.
Type words: `str`, `int`, `utc` (UTC instant, milliseconds), `list[str]`. A leading `?` means that null is allowed.
"""

from __future__ import annotations

from typing import Final

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

# $WATTLANE_HOME/<LANDING_FOLDER>/tenant=<schema name>/<sha256 of the file>.parquet, and .json (manifest) beside it
LANDING_FOLDER: Final = "lake/landing/sessions"
QUARANTINE_FOLDER: Final = "lake/quarantine/sessions"
