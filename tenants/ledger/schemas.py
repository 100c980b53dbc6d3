"""Shapes of the earnings API."""

from ninja import Schema

from saas.kit.schemas import Moment, Money


class Earning(Schema):
    """One movement of the host's account; positive is in the host's favour."""

    at: Moment
    name: str
    reference: str
    memo: str
    amount: Money
    balance: Money


class Earnings(Schema):
    """What is owed to the host, and a page of the movements. `next` goes into `after` for the following one."""

    balance: Money
    items: list[Earning]
    next: str | None
