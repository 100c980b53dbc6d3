"""Starts Dagster on this code: `python -m pipelines.defs.start web [-h HOST] [-p PORT]` or `… daemon`.

Imports nothing heavy: it writes the settings of the instance and becomes the process that was asked for.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from pipelines.marts._table import home_path

INSTANCE = """\
# Written by `python -m pipelines.defs.start`; SQLite beside this file, runs one after the other.
telemetry:
  enabled: false
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    max_concurrent_runs: 3
    dequeue_interval_seconds: 2
    tag_concurrency_limits:
      - key: lake
        value: writer
        limit: 1
      # Many reports asked for at once leave a place to fresh data.
      - key: work
        value: document
        limit: 1
      - key: work
        value: learning
        limit: 1
run_monitoring:
  enabled: true
  start_timeout_seconds: 120
  max_runtime_seconds: 3600
freshness:
  enabled: true
retention:
  sensor:
    purge_after_days: {skipped: 1, failure: 30, success: 7}
  schedule:
    purge_after_days: {skipped: 1, failure: 30, success: 30}
"""
BEHIND = 5
MAKE = "from dagster import DagsterInstance; DagsterInstance.get().dispose()"
MODULES = {"web": ["dagster_webserver"], "daemon": ["dagster._daemon", "run"]}


def instance_folder() -> Path:
    """`DAGSTER_HOME`, else `dagster` in the installation's folder; with its settings file in place."""
    folder = Path(os.environ.get("DAGSTER_HOME") or home_path() / "dagster")
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".dagster.yaml.{os.getpid()}"
    beside.write_text(INSTANCE, encoding="utf-8")
    beside.replace(folder / "dagster.yaml")
    return folder


def make_stores(folder: Path) -> None:
    """Dagster's own stores in an empty folder, by one process while the other waits.

    Web server and daemon begin together. Each takes the half-made store of the other for one of an old Dagster and
    stamps it so; a store with two versions ("more than one head present") opens never again.
    """
    with (folder / ".stores.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / ".stores"
        if not made.exists():
            subprocess.run([sys.executable, "-c", MAKE], check=True)
            made.touch()


def command(part: str, rest: list[str]) -> list[str]:
    """Arguments of the web server or the daemon."""
    return [sys.executable, "-m", *MODULES[part], "-m", "pipelines.definitions", "--log-level", "warning", *rest]


def main(argv: list[str]) -> None:
    """Becomes the asked-for process, under the same process id."""
    if not argv or argv[0] not in MODULES:
        raise SystemExit("python -m pipelines.defs.start web [-h HOST] [-p PORT] | daemon")
    folder = instance_folder()
    os.environ |= {"DAGSTER_HOME": str(folder), "DAGSTER_DISABLE_TELEMETRY": "1"}
    make_stores(folder)
    if argv[0] == "daemon":
        os.nice(BEHIND)  # runs inherit it: who charges or pays never waits for knowledge
    os.execv(sys.executable, command(argv[0], argv[1:]))  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
