"""HTML to PDF/A in a child process, so that a failing or hungry page cannot take its caller along.

The same HTML gives the same bytes: fonts are shipped, nothing is fetched, the only date is the one given.
"""

import ctypes
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 180
VARIANT = "pdf/a-3a"
_LIBRARIES = {
    "pango": ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0.dll"),
    "pangoft2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0-0.dll"),
    "harfbuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz-0.dll"),
    "fontconfig": ("libfontconfig.so.1", "libfontconfig.1.dylib", "libfontconfig-1.dll"),
    "gobject": ("libgobject-2.0.so.0", "libgobject-2.0.0.dylib", "libgobject-2.0-0.dll"),
}


class RenderFailed(RuntimeError):
    """The page could not be printed; the text says why. Trying again does not help."""


class MissingLibraries(RenderFailed):
    """System libraries that printing needs are not there. On Debian: `apt install libpango-1.0-0 libpangoft2-1.0-0`."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"PDF needs the system libraries {', '.join(names)}, which are not installed "
            "(Debian, Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0)."
        )
        self.names = names


def missing_libraries() -> list[str]:
    """Names of the system libraries that printing needs and that cannot be loaded here; empty: all is well."""
    return [name for name, files in _LIBRARIES.items() if not any(_loads(file) for file in files)]


def pdf(html: str, *, folder: str) -> bytes:
    """Prints a page; `folder` (below `reports`) is where its style sheet lies.

    MissingLibraries when the machine cannot print, RenderFailed when the page cannot be printed.
    """
    if missing := missing_libraries():
        raise MissingLibraries(missing)
    job = json.dumps({"html": html, "folder": folder}).encode()
    command = [sys.executable, "-m", "reports.render"]
    try:
        done = subprocess.run(command, input=job, capture_output=True, timeout=TIMEOUT_S, check=False, cwd=HERE.parent)
    except subprocess.TimeoutExpired as error:
        raise RenderFailed(f"The page took more than {TIMEOUT_S} s to print.") from error
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF"):
        raise RenderFailed(done.stderr.decode(errors="replace")[-800:] or f"exit {done.returncode}")
    return done.stdout


def _loads(file: str) -> bool:
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def _child() -> None:
    """Reads {html, folder} from standard input, writes the PDF to standard output."""
    from weasyprint import HTML  # noqa: PLC0415 - only the child pays for it, and only where it is installed
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415

    class Own(URLFetcher):  # type: ignore[misc]
        """Data addresses and files below this folder; nothing else is opened."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            inside = url.startswith("data:") or Path(url.removeprefix("file://")).resolve().is_relative_to(HERE)
            if not inside:
                raise ValueError(f"outside of the document's folder: {url}")
            return super().fetch(url, headers)

    job = json.loads(sys.stdin.buffer.read())
    page = HTML(string=job["html"], base_url=f"file://{HERE / job['folder']}/", url_fetcher=Own())
    page.write_pdf(sys.stdout.buffer, pdf_variant=VARIANT, lang=None)


if __name__ == "__main__":
    _child()
