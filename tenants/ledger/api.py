"""`/host/earnings`."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from saas.kit.pagination import link_next
from saas.kit.schemas import Paging, money
from saas.tenancy.queries import current
from tenants.accounts.bearer import caller

from . import queries
from .schemas import Earnings

router = Router(tags=["hosts"])
KIND = "host_payable"


@router.get("/host/earnings", response=Earnings, operation_id="host_earnings")
def earnings(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """What the caller's chargers earned, line by line, newest first."""
    owner, code = f"user:{caller(request).uid}", current().currency
    page = queries.statement(kind=KIND, owner=owner, limit=asked.limit, after=asked.after)
    link_next(request, response, page.next)
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
            for line in page.items
        ],
        "next": page.next,
    }
