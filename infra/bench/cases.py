"""The comparisons of the platform: search, booking, tenancy, a new tenant, import. Each needs a migrated database."""

import io
import random
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec
import polars as pl
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import resolve, set_urlconf

from pipelines.transforms.importing.reading import Options, read_sessions
from saas.cli.brands import AMPERE
from saas.devices.actions import register
from saas.edge.ingester.commit import Committer
from saas.edge.ingester.port import Message
from saas.kit.errors import Refused
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.actions import open_tenant
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tenants.bookings.actions import hold
from tenants.marketplace.models import Listing
from tenants.marketplace.queries import search
from tenants.sites.models import Connector, Evse, Location

from .harness import Case

LISTINGS, SEARCHES, ATTEMPTS, CLIENTS, CALLS, TENANTS, ROWS = 20_000, 200, 2_000, 50, 400, 5, 200_000
MESSAGES, POISON_EVERY = 10_000, 200
BARE_SEARCH = """
    SELECT l.id FROM marketplace_listing l JOIN sites_evse e ON e.id = l.evse_id
    JOIN sites_location p ON p.id = e.location_id
    WHERE l.state = 'live' AND p.public_latitude BETWEEN %s AND %s AND p.public_longitude BETWEEN %s AND %s
    ORDER BY l.id LIMIT 51
"""
_random = random.Random(7)  # noqa: S311 - places of a benchmark


@contextmanager
def searching() -> Iterator[Case]:
    """A map's viewport among many listings, against the bare statement of its first page."""
    with tenant_schema(AMPERE.slug):
        _many_listings()
        boxes = [(lat, lon, lat + 0.1, lon + 0.2) for lat, lon in (_spot() for _ in range(SEARCHES))]
        now = datetime.now(UTC)

        def ours() -> int:
            for box in boxes:
                search(viewer=None, now=now, bbox=box, limit=50)
            return SEARCHES

        def reference() -> int:
            with connection.cursor() as cursor:
                for south, west, north, east in boxes:
                    cursor.execute(BARE_SEARCH, [south, north, west, east])
                    cursor.fetchall()
            return SEARCHES

        yield Case(f"search a viewport among {LISTINGS:,} chargers", "searches", ours, reference, "its SQL alone")


@contextmanager
def booking() -> Iterator[Case]:
    """Many clients want the same slot of one charger, against a bare insert on a unique key."""
    with tenant_schema(AMPERE.slug):
        listing = Listing.objects.select_related("evse").order_by("id")[0]
        _online(listing)
        driver = User.objects.get(email="driver@ampere.example")
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bench_slot (charger bigint, slot bigint, UNIQUE (charger, slot))")
    days = count(1)

    def attempt(start: datetime) -> None:
        with tenant_schema(AMPERE.slug):
            try:
                hold(
                    listing_uid=listing.uid,
                    driver=driver,
                    start=start,
                    end=start + timedelta(hours=1),
                    now=datetime.now(UTC),
                )
            except Refused:
                return

    def insert(slot: int) -> None:
        with tenant_schema(AMPERE.slug), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_slot VALUES (1, %s) ON CONFLICT DO NOTHING", [slot])

    def ours() -> int:
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=next(days))
        return _by_clients(attempt, start)

    name = f"attempts of {CLIENTS} clients on one slot"
    yield Case(name, "attempts", ours, lambda: _by_clients(insert, next(days)), "bare unique insert")


@contextmanager
def tenancy() -> Iterator[Case]:
    """One-row call through the whole stack with the tenant look-up, against the same view without."""
    from saas.config.wsgi import application

    with tenant_schema(AMPERE.slug):
        path = f"/api/v1/chargers/{Listing.objects.order_by('id')[0].uid}"
    get_response = application.get_response

    def ask() -> HttpRequest:
        return RequestFactory().get(path, headers={"host": "ampere.localhost"})

    def ours() -> int:
        for _ in range(CALLS):
            if get_response(ask()).status_code != 200:
                raise RuntimeError("the call failed")
        return CALLS

    def reference() -> int:
        set_urlconf("saas.config.urls_tenant")
        with tenant_schema(AMPERE.slug):
            for _ in range(CALLS):
                request = ask()
                found = resolve(path)
                found.func(request, *found.args, **found.kwargs)
        return CALLS

    yield Case("one-row API call through the middleware", "calls", ours, reference, "the view alone")


