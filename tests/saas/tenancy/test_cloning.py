import pytest
from django.db import connection
from django.test import Client

from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import User


@pytest.mark.req("TEN-01", "TEN-03")
def test_a_cloned_schema_has_the_tables_and_keys_of_the_template(ampere: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname, count(*) FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace "
            "WHERE n.nspname IN ('ampere', 'tenant_template') GROUP BY 1"
        )
        counts = dict(cursor.fetchall())
    assert counts["ampere"] == counts["tenant_template"] > 50


@pytest.mark.req("TEN-03")
def test_people_of_one_tenant_are_unknown_to_the_other(ampere: object) -> None:
    User.objects.create_user("driver@example.com", "pw")
    with tenant_schema("barq"):
        assert not User.objects.filter(email="driver@example.com").exists()


@pytest.mark.req("TEN-03")
def test_a_host_that_is_nobodys_gets_404(db: None) -> None:
    assert Client().get("/", headers={"host": "nobody.localhost"}).status_code == 404
