"""Two transactions that cross: the loser is run again, and both are done."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from saas.kit.tenant_context import tenant_schema
from saas.kit.transactions import ATTEMPTS, atomic
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tests.builders import person


@pytest.mark.req("MKT-08")
def test_a_deadlocks_victim_is_run_again(committed: Tenant) -> None:
    keys = [person("a").pk, person("b").pk]
    meet = threading.Barrier(2, timeout=20)
    runs: list[int] = []

    @atomic
    def touch(order: list[int]) -> None:
        runs.append(order[0])
        User.objects.filter(pk=order[0]).update(name="x")
        if len(runs) <= 2:
            meet.wait()
        User.objects.filter(pk=order[1]).update(name="y")

    def work(order: list[int]) -> None:
        try:
            with tenant_schema(committed.schema_name):
                touch(order)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [keys, keys[::-1]]))
    assert 3 <= len(runs) <= 2 + ATTEMPTS


def deadlock() -> OperationalError:
    error = OperationalError("deadlock detected")
    error.__cause__ = DeadlockDetected()
    return error


@pytest.mark.parametrize(("error", "runs"), [(deadlock(), ATTEMPTS), (OperationalError("server closed"), 1)])
def test_it_gives_up_in_the_end_and_repeats_nothing_else(committed: Tenant, error: Exception, runs: int) -> None:
    count = []

    @atomic
    def fail() -> None:
        count.append(1)
        raise error

    with pytest.raises(OperationalError):
        fail()
    assert len(count) == runs
    count.clear()
    with pytest.raises(OperationalError), transaction.atomic():
        fail()
    assert len(count) == 1
