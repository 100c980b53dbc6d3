"""`wattlane migrate`: bring the public schema, the template and every tenant to this version of the code."""

import argparse
import time

from .django import with_django


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = subparsers.add_parser("migrate", help="bring every schema to this version")
    command.set_defaults(run=lambda arguments: run())


@with_django
def run() -> int:
    """Progress a line per schema; safe to run again after it was stopped half-way."""
    from django.core.management import call_command

    from saas.tenancy.cloning import TEMPLATE, prepare_template
    from saas.tenancy.models import Tenant

    begin = time.monotonic()
    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    print(f"public      {time.monotonic() - begin:5.1f} s", flush=True)
    prepare_template()
    print(f"{TEMPLATE} {time.monotonic() - begin:5.1f} s", flush=True)
    for tenant in Tenant.objects.exclude(schema_name="public").order_by("schema_name"):
        call_command("migrate_schemas", schema_name=tenant.schema_name, interactive=False, verbosity=0)
        print(f"{tenant.schema_name:11} {time.monotonic() - begin:5.1f} s", flush=True)
    return 0
