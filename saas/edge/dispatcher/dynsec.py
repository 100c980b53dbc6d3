"""Keeps Mosquitto's clients equal to the device registry, through its dynamic-security plug-in: no file, no restart.

Mosquitto 2.0 writes its whole list to disk at every command, and does nothing else meanwhile (2 µs for each client in
it). So changes go in batches that keep it busy for a fifth of a second, the urgent ones first, and a turn is short.
What is lost on the way is found by listing again.
"""

import json
import queue
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from saas.devices import actions, keys, queries
from saas.edge import metrics
from saas.edge.broker.rules import CONTROL
from saas.edge.mqtt.link import Link

from .roster import WITH_PASSWORD, Change, Kept, Login, changes, command, kept

log = structlog.get_logger("dispatcher")
ANSWER_SECONDS = 10.0
TURN_SECONDS = 1.0  # the dispatcher has commands to send besides
BATCH_SECONDS = 0.2
LEAST_BATCH, MOST_BATCH = 5, 200
PAGE = 500
LIST_AGAIN_SECONDS = 300.0
QUIET_SECONDS = 30.0  # between attempts at a broker that does not answer
Registry = Callable[[], Mapping[str, Login]]
Secrets = Callable[[Mapping[str, str]], Mapping[str, str]]
Promote = Callable[[str, str], object]
TAG = 16  # so much of a password's SHA-256 names it


def registry() -> dict[str, Login]:
    """The adapters of the device registry."""
    rows = queries.logins(now=datetime.now(UTC))
    return {device: Login(held[:TAG], enabled, is_next) for device, (held, enabled, is_next) in rows.items()}


def passwords(tags: Mapping[str, str]) -> dict[str, str]:
    """By device, the password that its tag names; none where that is not known any more."""
    held = queries.passwords(tags.keys())
    fitting = ((device, one) for device, known in held.items() for one in known)
    return {device: one for device, one in fitting if keys.digest(one).startswith(tags[device])}


def promote(device: str, tag: str) -> None:
    """The device is in with the password of this tag."""
    actions.promote(device_id=device, now=datetime.now(UTC), used=tag)


class Silent(Exception):
    """No answer from the plug-in in time."""


class Dynsec:
    """`registry` says who may connect, `secrets_of` with which passwords (fewer when they are not known), `promote` is
    told who is in with its next one."""

    def __init__(self, link: Link, registry: Registry, secrets_of: Secrets, promote: Promote) -> None:
        self._link, self._registry, self._secrets_of, self._promote = link, registry, secrets_of, promote
        self._seen: set[str] = set()
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._present: dict[str, Kept] | None = None  # None: to be listed
        self._connection = self._list_at = self._quiet_until = 0.0
        self._unknown: frozenset[str] = frozenset()
        self._batch = LEAST_BATCH
        link.on(f"{CONTROL}/response", lambda _topic, payload: self._answers.put(payload))

    def saw(self, device: str) -> None:
        """A client of this name has just connected. Called in the network thread."""
        self._seen.add(device)

    def refresh(self) -> bool:
        """Bring Mosquitto up to date, for about a second; True when there is more to do."""
        if not self._link.connected.is_set() or time.monotonic() < self._quiet_until:
            return False
        try:
            return self._work()
        except Silent:
            log.error("mosquitto_silent", hint="Is its dynamic-security plug-in loaded, and its acl_file ours?")
            self._present, self._quiet_until = None, time.monotonic() + QUIET_SECONDS
            return False

    def _work(self) -> bool:
        now = time.monotonic()
        if self._connection != self._link.connections or now >= self._list_at:
            self._present = None
        if self._present is None:
            self._connection, self._list_at = self._link.connections, now + LIST_AGAIN_SECONDS
            self._present = self._listed()
        wanted = self._registry()
        self._note_seen(wanted, self._present)
        todo = self._possible(changes(wanted, self._present))
        while todo and time.monotonic() < now + TURN_SECONDS and self._present is not None:
            batch, todo = todo[: self._batch], todo[self._batch :]
            self._carry_out(batch, self._present)
        return bool(todo)

    def _note_seen(self, wanted: Mapping[str, Login], present: Mapping[str, Kept]) -> None:
        """Mosquitto knows one password of each: who connects while it is the next one has used that."""
        while self._seen:
            device = self._seen.pop()
            login = wanted.get(device)
            if login and login.is_next and device in present and present[device].tag == login.tag:
                self._promote(device, login.tag)

    def _possible(self, found: list[Change]) -> list[tuple[Change, str | None]]:
        """Each change with its password; without those whose password nobody knows any more."""
        needed = {change.device: change.after.tag for change in found if change.after and change.kind in WITH_PASSWORD}
        held = self._secrets_of(needed) if needed else {}
        unknown = needed.keys() - held.keys()
        if unknown - self._unknown:
            log.warning("password_unknown", devices=sorted(unknown)[:10], count=len(unknown), remedy="rotate it")
        self._unknown = frozenset(unknown)
        return [(change, held.get(change.device)) for change in found if change.device not in unknown]

    def _carry_out(self, batch: list[tuple[Change, str | None]], present: dict[str, Kept]) -> None:
        began = time.monotonic()
        answers = self._ask([command(change, secret) for change, secret in batch])
        fitting = int(len(batch) * BATCH_SECONDS / (time.monotonic() - began + 1e-6))
        self._batch = max(LEAST_BATCH, min(MOST_BATCH, 2 * self._batch, fitting))
        for (change, _), answer in zip(batch, answers, strict=False):
            if change.kind == "modifyClient":
                self._seen.discard(change.device)  # it was in with the password before
            if "error" in answer:
                log.error("mosquitto_refused", device=change.device, command=change.kind, error=answer["error"])
                self._list_at = 0.0
            elif change.after is None:
                present.pop(change.device, None)
            else:
                present[change.device] = change.after
            metrics.CREDENTIALS.labels(change.kind).inc()

    def _listed(self) -> dict[str, Kept]:
        """All clients of Mosquitto, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            page = {"command": "listClients", "verbose": True, "count": PAGE, "offset": len(found)}
            data = self._ask([page])[0].get("data", {})
            found += data.get("clients", [])
            if not data.get("clients") or len(found) >= data["totalCount"]:
                return kept(found)

    def _ask(self, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers, one for each command. Silent when they do not come."""
        mark = secrets.token_hex(8)
        said = {"commands": [{**each, "correlationData": mark} for each in commands]}
        if not self._link.publish(CONTROL, json.dumps(said).encode()):
            raise Silent
        deadline = time.monotonic() + ANSWER_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            try:
                answers = json.loads(self._answers.get(timeout=left))["responses"]
            except queue.Empty:
                break
            except (ValueError, KeyError, TypeError):
                continue
            mine: list[dict[str, Any]] = [one for one in answers if one.get("correlationData") == mark]
            if mine:
                return mine
        raise Silent
