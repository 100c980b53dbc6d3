"""Charge point software from npm, in the versions of package-lock.json, against a gateway in this process."""

import asyncio
import hashlib
import json
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from saas.contracts import rpc
from saas.edge.ocpp.gateway import Gateway
from saas.edge.ocpp.services import Services

from .. import fakes

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json")


def installed() -> Path:
    """A folder with the packages; made once for each state of the lock file, kept for the next run."""
    digest = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"wattlane-peers-{digest}"
    if not (folder / "complete").exists():
        folder.mkdir(exist_ok=True)
        for name in FILES:
            shutil.copy(HERE / name, folder / name)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=300)
        (folder / "complete").touch()
    return folder


class Anyone(fakes.Answers):
    """Every station is known and needs no password, as on the bench of a conformance kit."""

    def _connect(self, question: rpc.Connect) -> rpc.Connected:
        return rpc.Connected(status=101, device=f"st_{question.station_id}")


class Recorder:
    """The raw log, in memory: (device, way, frame)."""

    def __init__(self) -> None:
        self.frames: list[tuple[str, str, str]] = []

    def add(self, device: str, way: str, frame: str | bytes, *, harmless: bool = False) -> None:
        self.frames.append((device, way, frame if isinstance(frame, str) else frame.decode("utf-8", "replace")))

    def refused(self, device: str, why: str) -> None:
        self.frames.append((device, "refused", why))


class Bench:
    """A gateway that anybody may connect to, and what went over its wires."""

    def __init__(self, folder: Path) -> None:
        self.broker, self.log = fakes.Broker(), Recorder()
        services = Services(self.broker, Anyone(), self.log, puback_s=2.0, commit_s=2.0, call_s=5.0)  # type: ignore[arg-type]
        self.gateway = Gateway(services, marks=folder / "marks")
        self.folder, self.port = folder, 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ocpp/ampere"

    async def report(self, *words: str, for_s: float | None = None) -> dict[str, Any]:
        """Run the tool with these words; the report that it writes. `for_s`: it is interrupted after that time."""
        folder = self.folder / "report"
        script = installed() / "node_modules" / "ocpp-ws-cli" / "dist" / "index.js"
        process = await asyncio.create_subprocess_exec(
            "node", str(script), *words, "--report", "json", "--report-dir", str(folder),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            if for_s is not None:
                await asyncio.sleep(for_s)
                process.send_signal(signal.SIGINT)
            await fakes.until(lambda: list(folder.glob("*.json")), 120)
            await asyncio.sleep(0.5)  # until it is written to its end
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
        report: dict[str, Any] = json.loads(next(folder.glob("*.json")).read_text(encoding="utf-8"))
        return report

    async def run(self, script: str, *words: str) -> Any:
        """Run a script of this folder with node; what it prints, as JSON."""
        environment = {"NODE_PATH": str(installed() / "node_modules"), "PATH": _path()}
        process = await asyncio.create_subprocess_exec(
            "node", str(HERE / script), *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=environment,
        )  # fmt: skip
        said, wrong = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, wrong.decode()
        return json.loads(said)


def _path() -> str:
    node = shutil.which("node")
    assert node is not None, "node is needed for the peers"
    return str(Path(node).parent)


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    made = Bench(folder)
    made.port = await made.gateway.open("127.0.0.1", 0)
    try:
        yield made
    finally:
        await made.gateway.close()
