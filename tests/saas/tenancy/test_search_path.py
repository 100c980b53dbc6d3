"""The search path is set once a change of tenant. A rollback takes a SET back: the next statement must not trust it."""

import pytest
from django.db import connection, transaction

from saas.kit.tenant_context import tenant_schema


def schema_in_force() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


@pytest.mark.req("TEN-03")
def test_a_rollback_inside_another_tenant_leads_back(ampere: object) -> None:
    assert schema_in_force() == "ampere"
    with pytest.raises(RuntimeError), tenant_schema("barq"), transaction.atomic():
        assert schema_in_force() == "barq"
        raise RuntimeError
    assert schema_in_force() == "ampere"


@pytest.mark.req("TEN-03")
def test_a_tenant_entered_in_a_transaction_that_rolls_back_stays_in_force(ampere: object) -> None:
    with tenant_schema("barq"):
        with pytest.raises(RuntimeError), transaction.atomic():
            with tenant_schema("ampere"):
                assert schema_in_force() == "ampere"
            raise RuntimeError
        assert schema_in_force() == "barq"
