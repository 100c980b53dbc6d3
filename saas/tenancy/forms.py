"""Fields that forms of a brand share."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from saas.kit.errors import Invalid

from .brand import LOGO_LIMIT, clean_logo


class LogoFile(forms.FileField):
    """An SVG file, as its cleaned text; empty when none was chosen."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.FileInput(attrs={"accept": ".svg,image/svg+xml"})
        super().__init__(required=False, widget=widget, allow_empty_file=True, **kwargs)

    def clean(self, data: "UploadedFile[Any] | None", initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if not file:
            return ""
        if file.size > LOGO_LIMIT:
            raise forms.ValidationError(_("This file is too large for a logo: 40 kB at most."))
        return logo_text(_decoded(file.read()))


def logo_text(svg: str) -> str:
    """The cleaned logo, or a ValidationError that says what is in it that may not be."""
    try:
        return clean_logo(svg)
    except Invalid as refusal:
        text = _("This SVG cannot be used: %(why)s.") % {"why": refusal.details["logo_svg"]}
        raise forms.ValidationError(text) from refusal


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise forms.ValidationError(_("This is not an SVG file.")) from error
