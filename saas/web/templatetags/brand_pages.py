"""Words of the pages on which a brand is made."""

from django import template
from django.utils.safestring import SafeString

from saas.web.prose import prose as rendered

register = template.Library()


@register.filter
def prose(text: str) -> SafeString:
    """An owner's long text as safe HTML."""
    return rendered(text)


@register.filter
def isolated(code: str) -> str:
    """A code such as `#0b6e4f` kept left to right inside right-to-left sentences."""
    return f"\u2066{code}\u2069"
