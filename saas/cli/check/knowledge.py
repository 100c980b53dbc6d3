"""Imported sessions, marts, a report, the dashboards."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from .story import Client, Failed, Json, Story, must, wait_for

FILES = {"csv": "report.csv", "figures": "figures.csv", "extract": "extract.json", "pdf": "report.pdf"}


def real_sessions_are_imported(story: Story) -> str:
    file = _session_file(story)
    argv = [sys.executable, "-m", "saas.cli", "import", "sessions", str(file), "--tenant", "ampere", "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    must(done.returncode == 0, f"exit {done.returncode}: {done.stderr[-400:]}")
    report = json.loads(done.stdout)
    read, kept, aside = (report[name]["energy_wh"] for name in ("read", "imported", "set_aside"))
    must(read == kept + aside, f"{read} Wh read, {kept} imported, {aside} set aside")
    story.told["imported"] = report
    rows = [report[name]["rows"] for name in ("read", "imported", "set_aside")]
    return f"{file.name}: {rows[0]} rows = {rows[1]} imported + {rows[2]} set aside; {read} Wh = {kept} + {aside}"


def the_pipelines_make_the_marts(story: Story) -> str:
    argv = [sys.executable, "-m", "pipelines.defs.refresh"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    must(done.returncode == 0, f"exit {done.returncode}: {done.stdout[-300:]}{done.stderr[-600:]}")
    return " ".join(done.stdout.strip().splitlines()[-1:])


def an_enterprise_downloads_its_report(story: Story) -> str:
    analyst = story.client("ampere", "owner")
    first, second = (_report(story, analyst) for _ in range(2))
    must(first["csv"] == second["csv"], "the CSV differs when made again")
    if "pdf" in first:
        must(first["pdf"] == second["pdf"], "the PDF differs when made again")
    sums = {kind: hashlib.sha256(data).hexdigest()[:12] for kind, data in first.items()}
    rows = sum(1 for _ in csv.reader(io.StringIO(first["csv"].decode("utf-8-sig"))))
    sizes = ", ".join(f"{kind} {len(data)} bytes {sums[kind]}" for kind, data in first.items())
    return f"{sizes}; {rows} CSV lines; made twice, the same bytes"


def an_auditor_reckons_the_inventory_again(story: Story) -> str:
    """Three documents over the same period; every figure comes out of the files alone, by the command of the README."""
    analyst, said = story.client("ampere", "owner"), []
    for kind in ("ghg", "esrs_e1", "esg"):
        files = _report(story, analyst, kind)
        with tempfile.TemporaryDirectory() as name:
            for made, data in files.items():
                (Path(name) / FILES[made]).write_bytes(data)
            argv = [sys.executable, "-m", "saas.cli", "report", "recompute", name, "--json"]
            done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
        must(done.returncode == 0, f"{kind}: exit {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}")
        said.append(f"{kind} {len(json.loads(done.stdout)['checks'])} checks")
    return f"{', '.join(said)}; all agree"


def a_fleet_manager_opens_the_dashboard(story: Story) -> str:
    manager = story.visitor(story.tenant("volta")["host"])
    person = story.person("volta", "fleet")
    closed = manager.http.get("/analytics/")
    must(closed.status_code in (302, 303), f"a stranger gets {closed.status_code} from the dashboards")
    manager.form("/accounts/login/", {"login": person["email"], "password": person["password"]})
    page = manager.get("/analytics/")
    must("streamlit" in page.text.lower(), "this is not the dashboard")
    direct = httpx.get(f"http://127.0.0.1:{story.place.analytics_port}/analytics/", timeout=10)
    must(direct.status_code in (401, 403, 404), f"the dashboards' own port answers {direct.status_code}")
    return f"302 before the log-in, {len(page.text)} bytes after it; its own port refuses with {direct.status_code}"


def _report(story: Story, analyst: Client, kind: str = "esg") -> dict[str, bytes]:
    start, end = "2019-05-01", datetime.now(UTC).date() + timedelta(days=1)
    body = {"kind": kind, "period_start": start, "period_end": end.isoformat(), "language": "en"}
    report = analyst.post("/reports", body, 201, key=uuid.uuid4().hex)

    def done() -> Json | None:
        now: Json = analyst.api(f"/reports/{report['uid']}")
        if now["state"] == "failed":
            raise Failed(now["error"])
        return now if now["state"] == "ready" else None

    ready = wait_for("the report", done, 120, every=1)
    files = {}
    for file in ready["files"]:
        data = analyst.get(f"/api/v1/reports/{report['uid']}/files/{file['kind']}").content
        must(
            hashlib.sha256(data).hexdigest() == file["sha256"],
            f"{file['kind']}: the download differs from its checksum",
        )
        files[file["kind"]] = data
    must("csv" in files, f"no CSV among {list(files)}")
    return files


def _session_file(story: Story) -> Path:
    from saas.kit.home import CODE

    shared = CODE.parent / "shared" / "data" / "sessions" / "caltech_2019-05-01_2019-08-31.csv"
    return shared if shared.exists() else CODE / "tests" / "fixtures" / "sessions" / "acn.csv"
