"""Calling the API as somebody, and the two questions that every test of a thing ends with."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from saas.kit.tenant_context import tenant_schema
from tenants.accounts import actions
from tenants.accounts.models import Organisation, User

PASSWORD = "a quiet harbour 7"


def person(tenant: str, name: str = "", *roles: str, organisation: Organisation | None = None, **fields: Any) -> User:
    """Somebody of a tenant, with roles over the whole of it or over one organisation."""
    with tenant_schema(tenant):
        held = [(role, organisation) for role in roles]
        email = f"{name or uuid4().hex[:8]}@{tenant}.example"
        user = actions.add_user(email=email, password=None, name=name, roles=held, verified=True, now=datetime.now(UTC))
        for field, value in fields.items():
            setattr(user, field, value)
        user.save()
    return user


class Api:
    """The API of one tenant, as one person (or as nobody)."""

    def __init__(self, tenant: str, user: User | None = None) -> None:
        self.client = Client(headers={"host": f"{tenant}.localhost"}, raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user is not None:
            with tenant_schema(tenant):
                token = actions.token_for_programs(user=user, days=1, now=datetime.now(UTC))
            self.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> HttpResponse:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = json.dumps(body) if body is not None else ""
        answer: HttpResponse = self.client.generic(
            method, f"/api/v1{path}", data, content_type="application/json", headers=sent
        )
        return answer

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> HttpResponse:
        return self("POST", path, body, **headers)


def said(answer: HttpResponse) -> Any:
    """The body of an answer."""
    return json.loads(answer.content)


def code(answer: HttpResponse) -> tuple[int, str]:
    """Status and code of a problem, whose shape is checked on the way."""
    assert answer.headers["Content-Type"] == "application/problem+json", (answer.status_code, answer.content[:300])
    body = said(answer)
    assert body["type"] == f"urn:wattlane:problem:{body['code']}" and body["status"] == answer.status_code
    return answer.status_code, body["code"]


def unknown_to_others(path: str, *, tenant: str = "ampere", other: str = "barq", method: str = "GET") -> None:
    """The outsider (logged in, no business with it) and the other tenant's owner get 404."""
    outsider, owner = Api(tenant, person(tenant)), Api(other, person(other, "", "owner"))
    assert code(outsider(method, path)) == (404, "not_found")
    assert code(owner(method, path)) == (404, "not_found")
