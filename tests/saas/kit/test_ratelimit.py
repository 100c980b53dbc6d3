import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from saas.kit import entrances
from saas.kit.models import Window
from saas.kit.ratelimit import KEPT_S, Limit, Local, TooMany, forget_old
from saas.kit.tenant_context import tenant_schema

NOW = datetime(2026, 3, 1, 12, 0, 7, tzinfo=UTC)
LIMIT = Limit("test", most=2, seconds=60)


def spend(key: str = "a") -> None:
    for _ in range(2):
        LIMIT.hit(key, now=NOW)


@pytest.mark.req("ACC-05")
def test_one_over_the_limit_is_told_when_to_come_back(ampere: object) -> None:
    spend()
    with pytest.raises(TooMany) as refused:
        LIMIT.hit("a", now=NOW)
    assert refused.value.retry_after == 53
    LIMIT.hit("a", now=NOW + timedelta(seconds=53))


@pytest.mark.req("ACC-05", "TEN-03")
def test_keys_and_tenants_are_counted_apart(ampere: object) -> None:
    spend()
    LIMIT.hit("b", now=NOW)
    with tenant_schema("barq"):
        LIMIT.hit("a", now=NOW)


@pytest.mark.req("ACC-05")
def test_asking_does_not_count_and_a_reset_forgets(ampere: object) -> None:
    for _ in range(5):
        LIMIT.check("a", now=NOW)
    spend()
    with pytest.raises(TooMany):
        LIMIT.check("a", now=NOW)
    LIMIT.reset("a")
    LIMIT.hit("a", now=NOW)


@pytest.mark.req("ACC-05", "OPS-05")
def test_no_address_is_kept_and_old_counts_go(ampere: object) -> None:
    spend("203.0.113.7")
    assert re.fullmatch("[0-9a-f]{64}", Window.objects.get().key)
    assert forget_old(now=NOW) == 0
    assert forget_old(now=NOW + timedelta(seconds=KEPT_S + 60)) == 1


@pytest.mark.req("ACC-05")
def test_a_bucket_in_the_process_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("saas.kit.ratelimit.time.monotonic", lambda: clock[0])
    local = Local(2, 10)
    local.hit("a")
    local.hit("a")
    with pytest.raises(TooMany):
        local.hit("a")
    local.hit("b")
    clock[0] = 5
    local.hit("a")


@pytest.mark.req("ACC-05")
@pytest.mark.parametrize(("host", "path"), [("ampere.localhost", "/accounts/signup/"), ("localhost", "/start/")])
def test_every_public_form_has_its_limit(db: None, host: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(entrances.LIMITS, path, Limit("short", most=1, seconds=3600))
    client = Client(headers={"host": host})
    assert client.post(path, {}).status_code == 200
    answer = client.post(path, {})
    assert (answer.status_code, answer.headers["Retry-After"].isdigit()) == (429, True)
    assert Client(headers={"host": host}, REMOTE_ADDR="203.0.113.9").post(path, {}).status_code == 200
