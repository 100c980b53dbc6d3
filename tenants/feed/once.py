"""The same `Idempotency-Key` gets the same answer: what it asks for is done once, whoever repeats it and whenever."""

import hashlib
import re
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from saas.kit import problems
from saas.kit.errors import Refused

from .models import IdempotentAnswer

WAIT_S = 5.0
STALE = timedelta(seconds=60)  # a process died in mid-request; its transaction, and so its effect, is gone
KEY_PATTERN, LONGEST_KEY = "[!-~]+", 200
NEVER_KEPT = frozenset({401, 403, 429})  # what says nothing about the request itself may be tried again


class KeyInvalid(Refused):
    """An Idempotency-Key has 1 to 200 visible ASCII characters, and no space."""

    code = "idempotency_key_invalid"
    status = 422


class KeyReused(Refused):
    """This Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    status = 422


class InProgress(Refused):
    """The first request with this Idempotency-Key is still running."""

    code = "idempotency_in_progress"
    retry = True


def answer_once(
    *, request: HttpRequest, caller: str, run: Callable[[], HttpResponse], whole: bool = True
) -> HttpResponse:
    """Run the request, or give the answer of the first one with its key.

    `whole`: the effect and the answer commit together. Without it (for what has several transactions and is idempotent
    by itself) a crash between the two leaves the effect, and a later repeat runs again.

    Raises KeyInvalid, KeyReused, InProgress (the first is still running after some seconds).
    """
    key = request.headers["Idempotency-Key"]
    if len(key) > LONGEST_KEY or not re.fullmatch(KEY_PATTERN, key):
        raise KeyInvalid()
    fingerprint = _fingerprint(request)
    held = _claim(caller, key, fingerprint)
    if held is None:
        held = _wait(caller, key, fingerprint)
        if held is not None:
            return _again(held)
        held = _claim(caller, key, fingerprint)
    if held is None:
        raise InProgress()
    return _first(held, run, whole)


def _first(held: IdempotentAnswer, run: Callable[[], HttpResponse], whole: bool) -> HttpResponse:
    kept = False
    try:
        with transaction.atomic() if whole else nullcontext():
            response = run()
            kept = response.status_code < 500 and response.status_code not in NEVER_KEPT
            if kept:
                held.status, held.body = response.status_code, response.content
                held.save(update_fields=["status", "body"])
            elif whole and response.status_code >= 500:
                transaction.set_rollback(True)
    finally:
        if not kept:
            held.delete()
    return response


def _claim(caller: str, key: str, fingerprint: str) -> IdempotentAnswer | None:
    """Our row, or None when another request has it."""
    stale = IdempotentAnswer.objects.filter(caller=caller, key=key, status=None, at__lt=timezone.now() - STALE)
    stale.delete()
    try:
        with transaction.atomic():
            return IdempotentAnswer.objects.create(caller=caller, key=key, fingerprint=fingerprint)
    except IntegrityError:
        return None


def _wait(caller: str, key: str, fingerprint: str) -> IdempotentAnswer | None:
    """The finished first request. None when it gave up its key meanwhile. KeyReused, InProgress."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        held = IdempotentAnswer.objects.filter(caller=caller, key=key).first()
        if held is None or held.status is not None:
            break
        _same(held, fingerprint)
        time.sleep(0.05)
    else:
        raise InProgress()
    if held is not None:
        _same(held, fingerprint)
    return held


def _same(held: IdempotentAnswer, fingerprint: str) -> None:
    if held.fingerprint != fingerprint:
        raise KeyReused()


def _again(held: IdempotentAnswer) -> HttpResponse:
    kind = problems.MEDIA_TYPE if (held.status or 0) >= 400 else "application/json; charset=utf-8"
    headers = {"Idempotency-Replayed": "true", "Cache-Control": "no-store"}
    return HttpResponse(bytes(held.body or b""), status=held.status, content_type=kind, headers=headers)


def _fingerprint(request: HttpRequest) -> str:
    text = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(text + request.body).hexdigest()
