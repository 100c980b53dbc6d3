"""`wattlane import sessions|status|locations|prices|carbon FILE…` and `wattlane sample acn`.

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
OTHER_KINDS = "pipelines.defs.importing"
_TERMS = {"source": "who published the file", "licence": "under which licence"}
# kind: what it brings in, and the options for what its files may leave open
KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "status": (
        "status histories of chargers",
        {
            "charger": "the charger, where the file is about one and does not name it",
            "words": "what the file's own words mean, as 0=AVAILABLE,1=CHARGING (OCPI's words)",
        },
    ),
    "locations": ("places of charging stations", {"country": "ISO country, where the file names none"}),
    "prices": (
        "energy prices and charging tariffs",
        {
            "region": "bidding zone, country or supply area",
            "charger": "the charger, where the file is the tariff of one",
            "currency": "ISO code, where the file names none",
            "unit": "such as EUR/MWh or ct/kWh, where the file names none",
            "kind": "day_ahead, intraday, imbalance, retail or tariff",
        },
    ),
    "carbon": (
        "carbon intensity of grids",
        {
            "region": "ISO country, or the grid's own zone",
            "unit": "such as g/kWh or lb/MWh, where the file names none",
            "kind": "location_average, marginal or residual",
        },
    ),
}


class NoZone(Exception):
    """The tenant's time zone cannot be found. Starting the product, or naming the zone, helps."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `import` and `sample` to the command line."""
    kinds = subparsers.add_parser("import", help="bring in files from elsewhere").add_subparsers(
        required=True, metavar="KIND"
    )
    sessions = kinds.add_parser("sessions", help="charging sessions from a CSV, JSON or XLSX file of any layout")
    _common(sessions, "sessions")
    sessions.set_defaults(run=import_sessions)
    for word, (says, options) in KINDS.items():
        one = kinds.add_parser(word, help=f"{says} from a CSV, JSON or XLSX file of any layout")
        _common(one, word)
        for name, text in (options | _TERMS).items():
            one.add_argument(f"--{name}", help=text)
        one.set_defaults(run=import_other, word=word)
    samples.register(subparsers)


def _common(kind: argparse.ArgumentParser, noun: str) -> None:
    """What every kind of import takes."""
    kind.add_argument("files", nargs="+", metavar="FILE")
    kind.add_argument("--tenant", help=f"schema name of the tenant that gets the {noun}")
    kind.add_argument("--timezone", help="zone of times written without one (default: the tenant's)")
    kind.add_argument("--date-order", choices=("dmy", "mdy"), help="only for files that leave the order open")
    kind.add_argument("--dry-run", action="store_true", help="report only; needs no tenant and no running service")
    kind.add_argument("--json", action="store_true", help="print the report as one JSON object")


def import_sessions(arguments: argparse.Namespace) -> int:
    """Find the zone, then hand over to the importer; its exit code is ours."""
    return _handed_over([MODULE], arguments, {})


def import_other(arguments: argparse.Namespace) -> int:
    """The same for every other kind."""
    options = KINDS[arguments.word][1] | _TERMS
    return _handed_over([OTHER_KINDS, arguments.word], arguments, {f"--{o}": getattr(arguments, o) for o in options})


def _handed_over(module: list[str], arguments: argparse.Namespace, more: dict[str, str | None]) -> int:
    try:
        zone = _zone_of(arguments)
    except NoZone as reason:
        print(f"wattlane import: {reason}", file=sys.stderr)
        return 2
    given = {"--tenant": arguments.tenant, "--timezone": zone, "--date-order": arguments.date_order} | more
    # One word each: a value may begin with a dash.
    options = [f"{name}={value}" for name, value in given.items() if value]
    flags = [flag for flag, on in (("--dry-run", arguments.dry_run), ("--json", arguments.json)) if on]
    return subprocess.call([sys.executable, "-m", *module, *options, *flags, "--", *arguments.files])


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
