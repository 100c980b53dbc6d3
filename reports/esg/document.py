"""The three files of an ESG report: PDF, CSV, extract. The same extract gives the same bytes."""

from reports.page import page
from reports.render import pdf

from .context import context
from .extract import Extract


def html(extract: Extract) -> str:
    """The page that is printed."""
    return page("esg", context(extract))


def files(extract: Extract) -> dict[str, bytes]:
    """Kind of file -> bytes. Raises what `reports.render.pdf` raises."""
    return {"pdf": pdf(html(extract), folder="esg"), "csv": extract.csv(), "extract": extract.to_json()}
