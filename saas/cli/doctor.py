"""`wattlane doctor`: what is wrong on this machine or in this installation, and what to do about it."""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from saas.kit.home import CODE, Home, home

from .demo import is_running
from .supervisor import listens

LEAST_FREE_BYTES = 2 * 10**9


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `advice` is empty when it is fine; `fatal` things stop the product."""

    what: str
    state: str
    advice: str = ""
    fatal: bool = False


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = subparsers.add_parser("doctor", help="say what is wrong and what to do about it")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit code 1 when something stops the product."""
    findings = list(examine(home()))
    if arguments.json:
        print(json.dumps([vars(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            mark = "✗" if finding.fatal else "!" if finding.advice else "✓"
            print(f"{mark} {finding.what}: {finding.state}")
            if finding.advice:
                print(f"    → {finding.advice}")
    return int(any(finding.fatal for finding in findings))


def examine(place: Home) -> Iterator[Finding]:
    """What there is to say; where the data folder cannot be used, nothing about what would lie in it."""
    for look in MACHINE:
        yield from look(place)
    folder = list(_folder(place))
    yield from folder
    if not any(finding.fatal for finding in folder):
        for look in INSTALLATION:
            yield from look(place)


def _python(_: Home) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    right = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding("Python", version, "" if right else "Install Python 3.11, 3.12 or 3.13.", not right)


def _folder(place: Home) -> Iterator[Finding]:
    path = place.path
    try:
        place.run.joinpath(".write").write_text("", encoding="utf-8")
    except (OSError, SystemExit) as error:
        reason = error.strerror if isinstance(error, OSError) else "cannot be made"
        yield Finding("data folder", f"{path}: {reason}", "Set WATTLANE_HOME to a folder that you may write.", True)
        return
    free = shutil.disk_usage(path).free
    yield Finding("data folder", str(path))
    advice = "" if free > LEAST_FREE_BYTES else "Free some disk space: at least 2 GB."
    yield Finding("disk", f"{free / 1e9:.0f} GB free", advice)


def _documents(_: Home) -> Iterator[Finding]:
    from reports.render import missing_libraries

    missing = missing_libraries()
    advice = (
        f"PDF reports need {', '.join(missing)}: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    )
    state = f"missing {', '.join(missing)}; everything but PDF reports works" if missing else "pango found"
    yield Finding("documents", state, advice if missing else "")


def _front_end(_: Home) -> Iterator[Finding]:
    built = (CODE / "saas" / "web" / "static" / "vendor").is_dir()
    yield Finding("web front end", "built" if built else "not built", "" if built else "Run `make install`.", not built)


def _browser(_: Home) -> Iterator[Finding]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    advice = "" if found else "Only tests and screenshots need it: apt-get install chromium"
    yield Finding("Chromium", found or "not found", advice)


def _ports(place: Home) -> Iterator[Finding]:
    ours = any(_alive(*process) for process in _recorded(place).values())
    for name, port in _port_table(place).items():
        taken = listens(port)
        state = f"{port} {'answers' if taken else 'free'}"
        foreign = taken and not ours
        advice = f"Another program uses port {port}: stop it or set WATTLANE_{name.upper()}_PORT." if foreign else ""
        yield Finding(f"port {name}", state, advice, foreign)


def _port_table(place: Home) -> dict[str, int]:
    names = ("web", "ocpp", "mqtt", "analytics", "dagster", "live")
    return {name: getattr(place, f"{name}_port") for name in names}


def _parts(place: Home) -> Iterator[Finding]:
    recorded = _recorded(place)
    if not recorded:
        yield Finding("product", "not running", "Start it with `make demo`.")
        return
    if not is_running(place):
        state, advice = "what started it was killed", "Run `make demo` again: it ends what was left and keeps the data."
        yield Finding("product", state, advice, True)
    for name, process in recorded.items():
        alive = _alive(*process)
        advice = "" if alive else f"It is started again by itself. If not: read {place.logs / name}.log."
        yield Finding(f"part {name}", f"runs as {process[0]}" if alive else "not running", advice, not alive)


def _recorded(place: Home) -> dict[str, tuple[int, float]]:
    """Name → pid and moment of start, of the parts that the last start began and no stop ended."""
    record = place.run / "processes.json"
    held = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    return {name: (pid, created) for name, (pid, created) in held.items()}


def _alive(pid: int, created: float) -> bool:
    """Not a zombie, and not another process that got the number later."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _database(place: Home) -> Iterator[Finding]:
    import psycopg

    try:
        url = place.database_url
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute("SELECT split_part(version(), ' ', 2)").fetchone()
        yield Finding("database", f"PostgreSQL {row[0] if row else '?'}")
    except SystemExit:
        yield Finding("database", "not started yet")
    except psycopg.Error as error:
        stopped = not is_running(place)
        advice = "" if stopped else f"It is started again by itself. If not: read {place.path / 'pg' / 'log'}."
        reason = str(error).strip().splitlines()
        yield Finding("database", "stopped" if stopped else reason[0] if reason else "down", advice, not stopped)


Look = Callable[[Home], Iterator[Finding]]
MACHINE: tuple[Look, ...] = (_python, _front_end, _documents, _browser)
INSTALLATION: tuple[Look, ...] = (_ports, _parts, _database)
