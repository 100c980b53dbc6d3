"""`wattlane demo --conformance`: what an OCPP conformance kit needs of a central system, and nothing else.

A tenant `conformance` that takes in any station, cards by known names, two charging profiles to send, an operator's
token. What the kit triggers goes through `POST /api/v1/stations/{id}/commands/{action}`, what it reads back through
`GET /api/v1/stations/{id}`; `{id}` is the station's own id.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from saas.kit.home import Home, home

from . import files, parts, seed
from .brands import PASSWORD
from .installation import Plan
from .supervisor import listens

if TYPE_CHECKING:
    from saas.tenancy.models import Tenant

Facts = dict[str, Any]
SLUG, BENCH = "conformance", "Conformance bench"
OPERATOR = f"operator@{SLUG}.example"
GROUP = "GROUP1"
HOST = "127.0.0.1"
PROFILES = ("0", "1", "2", "3")
SECURE, UPGRADED = ("2", "3"), "1"
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Tag:
    """A card by name; `days`: until it expires. Any number of sessions may run on it: cases leave some running."""

    id_tag: str
    group: bool = False
    blocked: bool = False
    days: int | None = None


TAGS = (
    Tag("ACCEPTED1", group=True),
    Tag("ACCEPTED2", group=True),
    Tag("EXPIRED1", days=-1),
    Tag("BLOCKED1", blocked=True),
)

_PERIODS = [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 300, "limit": 10.0}, {"startPeriod": 600, "limit": 6.0}]
# Two profiles per version, as bodies of SetChargingProfile: the default of transactions, and one of a transaction.
CHARGING_PROFILES: dict[str, dict[str, Facts]] = {
    "ocpp1.6": {
        "TxDefaultProfile": {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": _PERIODS},
            },
        },
        "TxProfile": {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": 2,
                "stackLevel": 1,
                "chargingProfilePurpose": "TxProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": _PERIODS},
            },
        },
    },
    "ocpp2.0.1": {
        "TxDefaultProfile": {
            "evseId": 1,
            "chargingProfile": {
                "id": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": _PERIODS}],
            },
        },
        "TxProfile": {
            "evseId": 1,
            "chargingProfile": {
                "id": 2,
                "stackLevel": 1,
                "chargingProfilePurpose": "TxProfile",
                "chargingProfileKind": "Relative",
                "transactionId": "<the running transaction's id>",
                "chargingSchedule": [{"id": 2, "chargingRateUnit": "A", "chargingSchedulePeriod": _PERIODS}],
            },
        },
    },
}


def environment(place: Home, profile: str) -> dict[str, str]:
    """What the parts are told: they take in any station of this tenant, by this security profile.

    With profile 1 a second port, with TLS, is where a station goes that is upgraded to profile 2.
    """
    told = {"WATTLANE_CONFORMANCE": SLUG, "WATTLANE_CONFORMANCE_PROFILE": profile}
    if profile == UPGRADED and place.ocpp_tls_port is None:
        told["WATTLANE_OCPP_TLS_PORT"] = str(_free_beside(place))
    return told


def _free_beside(place: Home) -> int:
    """The next port above OCPP's that nobody uses."""
    ours = {place.web_port, place.mqtt_port, place.live_port}
    above = range(place.ocpp_port + 1, place.ocpp_port + 1000)
    return next(port for port in above if port not in ours and not listens(port))


def plan(profile: str, stations: list[str]) -> Plan:
    """The fewest parts with which a station can do everything; `stations` get a client certificate (profile 3)."""
    return Plan(
        first=lambda home: [parts.broker(home)],
        second=parts.second,
        seed=lambda place, say: _seed(place, say, profile, stations),
        ports=("web", "ocpp", "mqtt", "live"),
    )


