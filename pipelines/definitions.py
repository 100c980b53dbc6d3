"""All definitions, for Dagster; and how its two processes start: `python -m pipelines.definitions web|daemon …`."""

import os
import sys
from pathlib import Path

import dagster as dg

from pipelines.defs.catalogue import ASSETS, resources
from pipelines.defs.history import history
from pipelines.defs.reports.assets import queued_reports, report
from pipelines.defs.schedule import NIGHTLY, REFRESH, landing_news, telemetry_news, tidy
from pipelines.marts._table import home_path

INSTANCE = """\
# Written by `python -m pipelines.definitions`; SQLite beside this file, runs one after the other.
telemetry:
  enabled: false
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    max_concurrent_runs: 2
    dequeue_interval_seconds: 2
    tag_concurrency_limits:
      - key: lake
        value: writer
        limit: 1
run_monitoring:
  enabled: true
  start_timeout_seconds: 120
  max_runtime_seconds: 3600
retention:
  sensor:
    purge_after_days: {skipped: 1, failure: 30, success: 7}
  schedule:
    purge_after_days: {skipped: 1, failure: 30, success: 30}
"""

defs = dg.Definitions(
    assets=ASSETS,
    jobs=[REFRESH, history, tidy, report],
    sensors=[telemetry_news, landing_news, queued_reports],
    schedules=[NIGHTLY],
    resources=resources(),
    executor=dg.in_process_executor,
)


def instance_folder() -> Path:
    """`DAGSTER_HOME`, else `dagster` in the installation's folder; with its settings file in place."""
    folder = Path(os.environ.get("DAGSTER_HOME") or home_path() / "dagster")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dagster.yaml").write_text(INSTANCE, encoding="utf-8")
    return folder


def main(argv: list[str]) -> None:
    """Becomes the web server (`web -h HOST -p PORT`) or the daemon (`daemon`) of this code."""
    part, rest = argv[0] if argv else "", argv[1:]
    if part not in {"web", "daemon"}:
        raise SystemExit("python -m pipelines.definitions web [-h HOST] [-p PORT] | daemon")
    os.environ |= {"DAGSTER_HOME": str(instance_folder()), "DAGSTER_DISABLE_TELEMETRY": "1"}
    module = ["dagster_webserver"] if part == "web" else ["dagster._daemon", "run"]
    os.execv(sys.executable, [sys.executable, "-m", *module, "-m", "pipelines.definitions", *rest])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
