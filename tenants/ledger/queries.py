"""Reading the books, and proving them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Sum

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


def statement(*, kind: str, owner: str = "", limit: int = 200) -> list[StatementLine]:
    """The newest movements of an owner's accounts of this kind, newest first, with the balance after each."""
    lines: list[StatementLine] = []
    for account in Account.objects.filter(kind=kind, owner=owner):
        rest = -account.balance_minor
        for entry in account.entries.select_related("posting").order_by("-id")[:limit]:
            posting = entry.posting
            lines.append(
                StatementLine(
                    posting.at, posting.name, posting.reference, entry.memo, -entry.amount_minor, rest, account.currency
                )
            )
            rest += entry.amount_minor
    return sorted(lines, key=lambda line: line.at, reverse=True)[:limit]


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
