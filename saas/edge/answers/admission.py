"""May this station open a connection? By path, credential and security profile (OCPP security whitepaper; 2.0.1 A00).

Profile 0 shows nothing, 1 a password, 2 a password over TLS, 3 a client certificate. A station may not come by a lower
one than its tenant asks for, nor than it came by last.
"""

import os
from datetime import datetime

from saas.contracts import rpc
from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.devices import station_passwords as passwords
from saas.devices.models import Device
from saas.kit.home import home
from saas.kit.pki import Authority
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.stations.actions import let_in_by_policy
from tenants.stations.actions.connecting import station_connected
from tenants.stations.queries import policy
from tenants.stations.queries.stations import certificate_holder, profile_of, shows_costs

UNKNOWN = rpc.Connected(status=404)
REFUSED = rpc.Connected(status=401)
SHOWS_COSTS = "ocpp2.0.1"  # 1.6 has no word for it


def connect(question: rpc.Connect, now: datetime) -> rpc.Connected:
    """A known station by its own credential, a new one by its tenant's registration token; strangers get 404."""
    if question.tenant is None:
        return _connect_short(question, now)
    device = registry.station_of(schema=question.tenant, station_id=question.station_id)
    if device is not None and _tenant_of(device):
        return _welcome(device, question, now)
    tenant = _tenant(question.tenant)
    return UNKNOWN if tenant is None else _take_in(tenant, question, now)


def profile_shown(question: rpc.Connect) -> int:
    """The security profile of what the station shows."""
    if question.certificate is not None:
        return 3
    return 0 if question.password is None else 1 + question.tls


def _tenant(schema: str) -> Tenant | None:
    if schema == "public":
        return None
    found: Tenant | None = Tenant.objects.filter(schema_name=schema, state=Tenant.State.ACTIVE).first()
    return found


def _connect_short(question: rpc.Connect, now: datetime) -> rpc.Connected:
    """Without a tenant in the path: only where the credential, or the registry, leaves no doubt which station it is."""
    same_name = [device for device in registry.stations_called(question.station_id) if _tenant_of(device)]
    proven = [device for device in same_name if _credential(device, question)]
    if len(proven) == 1:
        return _welcome(proven[0], question, now)
    if len(same_name) == 1:
        return _welcome(same_name[0], question, now)
    bench = _tenant(os.environ.get("WATTLANE_CONFORMANCE") or "public")
    return _take_in(bench, question, now) if bench and not same_name else UNKNOWN


def _tenant_of(device: Device) -> bool:
    return bool(device.tenant.state == Tenant.State.ACTIVE)


def _welcome(device: Device, question: rpc.Connect, now: datetime) -> rpc.Connected:
    """A station that is known already. What is refused says whose it is, for the log alone."""
    profile = profile_shown(question)
    costs = False
    with tenant_schema(device.tenant.schema_name):
        if device.state == Device.State.REVOKED or not _allowed(device, question, profile):
            return rpc.Connected(status=401, device=device.device_id)
        station_connected(device=device, profile=profile, protocol=question.protocol, now=now)
        if question.protocol == SHOWS_COSTS:
            costs = _is_bench(device.tenant) or shows_costs(device.device_id)
    if question.password and passwords.proof(device=device, shown=question.password) == passwords.NEXT:
        passwords.used(device=device, now=now)
    pending = device.state == Device.State.PENDING
    return rpc.Connected(status=101, device=device.device_id, pending=pending, costs=costs)


def _allowed(device: Device, question: rpc.Connect, profile: int) -> bool:
    """Inside the tenant."""
    least = max(policy().least_profile, profile_of(device.device_id) or 0)
    return profile >= least and (profile == 0 or _credential(device, question))


def _credential(device: Device, question: rpc.Connect) -> bool:
    """Whether what is shown is this station's: certificate, password, or the token that it came with."""
    if device.state == Device.State.REVOKED:
        return False
    if question.certificate is not None:
        return _certified(device.tenant, question, device)
    shown = question.password
    if shown is None:
        return False
    token = device.state == Device.State.PENDING and registry.brings_token(tenant=device.tenant, token=shown)
    return token or bool(passwords.proof(device=device, shown=shown))


def _certified(tenant: Tenant, question: rpc.Connect, device: Device | None = None) -> bool:
    """The gateway has checked chain and dates; left are whose it is, and that it was not taken back.

    One that a station asked us to sign is that station's, and may name its serial number; any other names its id.
    """
    shown = question.certificate
    if shown is None or shown.organisation != tenant.name[:64]:
        return False
    with tenant_schema(tenant.schema_name):
        holder = certificate_holder(shown.serial)
    mine = shown.common_name == question.station_id if holder is None else device and device.device_id == holder
    if not mine:
        return False
    return not Authority.load_or_make(home().pki).is_revoked(int(shown.serial, 16))


def _take_in(tenant: Tenant, question: rpc.Connect, now: datetime) -> rpc.Connected:
    """A station that nobody has seen. With auto-accept the token that it brings is its first password.

    A bench knows every station: it may talk without a BootNotification, as kits let it when they connect again.
    """
    profile = profile_shown(question)
    with tenant_schema(tenant.schema_name):
        rules = policy()
    token = question.password is not None and registry.brings_token(tenant=tenant, token=question.password)
    if not (token or _certified(tenant, question) or _on_the_bench(tenant, profile)):
        return REFUSED if _is_bench(tenant) else UNKNOWN  # to a bench no station is a stranger
    if profile < rules.least_profile:
        return REFUSED
    device, _ = devices.register(
        tenant=tenant,
        kind=Device.Kind.STATION,
        state=Device.State.PENDING,
        station_id=question.station_id,
        secret=question.password if token and rules.auto_accept else None,
        now=now,
    )
    welcome = _welcome(device, question, now)
    if _is_bench(tenant) and welcome.status == 101:
        with tenant_schema(tenant.schema_name):
            welcome.pending = not let_in_by_policy(device=device, now=now)
    return welcome


def _on_the_bench(tenant: Tenant, profile: int) -> bool:
    """`wattlane demo --conformance` takes in any station by profile 0, where that is the profile under test."""
    return profile == 0 and _is_bench(tenant)


def _is_bench(tenant: Tenant) -> bool:
    return bool(tenant.schema_name == os.environ.get("WATTLANE_CONFORMANCE"))
