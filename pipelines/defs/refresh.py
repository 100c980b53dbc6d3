"""Makes everything that is due right now, in this process: `python -m pipelines.defs.refresh [--tenant T] [--json]`."""

import argparse
import json
import os
import sys
import time
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from pipelines.defs import due
from pipelines.defs.catalogue import ASSETS, KNOWLEDGE, LEARNING, resources
from pipelines.defs.history import history, is_long, run_config
from pipelines.defs.partitions import run_tags
from pipelines.defs.reports.assets import carry_out
from pipelines.marts import carbon, charger_health_daily, energy_daily, sessions
from pipelines.resources.saas import SaasClient
from pipelines.resources.store import NoDatabase, TelemetryStore

MARTS = {mart.__name__.rpartition(".")[2]: mart for mart in (sessions, energy_daily, charger_health_daily, carbon)}


def main(argv: list[str] | None = None) -> int:
    """Exit 0 when all due days were made, 1 when a run failed."""
    arguments = _arguments(argv)
    began = time.monotonic()
    ranges = [(arguments.first, arguments.last)] if arguments.first else what_is_due(datetime.now(UTC))
    good = min((make(first, last) for first, last in ranges), default=True)
    if good and not arguments.first:  # the web app has told now what older tables wait for
        older = [span for span in due.behind(datetime.now(UTC).date()) if span not in ranges]
        good, ranges = min((make(first, last) for first, last in older), default=True), ranges + older
    good = good and (not arguments.knowledge or know())
    documents = waiting_reports() if arguments.reports else []
    report = {
        "days": [f"{first}..{last}" for first, last in ranges],
        "seconds": round(time.monotonic() - began, 1),
        "marts": published(arguments.tenant),
        "reports": documents,
        "ok": good,
    }
    sys.stdout.write(json.dumps(report) + "\n" if arguments.json else _text(report))
    return 0 if good else 1


def what_is_due(now: datetime) -> list[due.Range]:
    """Days that the lake lacks; without a database only those of imported files. Never empty: today is always due."""
    try:
        telemetry, _ = due.telemetry(TelemetryStore(), None, now.date())
        telemetry = [*telemetry, (now.date(), now.date())]
    except NoDatabase as error:
        sys.stderr.write(f"No telemetry: {error}\n")
        telemetry = []
    return due.merged([*telemetry, *due.landed(), *due.unpriced(now), *due.behind(now.date())])


def make(first: date, last: date) -> bool:
    """One run over the days first..last, recorded in the instance of `DAGSTER_HOME` when that is set."""
    instance = dg.DagsterInstance.get() if os.environ.get("DAGSTER_HOME") else None
    if is_long(first, last):
        config = run_config(first, last)
        result = history.execute_in_process(config, instance, raise_on_error=False, resources=resources())
    else:
        tags = run_tags(first, last)
        result = dg.materialize(ASSETS, None, instance, resources(), raise_on_error=False, tags=tags)
    for event in result.all_events:
        if event.is_failure:
            sys.stderr.write(f"{event.message}\n")
    return result.success


def know() -> bool:
    """Makes anew what is learned from all days."""
    return all([_made(KNOWLEDGE), _made(LEARNING)])


def _made(assets: list[dg.AssetsDefinition]) -> bool:
    result = dg.materialize(assets, None, None, resources(), raise_on_error=False)
    for event in result.all_events:
        if event.is_failure:
            sys.stderr.write(f"{event.message}\n")
    return result.success


def waiting_reports() -> list[str]:
    """Makes the reports that people wait for. Each line names a file, or what went wrong."""
    saas = SaasClient()
    lines: list[str] = []
    for card in saas.tenants():
        for wanted in saas.queued_reports(card):
            try:
                lines += carry_out(saas, card, wanted, f"refresh-{os.getpid()}").splitlines()
            except dg.Failure as error:
                lines.append(f"{wanted.uid} failed: {error.description}")
    return lines


def published(tenant: str | None) -> dict[str, object]:
    """Version of each mart, with the rows of the tenant when one is named."""
    made: dict[str, object] = {}
    for name, mart in MARTS.items():
        state = mart.state()
        row: dict[str, object] = {"version": state.version if state else None}
        made[name] = row | ({"rows": mart.read(tenant=tenant).height} if tenant else {})
    return made


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pipelines.defs.refresh", description=__doc__)
    parser.add_argument("--tenant", help="also say how many rows each mart holds of this tenant")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--reports", action="store_true", help="make the queued reports too")
    parser.add_argument("--knowledge", action="store_true", help="also what is learned from all days")
    parser.add_argument("--first", type=date.fromisoformat, help="make these UTC days again, whatever is due")
    parser.add_argument("--last", type=date.fromisoformat)
    arguments = parser.parse_args(argv)
    arguments.last = arguments.last or arguments.first
    return arguments


def _text(report: dict[str, Any]) -> str:
    lines = [f"made {', '.join(report['days']) or 'nothing: nothing is due'} in {report['seconds']} s"]
    for name, mart in report["marts"].items():
        rows = f", {mart['rows']} rows" if "rows" in mart else ""
        lines.append(f"{name}: version {mart['version']}{rows}")
    return "\n".join([*lines, *report["reports"]]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
