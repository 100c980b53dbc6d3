"""An adapter enrols by itself, is claimed by whoever holds its sticker, and is let go again."""

from datetime import UTC, datetime, timedelta

import pytest

from saas.devices import enrolment, keys, queries
from saas.devices.models import Device, Enrolment
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tests import builders
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others

from .story import Newcomer

pytestmark = [pytest.mark.django_db, pytest.mark.req("DEV-01", "DEV-04")]
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def newcomer(ampere: Tenant) -> Newcomer:
    made = Newcomer()
    assert (made.enrol().status_code, said(made.enrol())) == (200, {"device": made.device, "state": "waiting"})
    return made


@pytest.fixture
def host(ampere: Tenant) -> User:
    return person("ampere", "host")


def test_enrolling_again_changes_nothing_and_nothing_is_kept_in_clear(newcomer: Newcomer) -> None:
    held = Enrolment.objects.get(device_id=newcomer.device)
    row = str([bytes(v) if isinstance(v, memoryview) else v for v in Enrolment.objects.values_list().get()])
    assert not any(text in row for text in (newcomer.secret, newcomer.permit_key, newcomer.claim))
    newcomer.fw = "1.0.1"
    assert newcomer.enrol("ampere.localhost").status_code == 200
    again = Enrolment.objects.get(device_id=newcomer.device)
    assert (again.firmware, again.created_at) == ("1.0.1", held.created_at) and again.seen_at > held.seen_at


@pytest.mark.parametrize(
    "changed",
    [{"secret": "x" * 43}, {"permit_key": "ab" * 32}, {"claim": "ZZZZZZZZ"}],
    ids=lambda found: next(iter(found)),
)
def test_an_id_with_other_content_is_refused(newcomer: Newcomer, host: User, changed: dict[str, str]) -> None:
    assert code(newcomer.enrol(**changed)) == (409, "device_taken")
    assert Api("ampere", host).post("/devices/claim", {"code": newcomer.qr}).status_code == 201
    if "claim" not in changed:
        assert code(newcomer.enrol(**changed)) == (409, "device_taken")


