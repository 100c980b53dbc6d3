# ruff: noqa: E501, DTZ001 - a table of header names; wall-clock times get their zone later
"""One known table of sessions, written in as many layouts as people use."""

from __future__ import annotations

import csv
import gzip
import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

NAMES: dict[str, list[dict[str, str]]] = {
    "en": [{"charger": "Station ID", "connector": "Port", "start": "Start", "end": "End", "energy": "Energy", "duration": "Duration"}],
    "en2": [{"charger": "charge_point", "connector": "connector_id", "start": "plugged_in_at", "end": "unplugged_at", "energy": "delivered", "duration": "plugin_duration"}],
    "en3": [{"charger": "EVSE", "connector": "Outlet", "start": "connectionTime", "end": "disconnectTime", "energy": "energyConsumed", "duration": "sessionLength duration"}],
    "en4": [{"charger": "CPID", "connector": "plug", "start": "Arrival", "end": "Departure", "energy": "Total", "duration": "Total Duration"}],
    "en5": [{"charger": "chargerId", "connector": "gun no", "start": "TransactionStart", "end": "TransactionStop", "energy": "TotalEnergy", "duration": "ConnectedTime duration"}],
    "de": [{"charger": "Ladepunkt", "connector": "Stecker", "start": "Beginn", "end": "Ende", "energy": "Energie", "duration": "Dauer"}],
    "de2": [{"charger": "Ladestation", "connector": "Anschluss", "start": "Startzeit", "end": "Endzeit", "energy": "Verbrauch", "duration": "Ladedauer"}],
    "fr": [{"charger": "Borne", "connector": "Prise", "start": "Début", "end": "Fin", "energy": "Énergie", "duration": "Durée"}],
    "es": [{"charger": "Cargador", "connector": "Conector", "start": "Inicio", "end": "Fin", "energy": "Energía", "duration": "Duración"}],
    "it": [{"charger": "Colonnina", "connector": "Connettore", "start": "Inizio", "end": "Fine", "energy": "Energia", "duration": "Durata"}],
    "nl": [{"charger": "Laadpaal", "connector": "Connector", "start": "Starttijd", "end": "Eindtijd", "energy": "Verbruik", "duration": "Duur"}],
    "fi": [{"charger": "Latauspiste", "connector": "Liitin", "start": "Alkoi", "end": "Loppui", "energy": "Energia", "duration": "Kesto"}],
    "sv": [{"charger": "Laddstation", "connector": "Uttag", "start": "Starttid", "end": "Sluttid", "energy": "Energi", "duration": "Varaktighet"}],
    "pt": [{"charger": "Posto", "connector": "Conector", "start": "Início", "end": "Término", "energy": "Energia", "duration": "Duração"}],
    "pl": [{"charger": "Stacja", "connector": "Port", "start": "Początek", "end": "Koniec", "energy": "Energia", "duration": "Czas trwania"}],
}  # fmt: skip
UNITS: dict[str, tuple[int, list[str]]] = {
    "kWh": (1000, ["{} (kWh)", "{} kWh", "{} [kWh]", "{}_kwh"]),
    "Wh": (1, ["{} (Wh)", "{}_wh", "{} [Wh]"]),
    "MWh": (1_000_000, ["{} (MWh)", "{} [MWh]"]),
    "": (1000, ["{}"]),
}
# name -> (written by, needs a zone the reader is told)
DATES: dict[str, Callable[[datetime], str]] = {
    "iso": lambda t: t.strftime("%Y-%m-%d %H:%M:%S"),
    "iso t": lambda t: t.strftime("%Y-%m-%dT%H:%M:%S"),
    "iso minutes": lambda t: t.strftime("%Y-%m-%d %H:%M"),
    "iso offset": lambda t: t.isoformat(),
    "iso z": lambda t: t.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "iso millis": lambda t: t.strftime("%Y-%m-%dT%H:%M:%S.000"),
    "dmy dot": lambda t: t.strftime("%d.%m.%Y %H:%M"),
    "dmy slash": lambda t: t.strftime("%d/%m/%Y %H:%M:%S"),
    "dmy dash short": lambda t: t.strftime("%d-%m-%y %H:%M"),
    "dmy no zeros": lambda t: f"{t.day}/{t.month}/{t.year} {t.hour}:{t.minute:02}",
    "mdy slash": lambda t: t.strftime("%m/%d/%Y %H:%M"),
    "mdy 12h": lambda t: t.strftime("%m/%d/%Y %I:%M:%S %p"),
    "mdy short 12h": lambda t: t.strftime("%m/%d/%y %I:%M %p"),
    "ymd slash": lambda t: t.strftime("%Y/%m/%d %H:%M"),
    "month name": lambda t: t.strftime("%d-%b-%Y %H:%M:%S"),
    "month first name": lambda t: t.strftime("%B %d, %Y %I:%M %p"),
    "rfc": lambda t: t.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    "epoch": lambda t: str(int(t.timestamp())),
    "epoch ms": lambda t: str(int(t.timestamp()) * 1000),
    "compact": lambda t: t.strftime("%Y%m%d%H%M%S"),
    "serial": lambda t: f"{(t.replace(tzinfo=None) - datetime(1899, 12, 30)) / timedelta(days=1):.10f}",
}
SPLIT = {
    "iso": ("%Y-%m-%d", "%H:%M"), "dmy": ("%d/%m/%Y", "%H:%M:%S"), "mdy": ("%m/%d/%Y", "%I:%M %p"), "dot": ("%d.%m.%Y", "%H:%M"),
}  # fmt: skip
LENGTHS: dict[str, tuple[str, Callable[[timedelta], str]]] = {
    "h:m:s": ("{}", lambda d: f"{d // timedelta(hours=1)}:{d // timedelta(minutes=1) % 60:02}:{d.seconds % 60:02}"),
    "minutes": ("{} (min)", lambda d: str(d // timedelta(minutes=1))),
    "seconds": ("{} (s)", lambda d: str(d // timedelta(seconds=1))),
    "bare minutes": ("{}", lambda d: str(d // timedelta(minutes=1))),
}


@dataclass(frozen=True)
class Session:
    """A session as it truly was. Times are aware, on whole minutes."""

    charger: str
    connector: str
    start: datetime
    end: datetime
    energy_wh: int

    def facts(self) -> tuple[str, str, datetime, datetime, int]:
        return self.charger, self.connector, self.start.astimezone(UTC), self.end.astimezone(UTC), self.energy_wh


@dataclass
class Layout:
    """How a file is written."""

    names: str = "en"
    unit: str = "kWh"
    unit_name: int = 0
    date: str = "iso"
    split: str | None = None
    length: str | None = None
    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    encoding: str = "utf-8"
    container: str = "plain"
    preamble: int = 0
    trailing: int = 0
    quote_all: bool = False
    shuffle: bool = False
    newline: str = "\r\n"
    extra: bool = False
    order: list[str] = field(default_factory=lambda: ["charger", "connector", "start", "end", "energy"])


def sessions(seed: int, zone: str, count: int = 120, days: int = 200) -> list[Session]:
    """Plausible sessions in order of time, none starts or ends in the hour that a clock shows twice."""
    rng, tz = random.Random(seed), ZoneInfo(zone)
    found, at = [], datetime(2021, 4, 2, 6, 0)
    for i in range(count):
        at += timedelta(minutes=rng.randint(30, days * 2880 // count))
        length = timedelta(minutes=rng.randint(12, 700))
        at = at.replace(hour=max(at.hour, 4))
        start = at.replace(tzinfo=tz)
        while _twice((start.astimezone(UTC) + length).astimezone(tz)):
            length += timedelta(minutes=61)
        energy = round(length / timedelta(hours=1) * rng.choice((2300, 3700, 7400, 11000, 22000)) * rng.uniform(0.3, 1))
        found.append(
            Session(
                f"CP-{rng.randint(1, 6)}",
                str(i % 2 + 1),
                start,
                (start.astimezone(UTC) + length).astimezone(tz),
                energy,
            )
        )
    return found


def _twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def write(rows: list[Session], layout: Layout, seed: int = 0) -> bytes:
    """The file's bytes."""
    rng = random.Random(seed)
    rows = rng.sample(rows, len(rows)) if layout.shuffle else rows
    header, cells = _table(rows, layout)
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if layout.quote_all else csv.QUOTE_MINIMAL
    for i in range(layout.preamble):
        out.write(("Export of charging sessions", "Created 01.02.2022", "")[i % 3] + layout.newline)
    writer = csv.writer(out, delimiter=layout.delimiter, quoting=quoting, lineterminator=layout.newline)
    writer.writerows([header, *cells])
    return _pack(out.getvalue().encode(layout.encoding), layout.container)


def _table(rows: list[Session], layout: Layout) -> tuple[list[str], list[list[str]]]:
    names = NAMES[layout.names][0]
    columns: dict[str, list[str]] = {}
    for role in layout.order:
        columns |= _column(role, rows, layout, names)
    if layout.extra:
        columns |= {
            "Notes": [f"line one\nline two, {i}" if i % 7 == 0 else "" for i in range(len(rows))],
            "Max Power (kW)": ["22"] * len(rows),
        }
    columns |= {" " * i: [""] * len(rows) for i in range(1, layout.trailing + 1)}
    return [name.strip() for name in columns], [list(cells) for cells in zip(*columns.values(), strict=True)]


def _column(role: str, rows: list[Session], layout: Layout, names: dict[str, str]) -> dict[str, list[str]]:
    if role in ("charger", "connector"):
        return {names[role]: [getattr(r, role) for r in rows]}
    if role == "energy":
        factor, forms = UNITS[layout.unit]
        return {
            forms[layout.unit_name % len(forms)].format(names[role]): [
                _number(r.energy_wh, factor, layout) for r in rows
            ]
        }
    if role == "end" and layout.length:
        form, text = LENGTHS[layout.length]
        return {form.format(names["duration"]): [text(r.end.astimezone(UTC) - r.start.astimezone(UTC)) for r in rows]}
    moments = [getattr(r, role) for r in rows]
    if layout.split:
        day, clock = SPLIT[layout.split]
        return {
            f"{names[role]} date": [t.strftime(day) for t in moments],
            f"{names[role]} time": [t.strftime(clock) for t in moments],
        }
    return {names[role]: [DATES[layout.date](t) for t in moments]}


def _number(energy_wh: int, factor: int, layout: Layout) -> str:
    whole, part = divmod(energy_wh, factor)
    grouped = f"{whole:,}".replace(",", layout.thousands)
    digits = len(str(factor)) - 1
    return f"{grouped}{layout.decimal}{part:0{digits}}" if digits else grouped


def _pack(data: bytes, container: str) -> bytes:
    if container == "gzip":
        return gzip.compress(data)
    if container == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("sessions.csv", data)
        return out.getvalue()
    return data


FIXED = timezone(timedelta(hours=2))


def some_layout(rng: random.Random) -> Layout:
    """Any layout that a careful person could read without being told anything."""
    decimal = rng.choice(".,")
    delimiter = rng.choice(",;\t|")
    language = rng.choice(list(NAMES))
    encoding = rng.choice(["utf-8", "utf-8-sig", "utf-16"] + (["cp1252"] if language != "pl" else []))
    unit = rng.choice(["kWh", "Wh", "MWh", ""])
    thousands = rng.choice(["", "", "\u00a0", " ", "'", "." if decimal == "," else ","]) if unit == "Wh" else ""
    split = rng.choice([None, None, *SPLIT])
    order = ["charger", "connector", "start", "end", "energy"]
    rng.shuffle(order)
    return Layout(
        names=language, unit=unit, unit_name=rng.randint(0, 3), date=rng.choice(list(DATES)), split=split,
        length=None if split else rng.choice([None, None, *LENGTHS]), delimiter=delimiter, decimal=decimal, thousands=thousands,
        encoding=encoding, container=rng.choice(["plain", "plain", "gzip", "zip"]), preamble=rng.choice([0, 0, 2, 3]),
        trailing=rng.choice([0, 0, 1, 3]), quote_all=rng.random() < 0.3, shuffle=rng.random() < 0.4,
        newline=rng.choice(["\n", "\r\n"]), extra=rng.random() < 0.3, order=order,
    )  # fmt: skip
