"""The client of the internal API: repeats what may help, gives up on what does not, pages, and names one tenant."""

import httpx
import msgspec
import pytest

from pipelines.resources.saas import Denied, SaasClient, Unreachable
from saas.contracts import internal

pytestmark = pytest.mark.req("ANA-01")
CARD = internal.TenantCard(
    tenant="ampere",
    host="ampere.localhost",
    name="A",
    kind="reseller",
    country="FI",
    language="en",
    currency="EUR",
    timezone="UTC",
    colour_primary="#000000",
    colour_accent="#ffffff",
)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_SECRET_PIPELINES", "p")


def client(*answers: httpx.Response | Exception) -> tuple[SaasClient, list[httpx.Request]]:
    asked: list[httpx.Request] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        now = left.pop(0)
        if isinstance(now, Exception):
            raise now
        return now

    return SaasClient("http://web", httpx.MockTransport(answer), pause=0), asked


def test_a_busy_web_app_is_asked_again() -> None:
    saas, asked = client(httpx.ConnectError("x"), httpx.Response(503), httpx.Response(200, content=b"[]"))
    assert saas.tenants() == []
    assert len(asked) == 3


def test_after_three_tries_it_is_unreachable() -> None:
    saas, asked = client(*[httpx.Response(502)] * 3)
    with pytest.raises(Unreachable, match="tenants for public"):
        saas.tenants()
    assert len(asked) == 3


def test_a_refusal_is_not_repeated() -> None:
    saas, asked = client(httpx.Response(409, text="not queued"))
    with pytest.raises(Denied, match="409 not queued"):
        saas.report_is(CARD, "u", "running", internal.RunStarted(run_id="r"))
    assert len(asked) == 1


def test_pages_are_followed_to_the_end() -> None:
    first = internal.SessionPage(items=[], next="c1")
    pages = (first, internal.SessionPage(items=[]))
    saas, asked = client(*[httpx.Response(200, content=msgspec.json.encode(page)) for page in pages])
    assert list(saas.sessions(CARD, None)) == []
    assert asked[1].url.params["after"] == "c1"


def test_a_call_names_host_and_carries_a_token_for_that_tenant_and_scope_only() -> None:
    saas, asked = client(httpx.Response(200, content=b"[]"))
    saas.queued_reports(CARD)
    token = asked[0].headers["authorization"].removeprefix("Bearer ")
    assert asked[0].headers["host"] == "ampere.localhost"
    internal.verify(token, tenant="ampere", scope="reports:write", now_s=0)
    for tenant, scope in (("barq", "reports:write"), ("ampere", "sessions:read")):
        with pytest.raises(internal.BadToken):
            internal.verify(token, tenant=tenant, scope=scope, now_s=0)
    with pytest.raises(internal.BadToken):
        internal.verify(token, tenant="ampere", scope="reports:write", now_s=10**11)


def test_without_the_installations_secret_it_is_unreachable(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.delenv("WATTLANE_SECRET_PIPELINES")
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    with pytest.raises(Unreachable, match="no secret"):
        client()[0].tenants()
