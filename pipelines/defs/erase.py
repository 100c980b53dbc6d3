"""`python -m pipelines.defs.erase`: what `wattlane lake erase` runs. Prints JSON: what was done to each table and file.

Exit 0: nothing in the lake names the person any more; 2: wrong usage. Killed in the middle, the same command finishes.
"""

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from typing import Any

from pipelines.resources import erased, staged
from pipelines.resources.erasure import Person, erase, report
from pipelines.resources.lake import Lake
from pipelines.resources.landing import Landing
from saas.contracts.internal import USE, pseudonym
from saas.contracts.signing import secret_of


class WrongUsage(Exception):
    """The command line cannot be carried out as given."""


def main(argv: list[str] | None = None) -> int:
    arguments = _arguments(argv)
    try:
        person = Person(arguments.tenant, _pseudonyms(arguments))
    except WrongUsage as error:
        sys.stderr.write(f"wattlane lake erase: {error}\n")
        return 2
    sys.stdout.write(json.dumps(run(person, dry_run=arguments.dry_run), ensure_ascii=False) + "\n")
    return 0


def run(person: Person, *, dry_run: bool) -> dict[str, Any]:
    """Holds the lake meanwhile, so that no run brings back what is being erased."""
    lake = Lake()
    with lake.writing():
        if not dry_run:
            _remember(lake, person)
            staged.drop_all()
        done = [report(one) for one in erase(person, dry_run=dry_run)]
    named = [one for one in done if one["rows"] or one["removed"]]
    return {
        "tenant": person.tenant,
        "persons": list(person.pseudonyms),
        "dry_run": dry_run,
        "rows": sum(one["rows"] for one in done),
        "looked_at": len(done),
        "done": named,
    }


def _remember(lake: Lake, person: Person) -> None:
    """First, that the person is erased: whatever tells of them from now on is cleared as it comes."""
    rows = erased.TABLE.scan().collect(engine="streaming")
    today = datetime.now(UTC).date()
    for name in person.pseudonyms:
        if erased.hashed(person.tenant, name) not in set(rows["person"]):
            rows = rows.vstack(erased.row(person.tenant, name, today))
    lake.replace_all(erased.TABLE, rows)


def _pseudonyms(arguments: argparse.Namespace) -> tuple[str, ...]:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", arguments.tenant):
        raise WrongUsage(f"{arguments.tenant!r} is no tenant's name")
    if arguments.driver:
        if not re.fullmatch(r"d_[0-9a-f]{20}", arguments.driver):
            raise WrongUsage("a pseudonym is d_ and twenty hexadecimal digits, as the column driver holds it")
        return (arguments.driver,)
    named = Landing(arguments.tenant).driver_secret()
    if arguments.named:
        return (pseudonym(named, arguments.tenant, arguments.named),)
    try:
        secret = secret_of(USE)
    except KeyError as error:
        raise WrongUsage(f"{error.args[0]}; or name the pseudonym with --driver") from error
    return tuple(pseudonym(key, arguments.tenant, arguments.user) for key in (secret, named))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="wattlane lake erase", description=__doc__)
    parser.add_argument("--tenant", required=True, help="schema name of the tenant")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--driver", metavar="PSEUDONYM", help="as the column driver of the marts holds it")
    who.add_argument("--user", metavar="UID", help="a user of the tenant")
    who.add_argument("--named", metavar="ID", help="a driver as an imported file named them")
    parser.add_argument("--dry-run", action="store_true", help="only count the rows that name the person")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
