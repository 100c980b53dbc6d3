"""The device registry: who is known, by which secret, with which key."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import InvalidToken

from saas.devices import actions, keys, queries
from saas.devices.models import Device
from saas.kit.errors import Invalid, NotFound
from saas.tenancy.models import Tenant

pytestmark = pytest.mark.req("DEV-04")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def only(device: Device, *, now: datetime = NOW) -> tuple[str, bool, bool]:
    """For a broker that knows one password at a time."""
    return queries.logins(now=now)[device.device_id]


def adapter(tenant: Tenant) -> tuple[Device, str]:
    return actions.register(tenant=tenant, kind="adapter", now=NOW)


def test_a_device_gets_a_random_password_of_which_only_hashes_are_kept(ampere: Tenant) -> None:
    (one, secret), (two, other) = adapter(ampere), adapter(ampere)
    assert secret != other and len(secret) >= 43 and one.device_id != two.device_id
    held = Device.objects.filter(pk=one.pk).values_list()[0]
    assert not any(secret in str(bytes(value) if isinstance(value, memoryview) else value) for value in held)
    assert one.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert queries.proves_itself(device=one, secret=secret) and not queries.proves_itself(device=one, secret=other)


def test_an_adapters_password_is_sealed_for_brokers_that_keep_a_list_and_a_stations_is_not(ampere: Tenant) -> None:
    device, secret = adapter(ampere)
    station, _ = actions.register(tenant=ampere, kind="station", station_id="CP-9", now=NOW)
    assert queries.passwords([device.device_id, station.device_id]) == {device.device_id: [secret]}
    assert secret.encode() not in bytes(device.secret_sealed or b"") and device.secret_at == NOW
    assert station.device_id not in queries.logins(now=NOW) and station.device_id not in queries.credentials()[0]


def test_an_adapter_older_than_sealing_is_known_to_mosquitto_by_its_hash(ampere: Tenant) -> None:
    (device, _), hashed = adapter(ampere), keys.mosquitto_digest("its password")
    Device.objects.filter(pk=device.pk).update(secret_sealed=None, mosquitto_hash=hashed)
    assert (
        queries.passwords([device.device_id]) == {device.device_id: []}
        and queries.mosquitto_hashes()[device.device_id] == hashed
    )
    _, new = actions.rotate(device_id=device.device_id, now=NOW)
    assert queries.passwords([device.device_id]) == {device.device_id: [new]} and queries.mosquitto_hashes() == {}


def test_the_permit_key_is_sealed_under_the_master_key(ampere: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    device, _ = adapter(ampere)
    key = queries.permit_key(queries.get(device.device_id))
    assert len(key) == 32 and key not in bytes(device.permit_key)
    assert key != queries.permit_key(adapter(ampere)[0])
    monkeypatch.setenv("WATTLANE_SECRET_MASTER_KEY", "another")
    with pytest.raises(InvalidToken):
        queries.permit_key(device)


def test_rotating_makes_the_old_password_worthless_and_keeps_the_permit_key(ampere: Tenant) -> None:
    device, old = adapter(ampere)
    before = queries.permit_key(device)
    rotated, new = actions.rotate(device_id=device.device_id, now=NOW)
    assert queries.proves_itself(device=rotated, secret=new) and not queries.proves_itself(device=rotated, secret=old)
    assert queries.permit_key(queries.get(device.device_id)) == before


def test_a_next_password_waits_beside_the_present_one_until_it_was_used(ampere: Tenant) -> None:
    device, old = adapter(ampere)
    actions.prepare(device_id=device.device_id, now=NOW)
    new = queries.next_password(device.device_id) or ""
    assert len(new) >= 43 and new != old
    present, following = queries.credentials()
    assert (present[device.device_id], following[device.device_id]) == (keys.digest(old), keys.digest(new))
    assert not actions.promote(device_id=device.device_id, now=NOW, used=keys.digest("another"))
    later = NOW + timedelta(minutes=1)
    assert actions.promote(device_id=device.device_id, now=later, used=keys.digest(new))
    assert not actions.promote(device_id=device.device_id, now=later)
    held = queries.get(device.device_id)
    assert queries.proves_itself(device=held, secret=new) and not queries.proves_itself(device=held, secret=old)
    assert (held.secret_at, queries.next_password(device.device_id)) == (later, None)
    assert queries.passwords([device.device_id]) == {device.device_id: [new]}


def test_where_one_password_counts_old_and_new_take_turns_once_the_device_has_both(ampere: Tenant) -> None:
    device, old = adapter(ampere)
    assert not actions.take(device_id=device.device_id, now=NOW)
    actions.prepare(device_id=device.device_id, now=NOW)
    new = keys.digest(queries.next_password(device.device_id) or "")
    assert only(device) == (keys.digest(old), True, False)
    assert actions.take(device_id=device.device_id, now=NOW) and not actions.take(device_id=device.device_id, now=NOW)
    turns = [only(device, now=NOW + timedelta(minutes=minute)) for minute in (0, 9, 10, 19, 20, 60 * 24 * 7)]
    assert [(held == new, is_next) for held, _, is_next in turns] == [
        (True, True), (True, True), (False, False), (False, False), (True, True), (True, True)
    ]  # fmt: skip
    assert actions.give_up(now=NOW + timedelta(days=8)) == 0, "the device may have nothing but the new one"


def test_a_device_that_threw_its_next_password_away_keeps_the_old_one(ampere: Tenant) -> None:
    device, old = adapter(ampere)
    actions.prepare(device_id=device.device_id, now=NOW)
    actions.take(device_id=device.device_id, now=NOW)
    for _ in range(2):
        actions.forget_next(device_id=device.device_id, now=NOW)
    assert only(device) == (keys.digest(old), True, False) and queries.next_password(device.device_id) is None


def test_a_next_password_that_nobody_took_is_forgotten_after_a_day(ampere: Tenant) -> None:
    device, old = adapter(ampere)
    actions.prepare(device_id=device.device_id, now=NOW)
    assert actions.give_up(now=NOW + timedelta(hours=24)) == 0
    assert actions.give_up(now=NOW + timedelta(hours=25)) == 1
    assert queries.next_password(device.device_id) is None
    assert queries.proves_itself(device=queries.get(device.device_id), secret=old)


@pytest.mark.parametrize("change", [actions.rotate, actions.revoke])
def test_who_is_revoked_or_rotated_at_once_has_no_next_password(ampere: Tenant, change: object) -> None:
    device, _ = adapter(ampere)
    actions.prepare(device_id=device.device_id, now=NOW)
    change(device_id=device.device_id, now=NOW)  # type: ignore[operator]
    assert queries.next_password(device.device_id) is None and queries.credentials()[1] == {}


def test_a_revoked_device_is_nobody_until_it_is_let_in_again(ampere: Tenant) -> None:
    device, secret = adapter(ampere)
    actions.seen(device_id=device.device_id, now=NOW, online=True)
    revoked = actions.revoke(device_id=device.device_id, now=NOW)
    assert not queries.proves_itself(device=revoked, secret=secret) and not queries.is_online(revoked)
    assert device.device_id not in queries.credentials()[0] and not queries.logins(now=NOW)[device.device_id][1]
    actions.approve(device_id=device.device_id, now=NOW)
    assert queries.credentials()[0][device.device_id] == device.secret_hash == only(device)[0]


def test_a_station_id_is_once_in_a_tenant_and_free_in_the_next(ampere: Tenant, barq: Tenant) -> None:
    actions.register(tenant=ampere, kind="station", station_id="CP-1", now=NOW)
    with pytest.raises(actions.StationTaken):
        actions.register(tenant=ampere, kind="station", station_id="CP-1", now=NOW)
    other, _ = actions.register(tenant=barq, kind="station", station_id="CP-1", now=NOW)
    assert queries.station(tenant=barq, station_id="CP-1") == other
    assert {device.tenant.schema_name for device in queries.stations_called("CP-1")} == {"ampere", "barq"}


def test_a_password_that_a_station_brings_must_be_long(ampere: Tenant) -> None:
    with pytest.raises(Invalid):
        actions.register(tenant=ampere, kind="station", station_id="CP", secret="short", now=NOW)
    _, secret = actions.register(tenant=ampere, kind="station", station_id="CP", secret="s" * 16, now=NOW)
    assert secret == "s" * 16


@pytest.mark.parametrize("call", [actions.rotate, actions.prepare, actions.revoke, actions.approve])
def test_what_is_not_registered_is_refused_by_name(ampere: Tenant, call: object) -> None:
    with pytest.raises(NotFound) as refused:
        call(device_id="ad_nobody", now=NOW)  # type: ignore[operator]
    assert refused.value.code == "unknown_device"


def test_presence_is_noted_and_silence_found(ampere: Tenant) -> None:
    device, _ = adapter(ampere)
    actions.seen(device_id=device.device_id, now=NOW, online=True, state="charging", firmware="1.0")
    actions.seen(device_id=device.device_id, now=NOW, online=True)
    held = queries.get(device.device_id)
    assert (held.online, held.reported_state, held.firmware, held.last_seen_at) == (True, "charging", "1.0", NOW)
    assert queries.silent_since(NOW) == []
    assert queries.silent_since(NOW + timedelta(seconds=1)) == [device.device_id]
    actions.heard_of(device_ids=[device.device_id], now=NOW + timedelta(seconds=5))
    assert queries.silent_since(NOW + timedelta(seconds=1)) == []


def test_the_registration_token_is_the_tenants_own(ampere: Tenant, barq: Tenant) -> None:
    token = queries.registration_token(ampere)
    assert token == queries.registration_token(ampere) != queries.registration_token(barq)
    assert queries.brings_token(tenant=ampere, token=token) and not queries.brings_token(tenant=barq, token=token)
    assert not queries.brings_token(tenant=ampere, token="") and len(token) >= 32


def test_secrets_compare_safely_whatever_comes() -> None:
    assert not keys.matches("é\x00", keys.digest("x"))
