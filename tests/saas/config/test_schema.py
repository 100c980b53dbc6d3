"""The API against its own OpenAPI description: odd requests never break it, and every answer is as described."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from ninja import Schema
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from saas.config.api import api
from saas.kit.tenant_context import tenant_schema
from tenants.accounts import bearer
from tests.saas.config.things import things
from tests.tenants.apiclient import Api, person

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def on_ampere(environ: dict[str, Any], start: Any) -> Any:
    return django({**environ, "HTTP_HOST": "ampere.localhost"}, start)


django = WSGIHandler()
schema = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"))))
schema.app = on_ampere


@pytest.fixture
def inside(db: None) -> Iterator[None]:
    """Requests run in the test's transaction: as with Django's own client, none closes the connection."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


class Known:
    """Somebody who owns one of everything, so that odd requests get far: token, and uids by where they belong."""

    def __init__(self) -> None:
        owner = person("ampere", "", "owner", identity="verified")
        self.token = Api("ampere", owner).headers["Authorization"]
        with tenant_schema("ampere"):
            self.uids = things(owner)

    def place(self, case: Any) -> None:
        """Real uids instead of made-up ones, in the path and in the body."""
        first = case.path.split("/")[3]
        if case.path_parameters and first in self.uids:
            for name in set(case.path_parameters) - {"kind", "role"}:
                case.path_parameters[name] = self.uids[first]
        if isinstance(case.body, dict):
            case.body |= {name: uid for name, uid in self.uids.items() if name in case.body}


@pytest.fixture
def known(inside: None, monkeypatch: pytest.MonkeyPatch) -> Known:
    """No limit of requests stands in the way."""
    monkeypatch.setattr(bearer.PER_PERSON, "most", 10**9)
    monkeypatch.setattr(bearer.PER_PERSON, "rate", 10**9)
    return Known()


QUICK = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


@pytest.mark.slow
@pytest.mark.req("API-01")
@schema.parametrize()
@settings(QUICK, max_examples=40, derandomize=False)
def test_many_odd_requests_get_described_answers(case: Any, known: Known) -> None:
    known.place(case)
    case.call_and_validate(headers={"Authorization": known.token}, checks=CHECKS)


@pytest.mark.req("API-01")
@schema.include(path_regex="/(chargers|auth|bookings/quote)").parametrize()
@QUICK
def test_odd_requests_of_strangers_get_described_answers(case: Any, inside: None) -> None:
    case.call_and_validate(checks=CHECKS)


@pytest.mark.req("API-01")
def test_the_description_says_what_a_stranger_must_know() -> None:
    about = api.get_openapi_schema(path_prefix="/api/v1/")["info"]["description"]
    for word in ("/api/v1/auth/token", "Idempotency-Key", "next", "problem+json", "/live/events?audience=session:"):
        assert word in about


@pytest.mark.req("API-01")
def test_no_two_shapes_have_one_name() -> None:
    """Of two schemas with one name, the description would keep one, and lie about the other."""
    found: dict[str, set[str]] = {}
    for shape in shapes(Schema):
        found.setdefault(shape.__name__, set()).add(f"{shape.__module__}.{shape.__qualname__}")
    assert {name: places for name, places in found.items() if len(places) > 1 and "[" not in name} == {}


def shapes(base: type) -> Iterator[type]:
    for shape in base.__subclasses__():
        if shape.__module__.startswith(("saas", "tenants")):
            yield shape
        yield from shapes(shape)
