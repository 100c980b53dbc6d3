"""A new tenant's schema in a fraction of a second: a template schema is migrated once, then cloned."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import transaction
from django_tenants.clone import CloneSchema
from django_tenants.utils import schema_exists

from saas.kit.tenant_context import connection

TEMPLATE = "tenant_template"
LOCK = 0x77_61_74_74  # advisory lock: one process at a time prepares the template


def prepare_template() -> None:
    """Create or migrate the template schema. Cheap when it is up to date already."""
    with _one_at_a_time():
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{TEMPLATE}"')
        call_command("migrate_schemas", schema_name=TEMPLATE, interactive=False, verbosity=0)
        connection.set_schema_to_public()


def ensure_template() -> None:
    """Make the template when there is none yet. Call it outside a transaction: migrating closes the connection."""
    if not schema_exists(TEMPLATE):
        prepare_template()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """An advisory lock on a connection of its own: migrating closes the usual one."""
    with connection.get_new_connection(connection.get_connection_params()) as own:
        own.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield


def clone_template(schema: str) -> None:
    """Make `schema` a copy of the template, with its migration history. ValueError when it is there already."""
    if schema_exists(schema):
        raise ValueError(f"schema {schema} exists")
    ensure_template()
    connection.set_schema_to_public()
    with transaction.atomic():
        CloneSchema().clone_schema(TEMPLATE, schema, set_connection=False)
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{schema}".django_migrations '  # noqa: S608 - both names are ours
                f'SELECT * FROM "{TEMPLATE}".django_migrations ON CONFLICT DO NOTHING'
            )
            cursor.execute(
                f'INSERT INTO "{schema}".django_content_type '  # noqa: S608 - both names are ours
                f'SELECT * FROM "{TEMPLATE}".django_content_type ON CONFLICT DO NOTHING'
            )
