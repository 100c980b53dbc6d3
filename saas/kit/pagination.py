"""Cursor pages: `{"items": […], "next": cursor or null}` and a Link header. Rows added meanwhile never shift a page."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from .errors import Invalid

T = TypeVar("T")
M = TypeVar("M", bound=Model)
LIMIT, MOST = 50, 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page(Generic[T]):
    """`next` is an opaque cursor for the page that follows, None on the last."""

    items: Sequence[T]
    next: str | None


def newest_first(rows: "QuerySet[M]", *, after: str | None, limit: int = LIMIT) -> Page[M]:
    """A page of rows by falling key. Invalid when the cursor is not one of ours."""
    if after is not None:
        rows = rows.filter(pk__lt=key_of(after))
    found = list(rows.order_by("-pk")[: limit + 1])
    items = found[:limit]
    return Page(items, cursor_of(items[-1].pk) if len(found) > limit else None)


def oldest_first(items: Sequence[T], *, after: str | None, limit: int, key: Callable[[T], int]) -> Page[T]:
    """A page of a list that is in memory anyway, ordered by rising `key`."""
    rest = [item for item in items if after is None or key(item) > key_of(after)]
    page = rest[:limit]
    return Page(page, cursor_of(key(page[-1])) if len(rest) > limit else None)


def link_next(request: HttpRequest, response: HttpResponse, cursor: str | None) -> None:
    """The Link header (RFC 8288) that leads to the next page, where there is one."""
    if cursor:
        query = [(key, value) for key, value in request.GET.items() if key != "after"]
        address = request.build_absolute_uri(f"{request.path}?{urlencode([*query, ('after', cursor)])}")
        response.headers["Link"] = f'<{address}>; rel="next"'


def cursor_of(key: int) -> str:
    """An opaque cursor for the page after this key."""
    return base64.urlsafe_b64encode(f"1:{key}".encode()).decode().rstrip("=")


def cursor_at(moment: datetime) -> str:
    """The same where a list is in the order of moments: exact to the microsecond."""
    return cursor_of((moment - EPOCH) // timedelta(microseconds=1))


def moment_of(cursor: str) -> datetime:
    """The moment of such a cursor; Invalid."""
    try:
        return EPOCH + timedelta(microseconds=key_of(cursor))
    except OverflowError as error:
        raise Invalid("This cursor is not one of ours.", after="not a cursor") from error


def key_of(cursor: str) -> int:
    """The key of a cursor; Invalid when it is not one of ours."""
    try:
        version, _, key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
        number = int(key) if version == "1" and key.isdecimal() and key.isascii() else -1
    except (ValueError, binascii.Error) as error:
        raise Invalid("This cursor is not one of ours.", after="not a cursor") from error
    if not 0 <= number < 2**63:
        raise Invalid("This cursor is not one of ours.", after="not a cursor")
    return number
