"""The three files of an ESG report: PDF, CSV, extract. The same extract gives the same bytes."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from reports.render import pdf

from .context import context
from .extract import Extract

HERE = Path(__file__).resolve().parent


def html(extract: Extract) -> str:
    """The page that is printed."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=select_autoescape(["html"]), undefined=StrictUndefined
    )
    return environment.get_template("template.html").render(context(extract))


def files(extract: Extract) -> dict[str, bytes]:
    """Kind of file -> bytes. Raises what `reports.render.pdf` raises."""
    return {"pdf": pdf(html(extract), folder="esg"), "csv": extract.csv(), "extract": extract.to_json()}