def summary(facts: Facts) -> str:
    """What a person types into the kit, on one screen."""
    kit = facts["conformance"]
    lines = [
        "",
        f"Ready for a conformance kit: security profile {kit['profile']}.",
        "",
        *(f"  Station:   {address}" for address in kit["stations"]),
        *(f"  By TLS:    {address}   (for the upgrade to profile 2)" for address in kit["upgraded"]),
        *(
            [f"  Password:  {kit['password']}   (HTTP Basic; the user name is the station's id)"]
            if kit["password"]
            else []
        ),
        *(f"  {name}: {path}" for name, path in kit["pki"].items()),
        *([f"  Subject of a client's own certificate: CN=<station id>, O={BENCH}"] if kit["profile"] == 3 else []),
        f"  Tags:      {', '.join(tag['id_tag'] for tag in kit['tags'])} (ACCEPTED1 and ACCEPTED2: parent {GROUP})",
        f"  Token:     {kit['token']}",
        "",
        f"  Trigger:   POST {facts['api']}/stations/<station id>/commands/<OCPP action>, the raw payload as its body",
        f"  Read back: GET  {facts['api']}/stations/<station id>",
        f"  All of this for programs, with two charging profiles to send: {facts['file']}",
        "  Ctrl-C stops everything; the data stays.",
        "",
    ]
    return "\n".join(lines)


def _seed(place: Home, say: Callable[[str], None], profile: str, stations: list[str]) -> Facts:
    from saas.edge.dispatcher.credentials import CredentialsFile
    from saas.kit.tenant_context import tenant_schema
    from saas.tenancy.queries import by_schema

    now = datetime.now(UTC)
    seed.open_platform_site(now)
    tenant = by_schema(SLUG) or _open(now, say)
    _hosts(tenant)
    with tenant_schema(SLUG):
        _cards(now)
        _policy(tenant, int(profile), now)
        facts = _facts(place, tenant, profile, stations, now)
    CredentialsFile(place.path / "broker" / "credentials.json").refresh()
    files.write_private(place.demo_json, json.dumps(facts, indent=1, ensure_ascii=False))
    return facts


def _open(now: datetime, say: Callable[[str], None]) -> "Tenant":
    from saas.kit.tenant_context import tenant_schema
    from saas.tenancy.actions import open_tenant
    from tenants.accounts.actions import add_user

    say(f"opening the tenant {SLUG}")
    tenant = open_tenant(
        slug=SLUG, name=BENCH, country="NL", language="en", currency="EUR", timezone="Europe/Amsterdam",
        colour_primary="#12407A", colour_accent="#E4572E", support_email=OPERATOR, owner_email=f"owner@{SLUG}.example",
        owner_password=PASSWORD, now=now, map_latitude=51.98, map_longitude=5.91,
    )  # fmt: skip
    with tenant_schema(SLUG):
        add_user(email=OPERATOR, password=PASSWORD, name="Operator", roles=[("operator", None)], verified=True, now=now)
    return tenant


def _hosts(tenant: "Tenant") -> None:
    """The bench answers at this machine's own names: those of `*.localhost` are not known to every client, and a
    station must reach what it is told (where to put its log, where an image lies).
    """
    from django.conf import settings

    from saas.tenancy.models import Domain

    for host, primary in ((settings.BASE_DOMAIN, False), (HOST, True)):
        Domain.objects.update_or_create(domain=host, defaults={"tenant": tenant, "is_primary": primary})


def _cards(now: datetime) -> None:
    from tenants.accounts.queries import by_email
    from tenants.cards import actions, queries
    from tenants.cards.models import CardGroup

    operator = by_email(OPERATOR)
    if operator is None:
        raise SystemExit(f"{OPERATOR} is not there any more; set WATTLANE_HOME to an empty folder.")
    group = CardGroup.objects.filter(parent_id=GROUP).first() or actions.add_group(
        name=GROUP, parent_id=GROUP, by=operator, now=now
    )
    for tag in TAGS:
        expires = now + timedelta(days=tag.days) if tag.days else now + YEAR
        terms = actions.Terms(group=group if tag.group else None, expires_at=expires, most_at_once=None)
        if card := queries.find(tag.id_tag):
            actions.set_terms(card=card, by=operator, terms=terms, now=now)
            continue
        card = actions.register(id_tag=tag.id_tag, kind="Central", by=operator, terms=terms, now=now)
        if tag.blocked:
            actions.block(card=card, by=operator, now=now)