@pytest.mark.parametrize(
    "changed",
    [
        {"device": "ad_1"}, {"device": "st_0011223344556677"}, {"secret": "short"}, {"secret": "ü" * 40},
        {"claim": "ABC"}, {"permit_key": "00" * 31}, {"permit_key": "zz" * 32}, {"fw": "x" * 200},
        {"hardware": "a\x00b"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_adapter_is_told_what_is_wrong(ampere: Tenant, changed: dict[str, str]) -> None:
    answer = Newcomer().enrol(**changed)
    assert code(answer) == (422, "invalid")
    assert [error["field"].rsplit(".", 1)[-1] for error in said(answer)["errors"]] == list(changed)
    assert not Enrolment.objects.exists()


def test_an_address_that_enrols_without_end_has_to_wait(ampere: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "BY_ADDRESS", enrolment.Limit("enrol test", most=2, seconds=3600))
    monkeypatch.setattr("tests.tenants.adapters.story.secrets.randbelow", lambda _most: 7)
    answers = [Newcomer().enrol() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429] and "Retry-After" in answers[2].headers


def test_the_qr_code_makes_it_the_hosts_with_the_password_that_it_has(newcomer: Newcomer, host: User) -> None:
    api = Api("ampere", host)
    claimed = said(api.post("/devices/claim", {"code": newcomer.qr}))
    assert (claimed["id"], claimed["mine"], claimed["state"]) == (newcomer.device, True, "active")
    device = queries.get(newcomer.device)
    assert device.tenant.schema_name == "ampere" and queries.proves_itself(device=device, secret=newcomer.secret)
    assert queries.permit_key(device).hex() == newcomer.permit_key
    assert queries.passwords([newcomer.device]) == {newcomer.device: [newcomer.secret]}
    assert queries.credentials()[0][newcomer.device] == keys.digest(newcomer.secret)
    assert said(newcomer.enrol())["state"] == "claimed"
    assert [item["id"] for item in said(api.get("/devices"))["items"]] == [newcomer.device]
    unknown_to_others(f"/devices/{newcomer.device}")


def test_the_eight_characters_do_as_people_type_them(newcomer: Newcomer, host: User) -> None:
    typed = f" {newcomer.claim[:4].lower()}-{newcomer.claim[4:].lower()} "
    assert said(Api("ampere", host).post("/devices/claim", {"code": typed}))["id"] == newcomer.device


def test_two_adapters_of_one_code_are_told_apart_by_their_ids(newcomer: Newcomer, host: User) -> None:
    twin = Newcomer(claim=newcomer.claim)
    twin.enrol()
    api = Api("ampere", host)
    assert code(api.post("/devices/claim", {"code": newcomer.claim})) == (409, "ambiguous_claim_code")
    found = api.post("/devices/claim", {"code": newcomer.claim, "device": twin.device})
    assert said(found)["id"] == twin.device


def test_a_claimed_adapter_is_claimed_by_nobody_else_here_or_elsewhere(newcomer: Newcomer, host: User) -> None:
    Api("ampere", host).post("/devices/claim", {"code": newcomer.qr})
    for tenant in ("ampere", "barq"):
        answer = Api(tenant, person(tenant)).post("/devices/claim", {"code": newcomer.qr})
        assert code(answer) == (409, "claimed_already")
    assert queries.get(newcomer.device).owner == str(host.uid)


@pytest.mark.parametrize("with_key", [False, True], ids=["plain", "with idempotency keys"])
def test_five_wrong_codes_and_one_has_to_wait_also_with_the_right_one(
    newcomer: Newcomer, host: User, with_key: bool
) -> None:
    api = Api("ampere", host)
    for number in range(5):
        sent = {"Idempotency_Key": f"guess-{number}"} if with_key else {}
        answer = api.post("/devices/claim", {"code": f"AAAAAAA{number}"}, **sent)
        assert code(answer) == (422, "wrong_claim_code")
    refused = api.post("/devices/claim", {"code": newcomer.qr})
    assert code(refused) == (429, "too_many_requests") and int(refused.headers["Retry-After"]) > 0
    assert Api("ampere", person("ampere")).post("/devices/claim", {"code": newcomer.qr}).status_code == 201


def test_who_is_not_logged_in_claims_nothing(newcomer: Newcomer) -> None:
    assert Api("ampere").post("/devices/claim", {"code": newcomer.qr}).status_code == 401


def test_a_released_adapter_is_nobodys_until_it_enrols_again(newcomer: Newcomer, host: User) -> None:
    api, path = Api("ampere", host), f"/devices/{newcomer.device}"
    api.post("/devices/claim", {"code": newcomer.qr})
    unknown_to_others(f"{path}/release", method="POST")
    assert api.post(f"{path}/release").status_code == 204
    assert code(api.get(path)) == (404, "not_found") and newcomer.device not in queries.credentials()[0]
    other = Api("barq", person("barq"))
    assert code(other.post("/devices/claim", {"code": newcomer.qr})) == (422, "wrong_claim_code")
    newcomer.secret = "another-secret-after-the-reset-of-it"
    assert said(newcomer.enrol())["state"] == "waiting"
    assert other.post("/devices/claim", {"code": newcomer.qr}).status_code == 201
    assert queries.get(newcomer.device).tenant.schema_name == "barq"


def test_an_adapter_with_bookings_to_come_is_not_released_and_afterwards_leaves_its_charger(
    newcomer: Newcomer, host: User
) -> None:
    api, path = Api("ampere", host), f"/devices/{newcomer.device}"
    api.post("/devices/claim", {"code": newcomer.qr})
    with tenant_schema("ampere"):
        evse = builders.evse(of=Device.objects.get(device_id=newcomer.device))
        offered = builders.listing(host=host, on=evse)
        Device.objects.update(online=True)
        booking, _ = builders.confirmed(of=offered, by=builders.person("driver"))
    assert said(api.get(path))["charger"] == str(offered.uid)
    assert code(api.post(f"{path}/release")) == (409, "device_still_needed")
    with tenant_schema("ampere"):
        booking.state = "completed"
        booking.save(update_fields=["state"])
    assert api.post(f"{path}/release").status_code == 204
    with tenant_schema("ampere"):
        evse.refresh_from_db()
    assert evse.device_id is None


def test_nobody_offers_an_adapter_that_somebody_else_claimed(newcomer: Newcomer, host: User) -> None:
    Api("ampere", host).post("/devices/claim", {"code": newcomer.qr})
    offer = {
        "title": "Yard", "device_id": newcomer.device, "connector": "IEC_62196_T2", "max_power_w": 11_000,
        "per_hour": "6.00",
        "place": {"address": "Quay 1", "city": "Helsinki", "country": "FI", "latitude": 60.17, "longitude": 24.94},
    }  # fmt: skip
    assert code(Api("ampere", person("ampere")).post("/chargers", offer)) == (422, "adapter_unknown")
    assert Api("ampere", host).post("/chargers", offer).status_code == 201


def test_adapters_that_nobody_claims_are_forgotten_after_ninety_days_of_silence(newcomer: Newcomer) -> None:
    seen = Enrolment.objects.get().seen_at
    assert enrolment.forget_unclaimed(now=seen + timedelta(days=89)) == 0
    assert enrolment.forget_unclaimed(now=seen + timedelta(days=91)) == 1
    assert not Enrolment.objects.exists()
