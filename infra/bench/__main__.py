"""`make bench`: every comparison on an embedded database in a temporary folder; prints the table of the README."""

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from . import ingest, lake, ocpp
from .harness import compare, table


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="wattlane-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.environ["WATTLANE_HOME"] = name
        os.environ.pop("DATABASE_URL", None)
        from saas.cli.installation import embedded_database
        from saas.kit.home import Home

        with embedded_database(Home(folder), say=_progress):
            _prepare()
            print(_measure())
            _progress("ingest")
            print(f"\n{ingest.report()}")
    _progress("the OCPP gateway")
    print(f"\n{ocpp.report()}")
    _progress("the lake")
    print(f"\n{lake.report()}")
    return 0


def _prepare() -> None:
    from saas.cli import migrate

    _progress("preparing the schemas")
    migrate.run()
    from saas.cli import seed
    from saas.cli.brands import AMPERE

    seed.open_brand(AMPERE, datetime.now(UTC))


def _measure() -> str:
    from . import cases, documents

    results = []
    for prepare in (
        cases.searching, cases.booking, cases.tenancy, cases.new_tenant, cases.importing, cases.poison,
        documents.fleet_report,
    ):  # fmt: skip
        with prepare() as case:
            _progress(case.name)
            results.append(compare(case))
            _progress(f"  ratio {results[-1].ratio:.2f}")
    return table(results)


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
