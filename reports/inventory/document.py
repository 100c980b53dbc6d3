"""The four files of an inventory report: PDF, lines, figures, extract. The same extract gives the same bytes."""

from reports import figures
from reports.page import page
from reports.render import pdf

from .context import all_figures, context
from .extract import Extract


def html(extract: Extract) -> str:
    """The page that is printed."""
    return page("inventory", context(extract))


def tables(extract: Extract) -> dict[str, bytes]:
    """The files that need no printing."""
    return {
        "csv": extract.csv(),
        "figures": figures.table(all_figures(extract), extract.lines),
        "extract": extract.to_json(),
    }


def files(extract: Extract) -> dict[str, bytes]:
    """Kind of file -> bytes. Raises what `reports.render.pdf` raises."""
    return {"pdf": pdf(html(extract), folder="inventory"), **tables(extract)}
