"""`wattlane import sessions FILE…` and `wattlane sample acn`.

The import itself runs in the data side, as a process of its own: the web side never loads it.
"""

import argparse
import os
import subprocess
import sys

from saas.kit.home import home

from . import samples
from .django import with_django

MODULE = "pipelines.defs.sessions.importing"


class NoZone(Exception):
    """The tenant's time zone cannot be found. Starting the product, or naming the zone, helps."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `import` and `sample` to the command line."""
    kinds = subparsers.add_parser("import", help="bring in files from elsewhere").add_subparsers(
        required=True, metavar="KIND"
    )
    sessions = kinds.add_parser("sessions", help="charging sessions from a CSV, JSON or XLSX file of any layout")
    sessions.add_argument("files", nargs="+", metavar="FILE")
    sessions.add_argument("--tenant", help="schema name of the tenant that gets the sessions")
    sessions.add_argument("--timezone", help="zone of times written without one (default: the tenant's)")
    sessions.add_argument("--date-order", choices=("dmy", "mdy"), help="only for files that leave the order open")
    sessions.add_argument("--dry-run", action="store_true", help="report only; needs no tenant and no running service")
    sessions.add_argument("--json", action="store_true", help="print the report as one JSON object")
    sessions.set_defaults(run=import_sessions)
    samples.register(subparsers)


def import_sessions(arguments: argparse.Namespace) -> int:
    """Find the zone, then hand over to the importer; its exit code is ours."""
    try:
        zone = _zone_of(arguments)
    except NoZone as reason:
        print(f"wattlane import: {reason}", file=sys.stderr)
        return 2
    given = {"--tenant": arguments.tenant, "--timezone": zone, "--date-order": arguments.date_order}
    options = [word for name, value in given.items() if value for word in (name, value)]
    flags = [flag for flag, on in (("--dry-run", arguments.dry_run), ("--json", arguments.json)) if on]
    return subprocess.call([sys.executable, "-m", MODULE, *options, *flags, "--", *arguments.files])


def _zone_of(arguments: argparse.Namespace) -> str | None:
    """The zone that was named, else the tenant's; a real import needs the tenant even where the zone is named.

    A dry run does without when nobody can tell; the importer then says that it uses UTC.
    """
    named: str | None = arguments.timezone
    if not arguments.tenant or (arguments.dry_run and (named or not _database_known())):
        return named
    try:
        zone = tenant_timezone(arguments.tenant)
    except NoZone:
        if arguments.dry_run:
            return None
        raise
    return named or zone


def _database_known() -> bool:
    """False where the product was never started: a dry run must not even make its folder."""
    return "DATABASE_URL" in os.environ or (home().path / "run" / "database_url").exists()


def tenant_timezone(tenant: str) -> str:
    """The tenant's own zone. NoZone when there is no such tenant, or no database to ask."""
    try:
        return _asked(tenant)
    except SystemExit as missing:
        raise NoZone(f"{missing} Or try the file with --dry-run.") from None


@with_django
def _asked(tenant: str) -> str:
    from django.db import Error

    from saas.tenancy.queries import by_schema, tenants

    try:
        found = by_schema(tenant)
        known = ", ".join(t.schema_name for t in tenants())
    except Error as error:
        reason = str(error).strip().splitlines()[0]
        raise NoZone(
            f"the database does not answer ({reason}). Start it with `make demo`, or use --dry-run."
        ) from error
    if found is None or found.schema_name == "public":
        raise NoZone(f"there is no tenant {tenant!r}. Known: {known or 'none'}.")
    return str(found.timezone)
