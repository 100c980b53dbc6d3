"""Puts the demonstration's brands, people, chargers and adapters into an empty installation, through the same actions
as everybody uses, and writes `demo.json`: what a program needs to use the running product."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saas.kit.home import Home

from . import depots, files
from .brands import BRANDS, PASSWORD, Brand, Offer, Person

if TYPE_CHECKING:
    from saas.tenancy.models import Tenant
    from tenants.accounts.models import User

Facts = dict[str, Any]


def seed(place: Home, say: Callable[[str], None]) -> Facts:
    """What is there already stays as it is. Returns, and writes, what demo.json says."""
    from saas.edge.dispatcher.credentials import CredentialsFile
    from saas.tenancy import queries

    now = datetime.now(UTC)
    say("preparing three brands")
    open_platform_site(now)
    opened = [brand for brand in BRANDS if queries.by_schema(brand.slug) is None]
    for brand in opened:
        say(f"opening {brand.slug}: {len(brand.offers)} chargers, {len(brand.people)} people")
        open_brand(brand, now)
    spare = _spare_adapters(place.path / "street" / "spare.json", now)
    depots.prepare(place, opened, now)
    credentials = _credentials(place.path / "street" / "devices.json", {brand.slug for brand in opened}, spare, now)
    CredentialsFile(place.path / "broker" / "credentials.json").refresh()
    facts = _facts(place, credentials, now)
    for tenant in facts["tenants"]:
        tenant["spare_adapter"] = spare[tenant["schema"]]
        tenant["stations"] = [row for row in depots.rows(place) if row["tenant"] == tenant["schema"]]
    files.write_private(place.demo_json, json.dumps(facts, indent=1, ensure_ascii=False))
    return facts


def open_platform_site(now: datetime) -> None:
    """The site on which brands are opened."""
    from django.conf import settings

    from saas.tenancy.actions import open_platform

    open_platform(host=settings.BASE_DOMAIN, now=now)


def open_brand(brand: Brand, now: datetime) -> None:
    """One transaction: a start that was killed in between finds nothing half made."""
    from django.db import transaction

    from saas.kit.tenant_context import tenant_schema
    from saas.tenancy.actions import open_tenant

    owner = next(person for person in brand.people if person.role == "owner")
    with transaction.atomic():
        tenant = open_tenant(
            slug=brand.slug,
            owner_email=_email(brand, owner),
            owner_password=PASSWORD,
            owner_name=owner.name,
            now=now,
            **brand.tenant,  # type: ignore[arg-type]
        )
        with tenant_schema(tenant.schema_name):
            people = _people(brand, now)
            for offer in brand.offers:
                _charger(brand, offer, tenant, people[offer.host], now)
            _roster(brand, now)


def _people(brand: Brand, now: datetime) -> dict[str, "User"]:
    from tenants.accounts import actions
    from tenants.accounts.models import User

    organisations = {
        name: actions.add_organisation(name=name, kind=kind, now=now) for name, kind in brand.organisations
    }
    people = {}
    for person in brand.people:
        if person.role == "owner":
            continue  # opened the tenant
        roles = [] if person.role == "driver" else [(person.role, organisations.get(person.organisation))]
        if brand.tenant["kind"] == "fleet" and person.role in ("fleet_manager", "esg_analyst"):
            roles.append(("esg_analyst", None))  # the whole brand is the fleet: its figures are all of its figures
        user = actions.add_user(
            email=_email(brand, person), password=PASSWORD, name=person.name, roles=roles, verified=True, now=now
        )
        if person.plate:
            user.licence_plate, user.vehicle_type = person.plate, person.vehicle
            user.identity = User.Identity.VERIFIED
            user.save(update_fields=["licence_plate", "vehicle_type", "identity"])
        people[person.key] = user
    return people


def _charger(brand: Brand, offer: Offer, tenant: "Tenant", host: "User", now: datetime) -> None:
    from saas.devices.actions import register
    from tenants.marketplace.actions import create_listing
    from tenants.sites.actions import Place, create_evse, create_location

    country, zone = str(brand.tenant["country"]), str(brand.tenant["timezone"])
    spot = Place(offer.address, brand.city, country, offer.latitude, offer.longitude, timezone=zone, name=offer.title)
    location = create_location(place=spot, private=offer.private, now=now)
    device, _ = register(tenant=tenant, kind="adapter", now=now)
    evse = create_evse(
        location=location,
        connector=offer.connector,
        max_power_w=offer.power_w,
        device_id=device.device_id,
        now=now,
    )
    create_listing(
        host=host,
        evse=evse,
        title=offer.title,
        description=offer.text,
        amenities=list(offer.amenities),
        per_hour=offer.per_hour,
        per_kwh=offer.per_kwh,
        tax_bp=brand.tax_bp,
        availability=offer.weekly,
        now=now,
    )


def _roster(brand: Brand, now: datetime) -> None:
    from tenants.accounts.models import Organisation
    from tenants.fleets.actions import import_roster

    if brand.roster:
        fleet = Organisation.objects.get(kind="fleet")
        outcome = import_roster(organisation=fleet, data=brand.roster.encode(), now=now)
        if outcome.errors:
            raise RuntimeError(f"the demonstration's roster has errors: {outcome.errors}")


def _spare_adapters(file: Path, now: datetime) -> dict[str, Facts]:
    """By tenant, an adapter that nobody simulates and no charger uses: to speak MQTT by hand, to offer a charger."""
    from saas.devices.actions import register
    from saas.devices.queries import permit_key
    from saas.tenancy.queries import by_schema

    spare: dict[str, Facts] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for brand in BRANDS:
        tenant = by_schema(brand.slug)
        if brand.slug not in spare and tenant is not None:
            device, secret = register(tenant=tenant, kind="adapter", now=now)
            key = permit_key(device).hex()
            spare[brand.slug] = {"device": device.device_id, "device_password": secret, "permit_key_hex": key}
    file.parent.mkdir(parents=True, exist_ok=True)
    files.write_private(file, json.dumps(spare, indent=1))
    return spare


def _credentials(file: Path, opened: set[str], spare: dict[str, Facts], now: datetime) -> dict[str, dict[str, Any]]:
    """Passwords and keys of the simulated adapters. The product keeps hashes only, so where the file is lost they are
    made anew. Adapters that somebody registered after their brand was `opened` are theirs, and left alone."""
    from saas.devices.actions import rotate
    from saas.devices.models import Device
    from saas.devices.queries import permit_key

    rows = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    known = {row["device"]: row for row in rows}
    adapters = Device.objects.filter(kind=Device.Kind.ADAPTER)
    adapters = adapters.exclude(device_id__in=[row["device"] for row in spare.values()])
    if file.exists():
        adapters = adapters.filter(tenant__schema_name__in=opened)
    for device in adapters.order_by("created_at", "device_id"):
        if device.device_id not in known:
            device, secret = rotate(device_id=device.device_id, now=now)  # noqa: PLW2901 - the same device
            known[device.device_id] = {
                "device": device.device_id,
                "secret": secret,
                "key_hex": permit_key(device).hex(),
                "power_w": _power_w(device.tenant.schema_name, device.device_id),
            }
    files.write_private(file, json.dumps(list(known.values()), indent=1))
    return known


def _power_w(schema: str, device_id: str) -> int:
    from saas.kit.tenant_context import tenant_schema
    from tenants.sites.models import Connector

    with tenant_schema(schema):
        powers = Connector.objects.filter(evse__device_id=device_id).values_list("max_power_w", flat=True)
        return powers.first() or 7_360


def _facts(place: Home, credentials: dict[str, dict[str, Any]], now: datetime) -> Facts:
    from django.conf import settings

    base = f"{settings.SCHEME}://{settings.BASE_DOMAIN}:{place.web_port}"
    return {
        "written_at": now.isoformat(),
        "home": str(place.path),
        "file": str(place.demo_json),
        "password": PASSWORD,
        "platform": {"url": base, "host": f"{settings.BASE_DOMAIN}:{place.web_port}"},
        "address": f"http://127.0.0.1:{place.web_port}",
        "mqtt": {"host": "127.0.0.1", "port": place.mqtt_port},
        "ocpp": f"ws://localhost:{place.ocpp_port}/ocpp/<tenant>/<station id>",
        "dagster": f"http://localhost:{place.dagster_port}",
        "analytics_port": place.analytics_port,
        "street_control": str(place.path / "run" / "street.json"),
        "depot_control": str(place.path / "run" / "depot.json"),
        "tenants": [_tenant_facts(brand, place, credentials, now) for brand in BRANDS],
    }


def _tenant_facts(brand: Brand, place: Home, credentials: dict[str, dict[str, Any]], now: datetime) -> Facts:
    from saas.devices.queries import registration_token
    from saas.kit.tenant_context import tenant_schema
    from saas.tenancy.queries import by_schema, primary_host

    tenant = by_schema(brand.slug)
    if tenant is None:
        raise RuntimeError(f"{brand.slug} was not opened")
    host = f"{primary_host(tenant)}:{place.web_port}"
    with tenant_schema(brand.slug):
        return {
            "schema": brand.slug,
            "name": tenant.name,
            "about": brand.about,
            "url": f"http://{host}",
            "host": host,
            "api": f"http://{host}/api/v1",
            "openapi": f"http://{host}/api/v1/openapi.json",
            "analytics": f"http://{host}/analytics/",
            "ocpp": f"ws://localhost:{place.ocpp_port}/ocpp/{brand.slug}/",
            "ocpp_registration_token": registration_token(tenant),
            "language": tenant.language,
            "currency": tenant.currency,
            "timezone": tenant.timezone,
            "organisations": _organisations(),
            "people": [_person_facts(brand, person, now) for person in brand.people],
            "chargers": _charger_facts(credentials),
        }


def _person_facts(brand: Brand, person: Person, now: datetime) -> Facts:
    from tenants.accounts.actions import token_for_programs
    from tenants.accounts.queries import by_email

    user = by_email(_email(brand, person))
    if user is None:
        raise RuntimeError(f"{_email(brand, person)} is not there any more")
    token = token_for_programs(user=user, days=30, now=now)
    return {
        "role": person.role,
        "name": person.name,
        "email": user.email,
        "password": PASSWORD,
        "uid": str(user.uid),
        "organisation": person.organisation,
        "token": token,
    }


def _organisations() -> list[Facts]:
    from tenants.accounts.models import Organisation

    rows = Organisation.objects.order_by("id")
    return [{"uid": str(row.uid), "name": row.name, "kind": row.kind} for row in rows]


def _charger_facts(credentials: dict[str, dict[str, Any]]) -> list[Facts]:
    from tenants.charging.queries import qr_token
    from tenants.marketplace.models import Listing

    return [
        {
            "uid": str(listing.uid),
            "title": listing.title,
            "host": listing.host.email,
            "device": listing.evse.device_id,
            "device_password": credentials.get(listing.evse.device_id or "", {}).get("secret"),
            "permit_key_hex": credentials.get(listing.evse.device_id or "", {}).get("key_hex"),
            "evse": str(listing.evse.uid),
            "qr_token": qr_token(listing.evse),
            "private": listing.evse.location.private,
        }
        for listing in Listing.objects.select_related("evse__location", "host").order_by("id")
    ]


def _email(brand: Brand, person: Person) -> str:
    return f"{person.key}@{brand.slug}.example"
