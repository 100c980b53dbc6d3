"""`/host/earnings`."""

from django.http import HttpRequest
from ninja import Query, Router

from saas.kit.schemas import Newest, money
from saas.tenancy.queries import current
from tenants.accounts.bearer import caller

from . import queries
from .schemas import Earnings

router = Router(tags=["hosts"])
KIND = "host_payable"


@router.get("/host/earnings", response=Earnings, operation_id="host_earnings")
def earnings(request: HttpRequest, asked: Query[Newest]) -> object:
    """What the caller's chargers earned, line by line, newest first."""
    owner, code = f"user:{caller(request).uid}", current().currency
    lines = queries.statement(kind=KIND, owner=owner, limit=asked.limit)
    return {
        "balance": money(queries.balance(kind=KIND, owner=owner, currency=code), code),
        "items": [
            {
                "at": line.at,
                "name": line.name,
                "reference": line.reference,
                "memo": line.memo,
                "amount": money(line.amount_minor, line.currency),
                "balance": money(line.balance_minor, line.currency),
            }
            for line in lines
        ],
    }
