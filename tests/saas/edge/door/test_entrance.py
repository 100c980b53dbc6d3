"""The door, through real sockets: granian, Django on the test database, and real upstreams behind."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from django.test import Client
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from saas.contracts import door
from saas.kit.home import home
from saas.kit.tenant_context import tenant_schema
from tenants.accounts import actions
from tenants.accounts.models import User

from .serving import Peer, behind, free_port, web

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOST = {"Host": "ampere.localhost"}


@pytest.fixture(scope="module")
def standing(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[tuple[str, Peer, Peer, str, str]]:
    """Address of the door, the live feed and Streamlit behind it, and the cookies of an analyst and of a driver."""
    with django_db_blocker.unblock(), tenant_schema("ampere"):  # type: ignore[attr-defined]
        cookies = [
            _cookie("door-analyst@example.com", (("esg_analyst", None),)),
            _cookie("door-driver@example.com", ()),
        ]
        with behind() as live, behind() as streamlit:
            ports = {"WATTLANE_LIVE_PORT": str(live.port), "WATTLANE_ANALYTICS_PORT": str(streamlit.port)}
            with web(**ports) as address:
                yield address, live, streamlit, *cookies
    with django_db_blocker.unblock(), tenant_schema("ampere"):  # type: ignore[attr-defined]
        User.objects.filter(email__startswith="door-").delete()


def _cookie(email: str, roles: tuple[tuple[str, None], ...]) -> str:
    user = actions.add_user(email=email, password=None, roles=roles, now=NOW)
    client = Client(headers=HOST)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return f"session={client.cookies['session'].value}"


Standing = tuple[str, Peer, Peer, str, str]


@pytest.mark.req("OPS-05")
def test_django_answers_with_the_security_headers(standing: Standing) -> None:
    answer = httpx.get(f"{standing[0]}/accounts/login/", headers=HOST)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "camera=(self)" in answer.headers["permissions-policy"]


@pytest.mark.req("OPS-05")
def test_every_answer_has_its_own_nonce(standing: Standing) -> None:
    policies = {httpx.get(f"{standing[0]}/nowhere", headers=HOST).headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


@pytest.mark.req("OPS-03")
def test_health_needs_no_tenant(standing: Standing) -> None:
    for path in ("/healthz", "/readyz"):
        assert httpx.get(standing[0] + path).status_code == 200
        assert httpx.get(standing[0] + path, headers={"Host": "nobody.example"}).status_code == 200


@pytest.mark.req("TEN-03")
def test_a_host_that_is_nobodys_gets_404_page_or_problem(standing: Standing) -> None:
    page = httpx.get(f"{standing[0]}/", headers={"Host": "nobody.localhost"})
    problem = httpx.get(f"{standing[0]}/api/v1/me", headers={"Host": "nobody.localhost"})
    assert (page.status_code, problem.status_code) == (404, 404)
    assert problem.headers["content-type"] == "application/problem+json"


@pytest.mark.req("API-05")
def test_live_events_come_at_once_and_the_upstream_hears_of_the_leaving(standing: Standing) -> None:
    standing[1].left.clear()
    with httpx.stream("GET", f"{standing[0]}/live/stream", headers=HOST, timeout=30) as answer:
        chunks = answer.iter_raw()
        assert next(chunks).startswith(b"data: 0")
        assert next(chunks).startswith(b"data: 1")
        assert not standing[1].left.is_set()
    assert standing[1].left.wait(30)


@pytest.mark.req("TEN-03")
def test_the_live_feed_gets_host_and_cookie_but_no_forged_identity(standing: Standing) -> None:
    forged = {**HOST, "Cookie": "session=abc", door.HEADER: "forged", "X_Wattlane_Identity": "forged"}
    httpx.get(f"{standing[0]}/live/plain", headers=forged)
    seen = standing[1].seen[-1]
    assert (seen["host"], seen["cookie"]) == ("ampere.localhost", "session=abc")
    assert "forged" not in str(seen)


@pytest.mark.req("ANA-03", "TEN-03")
def test_a_stranger_is_sent_to_the_login_and_streamlit_hears_nothing(standing: Standing) -> None:
    before = len(standing[2].seen)
    answer = httpx.get(f"{standing[0]}/analytics/page?x=1", headers=HOST)
    assert (answer.status_code, len(standing[2].seen)) == (302, before)
    assert answer.headers["location"] == "/accounts/login/?next=%2Fanalytics%2Fpage%3Fx%3D1"


@pytest.mark.req("ANA-03", "TEN-04")
def test_a_driver_may_not_look(standing: Standing) -> None:
    before = len(standing[2].seen)
    answer = httpx.get(f"{standing[0]}/analytics/", headers={**HOST, "Cookie": standing[4]})
    assert (answer.status_code, len(standing[2].seen)) == (403, before)


@pytest.mark.req("ANA-03", "TEN-03")
@pytest.mark.parametrize("host", ["barq.localhost", "localhost"])
def test_a_session_counts_on_its_own_host_only(standing: Standing, host: str) -> None:
    answer = httpx.get(f"{standing[0]}/analytics/", headers={"Host": host, "Cookie": standing[3]})
    assert answer.status_code in (302, 404)


@pytest.mark.req("ANA-03", "TEN-03")
def test_streamlit_learns_who_looks_and_nothing_that_could_be_stolen(standing: Standing) -> None:
    cookie = f"{standing[3]}; _streamlit_xsrf=ok"
    answer = httpx.get(f"{standing[0]}/analytics/x", headers={**HOST, "Cookie": cookie, door.HEADER: "forged"})
    assert answer.text == "hello from /analytics/x"
    assert answer.headers["x-frame-options"] == "DENY"
    seen = standing[2].seen[-1]
    identity = door.verify(seen[door.HEADER.lower()], now_s=int(time.time()), secret=home().secrets["door"])
    assert (identity.tenant, identity.roles, identity.tenant_wide) == ("ampere", ("esg_analyst",), True)
    assert (seen["cookie"], seen["host"]) == ("_streamlit_xsrf=ok", f"127.0.0.1:{standing[2].port}")


def _socket(standing: Standing, origin: str, cookie: str) -> ClientConnection:
    headers = {"Cookie": cookie}
    port = standing[0].rsplit(":", 1)[1]
    uri = f"ws://ampere.localhost:{port}/analytics/_stcore/stream"
    words: list[Any] = ["streamlit", "token"]
    page: Any = origin.replace("PORT", port) or None
    raw = socket.create_connection(("127.0.0.1", int(port)))
    return connect(uri, sock=raw, origin=page, additional_headers=headers, subprotocols=words, proxy=None)


@pytest.mark.req("ANA-03")
def test_an_analysts_socket_reaches_streamlit_and_back(standing: Standing) -> None:
    with _socket(standing, "http://ampere.localhost:PORT", standing[3]) as joined:
        assert joined.subprotocol == "streamlit"
        joined.send(b"\x00binary")
        assert joined.recv(timeout=3) == b"\x00binary"
        joined.send("text")
        assert joined.recv(timeout=3) == "text"
    assert standing[2].left.wait(3)


@pytest.mark.req("ANA-03", "TEN-03", "OPS-05")
@pytest.mark.parametrize("origin", ["http://barq.localhost:PORT", "https://evil.example", "null", ""])
def test_a_socket_from_a_foreign_page_is_refused(standing: Standing, origin: str) -> None:
    before = len(standing[2].seen)
    with pytest.raises(InvalidStatus) as refused:
        _socket(standing, origin, standing[3])
    assert (refused.value.response.status_code, len(standing[2].seen)) == (403, before)


@pytest.mark.req("ANA-03", "TEN-04")
def test_sockets_of_strangers_and_drivers_are_refused(standing: Standing) -> None:
    for cookie in ("", "session=nonsense", standing[4]):
        with pytest.raises(InvalidStatus):
            _socket(standing, "http://ampere.localhost:PORT", cookie)


@pytest.mark.req("OPS-03")
def test_a_dead_part_is_named(standing: Standing) -> None:
    dead = str(free_port())
    with web(WATTLANE_LIVE_PORT=dead, WATTLANE_ANALYTICS_PORT=dead) as address:
        live = httpx.get(f"{address}/live/events", headers=HOST, timeout=30)
        page = httpx.get(f"{address}/analytics/", headers={**HOST, "Cookie": standing[3]}, timeout=30)
    assert (live.status_code, live.json()["code"]) == (503, "part_down")
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "<h1>" in page.text


@pytest.mark.req("OPS-03")
def test_without_a_database_every_answer_is_503() -> None:
    gone = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    with web(DATABASE_URL=gone) as address:
        paths = ("/readyz", "/", "/analytics/", "/api/v1/chargers")
        answers = [httpx.get(f"{address}{path}", headers=HOST, timeout=30) for path in paths]
    assert [answer.status_code for answer in answers] == [503] * 4
    assert answers[-1].json()["code"] == "database_down"


@pytest.mark.req("OPS-05")
def test_a_body_over_the_limit_is_refused(standing: Standing) -> None:
    answer = httpx.post(f"{standing[0]}/api/v1/auth/token", headers=HOST, content=b"x" * (26 * 1024 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.req("TEN-03")
def test_threads_that_serve_both_tenants_never_mix_them(standing: Standing) -> None:
    async def storm() -> list[tuple[str, str]]:
        async with httpx.AsyncClient(base_url=standing[0], timeout=20) as client:

            async def one(number: int) -> tuple[str, str]:
                host = ("ampere", "barq")[number % 2]
                answer = await client.get("/accounts/login/", headers={"Host": f"{host}.localhost"})
                return host, answer.headers["content-language"]

            return list(await asyncio.gather(*(one(number) for number in range(80))))

    assert set(asyncio.run(storm())) == {("ampere", "en"), ("barq", "ar")}


@pytest.mark.req("OPS-03")
def test_the_server_ends_in_time_while_requests_run(standing: Standing) -> None:
    async def storm(address: str) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=10) as client:
            await asyncio.gather(
                *(client.get("/accounts/login/", headers=HOST) for _ in range(60)), return_exceptions=True
            )

    with web() as address:  # leaving it fails when the server takes longer than supervisors wait
        threading.Thread(target=lambda: asyncio.run(storm(address)), daemon=True).start()
        time.sleep(0.3)


@pytest.mark.slow
@pytest.mark.req("ANA-03")
def test_the_real_streamlit_answers_an_analyst_through_the_door(standing: Standing) -> None:
    port = str(free_port())
    streamlit = subprocess.Popen(
        [sys.executable, "-m", "analytics_app"],
        env={**os.environ, "WATTLANE_ANALYTICS_PORT": port},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with web(WATTLANE_ANALYTICS_PORT=port) as address:
            page = _patiently(f"{address}/analytics/", {**HOST, "Cookie": standing[3]})
            assert page.status_code == 200 and "<script" in page.text
            port_of_web = address.rsplit(":", 1)[1]
            with _socket((address, *standing[1:]), f"http://ampere.localhost:{port_of_web}", standing[3]) as joined:
                joined.send(b"\x5a\x00")  # BackMsg.rerun_script
                assert isinstance(joined.recv(timeout=20), bytes)
    finally:
        streamlit.terminate()
        streamlit.wait(10)


def _patiently(url: str, headers: dict[str, str]) -> httpx.Response:
    end = time.monotonic() + 60
    while (answer := httpx.get(url, headers=headers)).status_code == 503 and time.monotonic() < end:
        time.sleep(0.5)
    return answer
