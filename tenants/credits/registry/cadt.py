"""The Climate Action Data Trust's API, version 1: what is posted is staged there, for its own people to commit.

The API knows no idempotency keys. So every filing first looks whether the unit is staged or committed already, by the
first serial; and a call that may have arrived without an answer is looked up before it is made again.
"""

import time
from collections.abc import Mapping
from typing import Any

import httpx

from .port import Down, Refusal

TIMEOUT = httpx.Timeout(10, connect=3)
ATTEMPTS = 3
PAGE = 100
MOST_PAGES = 50


class CadtRegistry:
    """`url` without `/v1`. `pause` (seconds before a repeat) and `transport` are for tests."""

    name = "cadt"
    is_stand_in = False

    def __init__(
        self, url: str, key: str = "", *, pause: float = 1.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        headers = {"x-api-key": key} if key else {}
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/v1", headers=headers, timeout=TIMEOUT, transport=transport
        )
        self._pause = pause

    def file(self, document: Mapping[str, Any]) -> str:
        project, unit = document["project"], document["unit"]
        self._once("projects", project, "projectId")
        return self._once("units", unit, "unitBlockStart", "unitStatus")

    def _once(self, what: str, body: Mapping[str, Any], *same: str) -> str:
        """Posts unless it is there already; the reference of what is there then. Down, Refusal."""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self._pause * attempt)
            try:
                known = self._known(what, body, same)
                return known or self._posted(what, body)
            except (httpx.TransportError, _Unclear):
                continue
        raise Down(f"The registry did not answer {ATTEMPTS} times.")

    def _posted(self, what: str, body: Mapping[str, Any]) -> str:
        answer = self._client.post(f"/{what}", json=dict(body))
        said = _said(answer)
        return str(said.get("uuid") or said.get("message") or "staged")

    def _known(self, what: str, body: Mapping[str, Any], same: tuple[str, ...]) -> str:
        """Reference of the row that is this one, staged or committed; empty when there is none."""
        wanted = {name: body[name] for name in same}
        for row in self._staged(what):
            for change in (row.get("diff") or {}).get("change") or []:
                if all(change.get(name) == value for name, value in wanted.items()):
                    return str(row.get("uuid"))
        key = "warehouseUnitId" if what == "units" else "warehouseProjectId"
        for row in self._pages(f"/{what}", {"search": str(body[same[0]])}):
            if all(row.get(name) == value for name, value in wanted.items()):
                return str(row.get(key))
        return ""

    def _staged(self, what: str) -> list[dict[str, Any]]:
        rows = self._pages("/staging", {"type": what})
        return [row for row in rows if str(row.get("table", "")).lower() == what]

    def _pages(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """All rows of a list. Unclear when it has more pages than anybody could have filed."""
        found: list[dict[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            said = _said(self._client.get(path, params={**query, "page": str(page), "limit": str(PAGE)}))
            rows = said if isinstance(said, list) else said.get("data", [])
            found += rows
            if isinstance(said, list) or page >= int(said.get("pageCount", 1)):
                return found
        raise _Unclear


class _Unclear(Exception):
    """An answer that says nothing: later helps."""


def _said(answer: httpx.Response) -> Any:
    """The JSON of an answer. Unclear on 5xx, 408 and 429; Refusal on every other error."""
    if answer.status_code >= 500 or answer.status_code in (408, 429):
        raise _Unclear
    if answer.status_code >= 400:
        raise Refusal(f"{answer.status_code}: {answer.text[:200]}")
    try:
        return answer.json()
    except ValueError as error:
        raise _Unclear from error
