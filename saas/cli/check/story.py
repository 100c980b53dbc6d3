"""What the steps share: HTTP with a Host header, the live feed, the adapters' control port, the database."""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx
import psycopg

from saas.cli.supervisor import Supervisor
from saas.kit.home import Home

T = TypeVar("T")
Json = dict[str, Any]


class Failed(Exception):
    """A step did not hold; the text is its evidence."""


def must(condition: object, text: str) -> None:
    """Raise Failed unless the condition holds."""
    if not condition:
        raise Failed(text)


def wait_for(what: str, look: Callable[[], T | None], seconds: float, every: float = 0.3) -> T:
    """The first truthy answer of `look`, or Failed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(every)
    raise Failed(f"waited {seconds:.0f} s for {what}")


class Client:
    """Somebody at a tenant: by the Host header over 127.0.0.1, as most programs must."""

    def __init__(self, port: int, host: str, token: str | None = None) -> None:
        headers = {"Host": host} | ({"Authorization": f"Bearer {token}"} if token else {})
        self.host = host
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20)

    def get(self, path: str, expect: int = 200, **query: Any) -> httpx.Response:
        return self._checked(self.http.get(path, params=query or None), expect)

    def post(self, path: str, body: Json | None = None, expect: int = 200, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self._checked(self.http.post(f"/api/v1{path}", json=body or {}, headers=headers), expect).json()

    def api(self, path: str, expect: int = 200, **query: Any) -> Any:
        return self.get(f"/api/v1{path}", expect, **query).json()

    def form(self, path: str, fields: Json, expect: tuple[int, ...] = (302, 303)) -> httpx.Response:
        """Fill in and send the form of a page, with its hidden token, as a browser would."""
        page = self.http.get(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        must(token, f"GET {path} answered {page.status_code} without a form")
        data = {"csrfmiddlewaretoken": token[1], **fields}  # type: ignore[index]
        headers = {"Origin": f"http://{self.host}", "Referer": f"http://{self.host}{path}"}
        return self._checked(self.http.post(path, data=data, headers=headers), *expect)

    def _checked(self, answer: httpx.Response, *expect: int) -> httpx.Response:
        must(
            answer.status_code in expect,
            f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {answer.text[:300]}",
        )
        return answer


class Listener(threading.Thread):
    """The live feed of one audience, as a browser's EventSource would read it."""

    def __init__(self, client: Client, audience: str, token: str) -> None:
        super().__init__(daemon=True)
        self.events: list[tuple[float, str, Json]] = []
        self._client = httpx.Client(base_url=client.http.base_url, timeout=httpx.Timeout(10, read=60))
        self._headers = {"Host": client.host, "Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        self._audience = audience
        self._last_id = ""
        self.stopped = False
        self.start()

    def run(self) -> None:
        while not self.stopped:
            try:
                self._read()
            except httpx.HTTPError:
                time.sleep(0.5)

    def of_kind(self, kind: str) -> list[Json]:
        return [data for _, name, data in list(self.events) if name == kind]

    def _read(self) -> None:
        headers = self._headers | ({"Last-Event-ID": self._last_id} if self._last_id else {})
        with self._client.stream("GET", "/live/events", params={"audience": self._audience}, headers=headers) as answer:
            for fields in _blocks(answer.iter_lines()):
                self._last_id = fields.get("id", self._last_id)
                if "data" in fields:
                    self.events.append((time.time(), fields.get("event", "message"), json.loads(fields["data"])))


def _blocks(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    block: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(":")
            block[name] = value.strip()
        elif not line and block:
            yield block
            block = {}


class Story:
    """The running product, its people, and what happened so far."""

    def __init__(self, place: Home, supervisor: Supervisor, facts: Json) -> None:
        self.place = place
        self.supervisor = supervisor
        self.facts = facts
        self.told: Json = {}

    def tenant(self, schema: str) -> Json:
        return next(tenant for tenant in self.facts["tenants"] if tenant["schema"] == schema)

    def person(self, schema: str, email_start: str) -> Json:
        return next(p for p in self.tenant(schema)["people"] if p["email"].startswith(f"{email_start}@"))

    def client(self, schema: str, person: str | None = None) -> Client:
        """A program with the person's token; without a person, an anonymous visitor."""
        token = self.person(schema, person)["token"] if person else None
        return Client(self.place.web_port, self.tenant(schema)["host"], token)

    def visitor(self, host: str) -> Client:
        return Client(self.place.web_port, host)

    def charger(self, schema: str, number: int) -> Json:
        found: Json = self.tenant(schema)["chargers"][number]
        return found

    def street(self, **request: Any) -> Json:
        """Ask the simulated adapters something over their control port."""
        return self._ask("street.json", request)

    def depot(self, **request: Any) -> Json:
        """Ask the simulated OCPP stations something over theirs."""
        return self._ask("depot.json", request)

    def _ask(self, file: str, request: Json) -> Json:
        port = json.loads((self.place.run / file).read_text(encoding="utf-8"))["control"]
        with socket.create_connection(("127.0.0.1", port), timeout=35) as connection:
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer: Json = json.loads(connection.makefile().readline())
        return answer

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look into the database, as an auditor would."""
        with psycopg.connect(self.place.database_url, connect_timeout=5) as connection:
            return connection.execute(query, values).fetchall()


__all__ = ["Client", "Failed", "Json", "Listener", "Story", "must", "wait_for"]