@contextmanager
def new_tenant() -> Iterator[Case]:
    """A live tenant, against running its migrations."""
    names = (f"bench{number}" for number in count())

    def ours() -> int:
        for _ in range(TENANTS):
            slug = next(names)
            open_tenant(
                slug=slug, owner_email=f"o@{slug}.example", owner_password=None, now=datetime.now(UTC), **AMPERE.tenant
            )  # type: ignore[arg-type]
        return TENANTS

    def reference() -> int:
        schema = next(names)
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA "{schema}"')
        call_command("migrate_schemas", schema_name=schema, interactive=False, verbosity=0)
        connection.set_schema_to_public()
        return 1

    yield Case("a new tenant, live", "tenants", ours, reference, "running its migrations")


@contextmanager
def importing() -> Iterator[Case]:
    """Sessions understood, checked and typed, against Polars reading the same bytes as texts."""
    raw = _session_file()
    options = Options(zone="Europe/Helsinki", driver_name=lambda name: name)

    def ours() -> int:
        return read_sessions(raw, "bench.csv", options).judged.height

    def reference() -> int:
        return pl.read_csv(io.BytesIO(raw), separator=";", infer_schema=False).height

    yield Case(f"import of {ROWS:,} sessions", "rows", ours, reference, "bare Polars read")


@contextmanager
def poison() -> Iterator[Case]:
    """The ingester's commit of good messages with one poison in two hundred, against the same without (F8: 0.95)."""
    device, _ = register(tenant=Tenant.objects.get(schema_name=AMPERE.slug), kind="adapter", now=datetime.now(UTC))
    committer, boots = Committer(Samples()), count(1)

    def commit(*, every: int = 0) -> int:
        committer.commit(_messages(device.device_id, next(boots), every))
        return MESSAGES

    name = f"{MESSAGES:,} messages beside {MESSAGES // POISON_EVERY} poisoned ones"
    yield Case(name, "messages", lambda: commit(every=POISON_EVERY), commit, "the same without poison")


def _messages(device: str, boot: int, every: int) -> list[Message]:
    now = datetime.now(UTC)
    ts_ms, batch = int(now.timestamp() * 1000), []
    for seq in range(1, MESSAGES + 1):
        body = {"v": 1, "boot": boot, "seq": seq, "ts_ms": ts_ms + seq, "energy_wh": seq}
        batch.append(Message(f"ev/v1/{device}/telemetry", msgspec.json.encode(body), now))
        if every and seq % every == 0:
            batch.append(Message(f"ev/v1/{device}/telemetry", b'{"v":1,"boot":7,"energy_wh":NaN}', now))
    return batch


class Samples:
    """Takes what the tenants' rules would; nothing but samples comes."""

    def receive_sample(self, **_: object) -> None:
        """Nothing to do for a sample outside a session."""

    receive_event = receive_reply = receive_status = receive_sample


def _session_file() -> bytes:
    begin = datetime(2024, 1, 1)  # noqa: DTZ001 - a file without a zone
    lines = ["Charger;Plug;Start;End;Energy (kWh)"]
    for number in range(ROWS):
        start = begin + timedelta(minutes=number)
        end = start + timedelta(minutes=30 + number % 90)
        kwh = f"{number % 40},{number % 1000:03d}"
        lines.append(f"CP{number % 97};{number % 2};{start:%d.%m.%Y %H:%M};{end:%d.%m.%Y %H:%M};{kwh}")
    return "\n".join(lines).encode()


def _by_clients(work: object, argument: object) -> int:
    def client(_: int) -> None:
        for _ in range(ATTEMPTS // CLIENTS):
            work(argument)  # type: ignore[operator]
        connections.close_all()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return ATTEMPTS


def _online(listing: Listing) -> None:
    from saas.devices.actions import seen

    seen(device_id=listing.evse.device_id or "", now=datetime.now(UTC), online=True)


def _spot() -> tuple[float, float]:
    return 60 + _random.random() * 5, 22 + _random.random() * 8


def _many_listings() -> None:
    example = Listing.objects.order_by("id")[0]
    spots = [_spot() for _ in range(LISTINGS)]
    places = Location.objects.bulk_create(
        Location(
            name="Bench", address="Street 1", city="City", country="FI", latitude=lat, longitude=lon, h3_cell="",
            public_latitude=lat, public_longitude=lon, timezone="Europe/Helsinki",
        )
        for lat, lon in spots
    )  # fmt: skip
    evses = Evse.objects.bulk_create(Evse(location=place) for place in places)
    Connector.objects.bulk_create(Connector(evse=evse, standard="IEC_62196_T2", max_power_w=11_000) for evse in evses)
    Listing.objects.bulk_create(
        Listing(
            uid=uuid.uuid4(), evse=evse, host=example.host, tariff=example.tariff, title="Bench", state="live",
            hour_minor=example.hour_minor,
        )
        for evse in evses
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE marketplace_listing, sites_evse, sites_location")
