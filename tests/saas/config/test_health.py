"""Health, metrics, the request log, and errors that no view made."""

import json
from typing import Any

import pytest
from django.db import OperationalError, ProgrammingError
from django.db.migrations.exceptions import BadMigrationError
from django.test import Client
from structlog.testing import capture_logs

from saas.config import health
from tests.tenants.apiclient import Api, person, said
from tests.tenants.apiclient import code as problem

pytestmark = pytest.mark.django_db
HERE = {"host": "localhost"}


@pytest.mark.req("OPS-03")
def test_ready_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().get("/readyz").status_code == 200
    monkeypatch.setattr(health, "_missing", lambda: ["charging.0009_more"])
    answer = Client().get("/readyz")
    assert (answer.status_code, json.loads(answer.content)["missing"]) == (503, ["charging.0009_more"])


@pytest.mark.req("OPS-03")
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationalError("gone"), "database_down"),
        (ProgrammingError("permission denied for table django_migrations"), "migrations_unreadable"),
        (BadMigrationError("in /home/x"), "migrations_unreadable"),
        (ImportError("No module named tenants"), "migrations_unreadable"),
    ],
)
def test_not_ready_says_why(monkeypatch: pytest.MonkeyPatch, error: Exception, code: str) -> None:
    def broken(_: object) -> None:
        raise error

    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "MigrationExecutor", broken)
    answer = Client().get("/readyz")
    said = json.loads(answer.content)
    assert (answer.status_code, said["code"]) == (503, code)
    assert (type(error).__name__ in said["detail"]) == (code == "migrations_unreadable")
    assert "/home/x" not in said["detail"]


@pytest.mark.req("API-01")
@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k-1"}])
def test_a_body_that_is_too_large_is_told(key: dict[str, str]) -> None:
    api = Api("ampere", person("ampere"))
    body = {"plate": "X" * 3_000_000}
    assert problem(api.post("/vehicles", body, **key)) == (413, "too_large")
    assert problem(Api("ampere").post("/auth/token", body)) == (413, "too_large")
    page = Client(headers={"host": "ampere.localhost"}).post("/accounts/login/", {"login": "X" * 3_000_000})
    assert page.status_code == 413


@pytest.mark.req("API-01")
@pytest.mark.parametrize(
    ("body", "position", "words"),
    [
        (b'{"plate": "A",\n "make" 1}', 23, "line 2, column 9"),
        (b"{", 1, "line 1, column 2"),
        (b'{"plate": "\xff"}', 11, "byte 11"),
    ],
)
def test_broken_json_names_the_position(body: bytes, position: int, words: str) -> None:
    api = Api("ampere", person("ampere"))
    answer = api.client.generic("POST", "/api/v1/vehicles", body, content_type="application/json", headers=api.headers)
    assert problem(answer) == (400, "malformed")
    assert (said(answer)["position"], words in said(answer)["detail"]) == (position, True)


@pytest.mark.req("OPS-03")
def test_metrics_count_requests_by_route_and_never_by_person() -> None:
    user = person("ampere")
    Api("ampere", user).get("/me")
    text = Client(headers=HERE).get("/metrics").content.decode()
    assert 'wattlane_requests_total{method="GET",route="api/v1/me",status="200"}' in text
    assert user.email not in text and str(user.uid) not in text


@pytest.mark.req("OPS-03", "OPS-05")
@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"host": "ampere.localhost"}, "127.0.0.1"),
        ({"host": "localhost"}, "10.0.0.7"),
        ({"host": "localhost", "X-Forwarded-For": "203.0.113.9"}, "127.0.0.1"),
    ],
)
def test_metrics_are_for_this_machine_only(headers: dict[str, str], address: str) -> None:
    assert Client(headers=headers, REMOTE_ADDR=address).get("/metrics").status_code == 404


@pytest.mark.req("OPS-03", "OPS-05")
def test_the_log_has_route_and_tenant_but_no_token_address_or_query() -> None:
    user = person("ampere", "", identity="verified")
    api = Api("ampere", user)
    with capture_logs() as lines:
        api.get("/chargers?near=60.1,24.9")
        api.post("/auth/token", {"email": user.email, "password": "s3cret"})
    [search, _] = [line for line in lines if line["event"] == "request"]
    assert (search["tenant"], search["route"], search["status"]) == ("ampere", "api/v1/chargers", "200")
    told = json.dumps(lines, default=str)
    for secret in (user.email, "s3cret", "60.1", api.headers["Authorization"][7:]):
        assert secret not in told


@pytest.mark.req("OPS-03")
def test_every_answer_carries_its_request_id() -> None:
    client = Client(headers={"host": "ampere.localhost"})
    assert len({client.get("/api/v1/me").headers["X-Request-Id"] for _ in range(2)}) == 2


@pytest.mark.req("API-01", "OPS-03")
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(RuntimeError("bug in /home/x"), 500, "internal_error"), (OperationalError("gone"), 503, "database_down")],
)
def test_a_bug_and_a_lost_database_are_told_apart_and_say_nothing_of_the_inside(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def broken(**_: Any) -> None:
        raise error

    monkeypatch.setattr("tenants.marketplace.api.queries.search", broken)
    answer = Api("ampere").get("/chargers")
    assert (answer.status_code, said(answer)["code"]) == (status, code)
    assert b"home" not in answer.content


@pytest.mark.req("API-01")
def test_the_description_is_openapi_31_and_open_to_all() -> None:
    schema = said(Api("ampere").get("/openapi.json"))
    assert schema["openapi"] == "3.1.0"
    assert {"/api/v1/chargers", "/api/v1/bookings", "/api/v1/sessions", "/api/v1/stations"} <= set(schema["paths"])
    assert "application/problem+json" in schema["paths"]["/api/v1/me"]["get"]["responses"]["401"]["content"]


@pytest.mark.req("TEN-03")
def test_the_platforms_host_has_no_tenants_api() -> None:
    answer = Client(headers=HERE).get("/api/v1/chargers")
    assert answer.status_code == 404 and answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.req("OPS-05")
@pytest.mark.parametrize("host", ["a b", "x\x00y", "evil.example/..", "[::1", "..", "a" * 300])
def test_a_malformed_host_is_refused_quietly(host: str) -> None:
    assert Client(headers={"host": host}).get("/").status_code in (400, 404)