def _policy(tenant: "Tenant", profile: int, now: datetime) -> None:
    """Any station is let in at once, and its EVSEs stand on the bench."""
    from tenants.sites.actions import Place, create_location
    from tenants.sites.models import Location
    from tenants.stations.models import StationPolicy

    policy = StationPolicy.objects.first() or StationPolicy()
    bench = policy.auto_location or Location.objects.first()
    if bench is None:
        place = Place(
            "Utrechtseweg 310", "Arnhem", "NL", tenant.map_latitude, tenant.map_longitude,
            timezone=tenant.timezone, name=BENCH,
        )  # fmt: skip
        bench = create_location(place=place, private=False, now=now)
    policy.least_profile, policy.auto_accept, policy.auto_location, policy.changed_at = profile, True, bench, now
    policy.save()


def _facts(place: Home, tenant: "Tenant", profile: str, stations: list[str], now: datetime) -> Facts:
    from django.conf import settings

    from saas.devices.queries import registration_token
    from saas.tenancy.queries import primary_host
    from tenants.accounts.actions import token_for_programs
    from tenants.accounts.queries import by_email

    operator = by_email(OPERATOR)
    if operator is None:
        raise RuntimeError(f"{OPERATOR} is not there")
    host = f"{primary_host(tenant)}:{place.web_port}"
    pki = _pki(place, stations) if profile in (UPGRADED, *SECURE) else {}
    root = f"{'wss' if profile in SECURE else 'ws'}://localhost:{place.ocpp_port}/ocpp"
    by_tls = home().ocpp_tls_port if profile == UPGRADED else None
    return {
        "written_at": now.isoformat(),
        "home": str(place.path),
        "file": str(place.demo_json),
        "password": PASSWORD,
        "platform": {"url": f"{settings.SCHEME}://{settings.BASE_DOMAIN}:{place.web_port}"},
        "address": f"http://127.0.0.1:{place.web_port}",
        "api": f"http://{host}/api/v1",
        "ocpp": f"{root}/{SLUG}/<station id>",
        "conformance": {
            "profile": int(profile),
            "tenant": SLUG,
            "host": host,
            "stations": _places(root),
            "upgraded": _places(f"wss://localhost:{by_tls}/ocpp") if by_tls else [],
            "password": registration_token(tenant) if profile in ("1", "2") else "",
            "pki": pki,
            "tags": [{"id_tag": tag.id_tag, "parent": GROUP if tag.group else None} for tag in TAGS],
            "operator": OPERATOR,
            "token": token_for_programs(user=operator, days=30, now=now),
            "charging_profiles": CHARGING_PROFILES,
        },
    }


def _places(root: str) -> list[str]:
    return [f"{root}/{SLUG}/<station id>", f"{root}/<station id>"]


def _pki(place: Home, stations: list[str]) -> dict[str, str]:
    """The authority of both sides (its key too, so that a kit may issue what it likes), and ready certificates."""
    from saas.kit.pki import Authority

    authority = Authority.load_or_make(place.path / "pki")
    folder = place.path / "pki" / "stations"
    folder.mkdir(parents=True, exist_ok=True)
    found = {"CA": str(authority.certificate_file), "CA + key": str(authority.folder / "authority.pem")}
    for station in stations:
        file = folder / f"{station}.pem"
        if not file.exists():
            certificate, key = authority.issue_client(station, BENCH)
            files.write_private(file, key + certificate)
        found[f"Client {station}"] = str(file)
    return found
