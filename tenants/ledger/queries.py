"""Reading the books, and proving them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Sum

from saas.kit.pagination import LIMIT, Page, newest_first

from .models import Account, Entry, Posting


@dataclass(frozen=True)
class StatementLine:
    """One movement of an account as its owner reads it: `amount_minor` positive is in their favour."""

    at: datetime
    name: str
    reference: str
    memo: str
    amount_minor: int
    balance_minor: int
    currency: str


def balance(*, kind: str, owner: str = "", currency: str) -> int:
    """What lies on a liability or income account, from the owner's side (credit positive); 0 when there is none."""
    row = Account.objects.filter(kind=kind, owner=owner, currency=currency).first()
    return -row.balance_minor if row else 0


def statement(*, kind: str, owner: str = "", limit: int = LIMIT, after: str | None = None) -> Page[StatementLine]:
    """Movements of an owner's accounts of this kind, newest first, each with the balance of its account after it."""
    rows = Entry.objects.select_related("posting", "account").filter(account__kind=kind, account__owner=owner)
    page = newest_first(rows, after=after, limit=limit)
    rest = _after(page.items)
    lines = []
    for entry in page.items:
        at, account = entry.posting, entry.account
        held = rest[account.pk]
        lines.append(
            StatementLine(at.at, at.name, at.reference, entry.memo, -entry.amount_minor, held, account.currency)
        )
        rest[account.pk] += entry.amount_minor
    return Page(lines, page.next)


def _after(entries: Sequence[Entry]) -> dict[int, int]:
    """What lay on each account after the newest of these entries, from its owner's side."""
    accounts = {entry.account.pk: -entry.account.balance_minor for entry in entries}
    if entries:
        newer = Entry.objects.filter(account__in=accounts, pk__gt=entries[0].pk)
        for key, amount in newer.values_list("account").annotate(rest=Sum("amount_minor")).order_by():
            accounts[key] += amount
    return accounts


def of_reference(reference: str) -> list[Posting]:
    """Everything that was booked about one thing, with entries and accounts, oldest first."""
    return list(Posting.objects.filter(reference=reference).prefetch_related("entries__account").order_by("id"))


def differences() -> list[str]:
    """Inside the books alone: postings that do not balance, balances that are not the sum of their entries."""
    skew = Entry.objects.values("posting__key").annotate(rest=Sum("amount_minor")).exclude(rest=0)
    found = [f"posting {row['posting__key']} is off by {row['rest']}" for row in skew]
    off = Account.objects.annotate(booked=Sum("entries__amount_minor")).exclude(balance_minor=F("booked"))
    found += [
        f"account {a.kind} {a.owner} shows {a.balance_minor}, entries say {a.booked}"
        for a in off
        if a.booked is not None or a.balance_minor
    ]
    return found
