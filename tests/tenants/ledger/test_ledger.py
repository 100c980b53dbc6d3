"""The books defend themselves: tried with plain SQL, as somebody with the database's password would."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.ledger import postings, queries
from tenants.ledger.actions import KeyReused, Unbalanced, post
from tenants.ledger.models import Account, Entry, Posting
from tenants.ledger.postings import Earning, Line, earning, held, refunded, settled
from tests.builders import NOW


def book(amount: int = 100, key: str = "k", **more: object) -> Posting:
    lines = held(driver="user:1", amount_minor=amount, currency="EUR")
    call = {"name": "payment_held", "reference": "booking:1", "lines": lines, "now": NOW, **more}
    return post(key=key, **call)  # type: ignore[arg-type]


def sql(statement: str, *values: object) -> None:
    """Run it, and the checks that wait for the commit."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)  # type: ignore[arg-type]
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.req("BIL-06")
def test_balances_follow_the_entries(ampere: Tenant) -> None:
    book(100)
    book(250, key="k2")
    assert queries.balance(kind="driver_hold", owner="user:1", currency="EUR") == 350
    lines = queries.statement(kind="driver_hold", owner="user:1").items
    assert [(line.amount_minor, line.balance_minor) for line in lines] == [(250, 350), (100, 100)]
    assert queries.balance(kind="driver_hold", owner="user:2", currency="EUR") == 0
    assert [p.key for p in queries.of_reference("booking:1")] == ["k", "k2"] and queries.differences() == []


@pytest.mark.req("BIL-06", "API-01")
def test_a_statement_comes_page_by_page_with_the_balance_after_each_movement(ampere: Tenant) -> None:
    for number, amount in enumerate((100, 250, 30, 4)):
        book(amount, key=f"k{number}")
    whole = queries.statement(kind="driver_hold", owner="user:1")
    assert [(line.amount_minor, line.balance_minor) for line in whole.items] == [
        (4, 384), (30, 380), (250, 350), (100, 100),
    ]  # fmt: skip
    first = queries.statement(kind="driver_hold", owner="user:1", limit=3)
    rest = queries.statement(kind="driver_hold", owner="user:1", limit=3, after=first.next)
    assert [*first.items, *rest.items] == list(whole.items) and (whole.next, rest.next) == (None, None)


@pytest.mark.req("BIL-06")
def test_a_repeat_returns_what_is_there_and_another_movement_is_refused(ampere: Tenant) -> None:
    assert book() == book()
    assert Entry.objects.count() == 2
    with pytest.raises(KeyReused):
        book(101)
    with pytest.raises(KeyReused):
        book(name="hold_added")


@pytest.mark.req("BIL-06", "BIL-05")
@pytest.mark.parametrize(
    "lines",
    [
        [],
        [Line("provider", "", 0, "EUR")],
        [Line("provider", "", 1, "EUR"), Line("commission", "", -2, "EUR")],
        [Line("provider", "", 1, "EUR"), Line("commission", "", -1, "AED")],
    ],
)
def test_what_does_not_balance_in_one_currency_is_refused(ampere: Tenant, lines: list[Line]) -> None:
    with pytest.raises(Unbalanced):
        book(lines=lines)


@pytest.mark.req("BIL-06")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount_minor = 1",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_posting SET name = 'x'",
        "DELETE FROM ledger_posting",
        "DELETE FROM ledger_account",
        "UPDATE ledger_account SET balance_minor = 0",
        "UPDATE ledger_account SET owner = 'user:2'",
        "INSERT INTO ledger_account (uid, created_at, kind, owner, currency, balance_minor) "
        "VALUES (gen_random_uuid(), now(), 'payout', '', 'EUR', 5)",
        "INSERT INTO ledger_entry (posting_id, account_id, amount_minor, memo) "
        "SELECT p.id, a.id, 5, '' FROM ledger_posting p, ledger_account a WHERE a.kind = 'provider'",
        "INSERT INTO ledger_posting (uid, created_at, name, key, reference, at) "
        "VALUES (gen_random_uuid(), now(), 'x', 'empty', '', now())",
    ],
)
@pytest.mark.parametrize("schema", ["ampere", "barq"])
def test_the_database_refuses_to_change_or_unbalance_the_books(db: None, schema: str, statement: str) -> None:
    with tenant_schema(schema):
        book()
        with pytest.raises(DatabaseError):
            sql(statement)
        sql("SELECT 1")
        assert queries.differences() == []


@pytest.mark.req("BIL-06", "TEN-03")
def test_the_rules_work_whatever_the_search_path_is(ampere: Tenant) -> None:
    book()
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = pg_catalog")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("DELETE FROM ampere.ledger_entry")
        cursor.execute("SET search_path = ampere, public")


@pytest.mark.req("BIL-06")
def test_many_at_once_book_each_movement_once(committed: Tenant) -> None:
    ready = threading.Barrier(8)

    def run(worker: int) -> None:
        try:
            with tenant_schema(committed.schema_name):
                ready.wait(timeout=30)
                for i in range(12):
                    book(1, key=f"key-{(i + worker) % 12}")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    assert Posting.objects.count() == 12 and queries.differences() == []
    assert Account.objects.get(kind="provider").balance_minor == 12


amounts = st.integers(0, 10**12)


@pytest.mark.req("BIL-06", "MKT-13", "MKT-14")
@given(amounts, amounts, amounts, amounts, st.integers(0, 10_000))
def test_every_named_posting_balances(rest: int, net: int, tax: int, fee: int, commission_bp: int) -> None:
    earned = earning(net_minor=net, tax_minor=tax, commission_bp=commission_bp)
    assert earned.host_minor + earned.commission_minor == net and 0 <= earned.commission_minor <= net
    whole = rest + net + tax + fee
    lines = settled(driver="d", host="h", held_minor=whole, earned=earned, fee_minor=fee, currency="EUR")
    assert sum(line.amount_minor for line in lines) == 0
    back = [line.amount_minor for line in lines if line.kind == "provider"]
    assert back == ([-rest] if rest else [])
    assert sum(line.amount_minor for line in refunded(host="h", earned=earned, currency="EUR")) == 0
    assert Earning(net, tax, 0).gross_minor == net + tax
    assert postings.PAYMENT_HELD == "payment_held"
