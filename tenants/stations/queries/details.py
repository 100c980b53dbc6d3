"""What is known of one station, list by list. Who may see the station may see these."""

from pathlib import Path
from uuid import UUID

from django.db.models import Q

from saas.kit.errors import NotFound
from saas.kit.home import home
from saas.kit.pagination import Page, newest_first
from saas.kit.tenant_context import current_schema
from tenants.charging.models import Session

from ..models import Item, LocalListEntry, Notice, Reservation, Station, Upload, Variable

RUNNING = (Session.State.STARTING, Session.State.CHARGING)
FIRST = 200  # of a list inside the station's own answer; the whole has an address of its own


def configuration(*, station: Station, text: str = "", after: str | None = None, limit: int = FIRST) -> Page[Variable]:
    """Keys (1.6) or variables (2.0.1) that hold the text in name or value."""
    rows = Variable.objects.filter(station=station)
    if text:
        rows = rows.filter(Q(key__icontains=text) | Q(value__icontains=text))
    return newest_first(rows, after=after, limit=limit)


def local_list(*, station: Station, after: str | None = None, limit: int = FIRST) -> Page[LocalListEntry]:
    """The tokens on the station's own list, as far as the platform put them there."""
    return newest_first(LocalListEntry.objects.filter(station=station), after=after, limit=limit)


def reservations(*, station: Station, after: str | None = None, limit: int = 50) -> Page[Reservation]:
    """All that the station took over, newest first."""
    return newest_first(Reservation.objects.filter(station=station), after=after, limit=limit)


def transactions(*, station: Station, after: str | None = None, limit: int = 50) -> Page[Session]:
    """Newest first."""
    rows = Session.objects.filter(device_id=station.device_id).exclude(transaction_id="")
    return newest_first(rows.select_related("evse", "driver"), after=after, limit=limit)


def running(*, station: Station) -> list[Session]:
    """Transactions that the station has started and not ended."""
    rows = Session.objects.filter(device_id=station.device_id, state__in=RUNNING).exclude(transaction_id="")
    return list(rows.select_related("evse", "driver").order_by("-id")[:FIRST])


def items(*, station: Station, kind: str, after: str | None = None, limit: int = FIRST) -> Page[Item]:
    """Charging profiles, certificates, display messages, monitors, …: a value of Item.Kind."""
    return newest_first(Item.objects.filter(station=station, kind=kind), after=after, limit=limit)


def notices(*, station: Station, kind: str = "", after: str | None = None, limit: int = 50) -> Page[Notice]:
    """What the station reported, newest first; `kind`: one OCPP action."""
    rows = Notice.objects.filter(station=station)
    return newest_first(rows.filter(kind=kind) if kind else rows, after=after, limit=limit)


def uploads(*, station: Station, after: str | None = None, limit: int = 50) -> Page[Upload]:
    """Files that the station put, newest first."""
    return newest_first(Upload.objects.filter(station=station).exclude(received_at=None), after=after, limit=limit)


def upload(*, station: Station, uid: UUID) -> Upload:
    """A file that came. NotFound for one of another station."""
    found = Upload.objects.filter(station=station, uid=uid).exclude(received_at=None).first()
    if found is None or not file_of(found).exists():
        raise NotFound("There is no such file.")
    return found


def file_of(upload: Upload) -> Path:
    """Where its content lies; the folder is there."""
    folder = home().files / current_schema() / "stations"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / str(upload.uid)
