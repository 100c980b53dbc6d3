"""What becomes of a brand's colour in each mode, and why: for the person who chooses it."""

from dataclasses import dataclass

from .colour import DARK, LIGHT, Ground, contrast, parse, shades, text_of


@dataclass(frozen=True)
class Look:
    """One mode. `ratio`: contrast of the main colour as it was chosen; `*_moved`: another shade is shown."""

    mode: str
    page: str
    surface: str
    ink: str
    fill: str
    on_fill: str
    text: str
    accent: str
    on_accent: str
    ratio: float
    fill_moved: bool
    text_moved: bool
    accent_moved: bool


def looks(primary: str, accent: str) -> tuple[Look, Look]:
    """Light and dark. ValueError when one is no colour."""
    return _look("light", primary, accent, LIGHT), _look("dark", primary, accent, DARK)


def _look(mode: str, primary: str, accent: str, ground: Ground) -> Look:
    first, second, base = shades(primary, ground), shades(accent, ground), parse(primary)
    ratio = min(contrast(base, ground.page), contrast(base, ground.surface))
    return Look(
        mode=mode,
        page=text_of(ground.page),
        surface=text_of(ground.surface),
        ink="#10141a" if ground is LIGHT else "#eef2f6",
        fill=first.fill,
        on_fill=first.on_fill,
        text=first.text,
        accent=second.fill,
        on_accent=second.on_fill,
        ratio=round(ratio, 1),
        fill_moved=first.fill != text_of(base),
        text_moved=first.text != text_of(base),
        accent_moved=second.fill != text_of(parse(accent)),
    )
