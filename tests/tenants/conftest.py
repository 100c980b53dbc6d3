"""Tests that need real commits and several connections get a tenant of their own, dropped afterwards."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[object]:
    """Work inside a fresh tenant, outside of any test transaction."""
    from saas.devices.models import Device
    from saas.kit.tenant_context import tenant_schema
    from saas.tenancy.cloning import clone_template
    from saas.tenancy.models import Tenant
    from tests.cast import BRANDS

    schema = f"t_{uuid.uuid4().hex[:10]}"
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        clone_template(schema)
        tenant = Tenant.objects.create(schema_name=schema, uid=uuid.uuid4(), least_minutes=1, **BRANDS["ampere"])
        try:
            with tenant_schema(schema):
                yield tenant
        finally:
            connection.set_schema_to_public()
            Device.objects.filter(tenant=tenant).delete()
            Tenant.objects.filter(pk=tenant.pk).delete()
            with connection.cursor() as cursor:
                cursor.execute(f'DROP SCHEMA "{schema}" CASCADE')
            connection.close()
