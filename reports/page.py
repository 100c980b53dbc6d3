"""A document's template, filled."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

HERE = Path(__file__).resolve().parent


def page(document: str, context: dict[str, Any]) -> str:
    """The HTML of `<document>/template.html`; a name that the context lacks is an error."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=select_autoescape(["html"]), undefined=StrictUndefined
    )
    return environment.get_template(f"{document}/template.html").render(context)
