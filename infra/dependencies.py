"""Refuses licences that we may not ship and versions that are known to be vulnerable. Part of `make lint`.

Licences come from the metadata of what is installed, for everything that requirements.txt (run time) names.
Versions are held against the advisory service by pip-audit where it can be reached, and always against
infra/advisories.toml.
"""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.M)
FORBIDDEN = re.compile(r"(?<!L)(?<!Lesser )\b(A?GPL|GNU (Affero )?General Public)", re.I)
UNREACHABLE = "could not be audited"


def pinned() -> dict[str, str]:
    """Name → version of what requirements.txt locks."""
    return dict(PINNED.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")))


def licence(name: str) -> str:
    """What the package says of its licence: expression, field or classifiers."""
    facts = metadata.metadata(name)
    classifiers = [c for c in facts.get_all("Classifier") or [] if c.startswith("License ::")]
    field = (facts.get("License") or "").splitlines()
    return facts.get("License-Expression") or "; ".join(classifiers) or (field[0] if field else "")


def forbidden_licences(names: list[str]) -> list[str]:
    """Installed packages under GPL or AGPL; a choice (`MIT OR GPL`) is allowed."""
    found = []
    for name in names:
        try:
            text = licence(name)
        except metadata.PackageNotFoundError:
            continue  # locked for another platform
        if FORBIDDEN.search(text) and " OR " not in text.upper():
            found.append(f"{name}: {text}")
    return found


def below_floor(versions: dict[str, str]) -> list[str]:
    """Locked versions older than the floors of advisories.toml."""
    floors = tomllib.loads((ROOT / "infra" / "advisories.toml").read_text(encoding="utf-8"))["floors"]
    return [
        f"{name} {versions[name]} is older than {floor} ({advisory})"
        for name, (floor, advisory) in floors.items()
        if name in versions and Version(versions[name]) < Version(floor)
    ]


def audit() -> tuple[bool, str]:
    """Whether pip-audit found nothing, and what to say of it."""
    argv = [
        sys.executable,
        "-m",
        "pip_audit",
        "-r",
        "requirements.txt",
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner=off",
    ]
    try:
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return True, "advisory service: no answer in 300 s; only infra/advisories.toml was checked"
    unknown = (done.stdout + done.stderr).count(UNREACHABLE)
    if unknown > len(pinned()) // 2 or "ServiceError" in done.stderr or "ConnectionError" in done.stderr:
        return True, "advisory service: cannot be reached; only infra/advisories.toml was checked"
    return done.returncode == 0, done.stdout.strip() or "advisory service: nothing known"


def main() -> int:
    versions = pinned()
    bad = forbidden_licences(list(versions)) + below_floor({name.lower(): v for name, v in versions.items()})
    clean, text = audit()
    print(text)
    for line in bad:
        print("refused:", line)
    print(f"{len(versions)} packages: {len(bad)} refused by licence or version")
    return int(bool(bad) or not clean)


if __name__ == "__main__":
    sys.exit(main())
