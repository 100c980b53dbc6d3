"""The one way into the books."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from saas.kit.errors import Refused

from .models import Account, Entry, Posting
from .postings import Line


class Unbalanced(Refused):
    """The lines do not sum to zero in one currency."""

    code = "unbalanced"


class KeyReused(Refused):
    """This key belongs to another movement."""

    code = "posting_key_reused"


@transaction.atomic
def post(*, name: str, key: str, reference: str, lines: Sequence[Line], now: datetime) -> Posting:
    """Book a movement once: the same key again returns the posting that is there. Raises Unbalanced, KeyReused."""
    if len(lines) < 2 or sum(line.amount_minor for line in lines) != 0 or len({line.currency for line in lines}) != 1:
        raise Unbalanced(lines=[str(line) for line in lines])
    posting_id = _claim(name, key, reference, now)
    if posting_id is None:
        return _repeat(name, key, lines)
    posting = Posting.objects.get(pk=posting_id)
    # In the order of accounts: two postings that share accounts then wait for one another instead of deadlocking.
    rows = sorted(((_account(line), line) for line in lines), key=lambda row: row[0])
    for account_id, line in rows:
        Entry.objects.create(posting=posting, account_id=account_id, amount_minor=line.amount_minor, memo=line.memo)
    return posting


def _claim(name: str, key: str, reference: str, now: datetime) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_posting (uid, created_at, name, key, reference, at) VALUES (%s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (key) DO NOTHING RETURNING id",
            [uuid.uuid4(), now, name, key, reference, now],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _repeat(name: str, key: str, lines: Sequence[Line]) -> Posting:
    posting = Posting.objects.get(key=key)
    booked = sorted(
        (e.account.kind, e.account.owner, e.amount_minor) for e in posting.entries.select_related("account")
    )
    if posting.name != name or booked != sorted((line.kind, line.owner, line.amount_minor) for line in lines):
        raise KeyReused(key=key)
    return posting


def _account(line: Line) -> int:
    return int(Account.objects.get_or_create(kind=line.kind, owner=line.owner, currency=line.currency)[0].pk)
