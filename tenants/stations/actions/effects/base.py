"""What the effects of answers and of messages share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from saas.kit.time import iso

from ...models import Item, Notice, Station, StationCommand

Json = dict[str, Any]


@dataclass(frozen=True)
class Done:
    """A call and its lawful answer. `payload` is what was really sent, secrets and all."""

    station: Station
    command: StationCommand
    payload: Json
    answer: Json
    now: datetime

    @property
    def status(self) -> str:
        return str(self.answer.get("status", ""))

    @property
    def old(self) -> bool:
        """OCPP 1.6."""
        return self.station.protocol != "ocpp2.0.1"


@dataclass(frozen=True)
class Said:
    """One message of a station. `at`: the station's own time where it says one, else when it reached the gateway."""

    station: Station
    action: str
    payload: Json
    at: datetime
    now: datetime


def moment(text: object, otherwise: datetime) -> datetime:
    """A time of OCPP; what cannot be one is taken for `otherwise`."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found.astimezone(UTC) if 1970 <= found.year < 9999 else otherwise


def keep(station: Station, kind: str, key: object, data: object, now: datetime) -> None:
    """Put an item in the place of the one before it."""
    Item.objects.update_or_create(station=station, kind=kind, key=str(key)[:100], defaults={"data": data, "at": now})


def drop(station: Station, kind: str, keys: Iterable[object]) -> None:
    """These items are gone."""
    Item.objects.filter(station=station, kind=kind, key__in=[str(key)[:100] for key in keys]).delete()


def note(said: Said, summary: str = "") -> None:
    """Keep the message itself."""
    Notice.objects.create(
        station=said.station,
        kind=said.action,
        summary=summary[:200],
        payload=said.payload,
        at=said.at,
        received_at=said.now,
    )


def progress(station: Station, name: str, status: str, now: datetime, request_id: int | None = None) -> None:
    """What the station said last of something that takes time."""
    row = Station.objects.select_for_update(of=("self",)).get(pk=station.pk)
    row.progress = {**row.progress, name: {"status": status, "request_id": request_id, "at": iso(now)}}
    row.save(update_fields=["progress"])
    station.progress = row.progress


def storable(content: Any) -> Any:
    """JSON without the characters that PostgreSQL cannot keep."""
    if isinstance(content, str):
        return content.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(content, dict):
        return {storable(name): storable(value) for name, value in content.items()}
    return [storable(item) for item in content] if isinstance(content, list) else content
