"""The graph of all assets as plain data. `python -m tests.pipelines.graph` writes it anew beside the test."""

import json
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.definitions import defs

FILE = Path(__file__).with_name("graph.json")


def graph() -> dict[str, Any]:
    """Assets with what they depend on, whose they are and what judges them; jobs, sensors, schedules."""
    specs = {spec.key.to_user_string(): spec for asset in defs.assets or [] for spec in asset.specs}  # type: ignore[union-attr]
    return {
        "assets": {name: _asset(specs[name]) for name in sorted(specs)},
        "checks": sorted(
            f"{check.asset_key.to_user_string()}: {check.name}{'' if check.blocking else ' (warns)'}"
            for asset in defs.assets or []
            for check in asset.check_specs  # type: ignore[union-attr]
        ),
        "jobs": sorted(job.name for job in defs.jobs or []),
        "sensors": sorted(sensor.name for sensor in defs.sensors or []),
        "schedules": sorted(schedule.name for schedule in defs.schedules or []),
    }


def _asset(spec: dg.AssetSpec) -> dict[str, Any]:
    fresh = spec.freshness_policy
    return {
        "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
        "group": spec.group_name,
        "owners": sorted(spec.owners),
        "by_day": spec.partitions_def is not None,
        "fresh_within_h": fresh.fail_window.to_timedelta().total_seconds() / 3600 if fresh else None,  # type: ignore[attr-defined]
        "says": spec.description,
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(graph(), indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
