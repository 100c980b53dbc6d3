"""Colours of a brand made readable: every pair that carries text reaches WCAG AA, whatever colour the brand chose."""

from dataclasses import dataclass

RGB = tuple[int, int, int]
TEXT = 4.5  # WCAG 2.2 AA for text
SHAPE = 3.0  # … for the shape of a control against its surroundings
INK: RGB = (0x10, 0x14, 0x1A)
WHITE: RGB = (255, 255, 255)


@dataclass(frozen=True)
class Ground:
    """The neutral surfaces of a mode that brand colours must be read on; `tokens.css` holds the same values."""

    page: RGB
    surface: RGB
    raised: RGB
    away: RGB  # where a colour moves to gain contrast
    tint: float  # share of the colour in a soft background


LIGHT = Ground(page=(0xF4, 0xF6, 0xF8), surface=WHITE, raised=WHITE, away=(0, 0, 0), tint=0.09)
DARK = Ground(page=(0x0C, 0x10, 0x15), surface=(0x14, 0x1A, 0x21), raised=(0x1C, 0x24, 0x2D), away=WHITE, tint=0.16)


@dataclass(frozen=True)
class Shades:
    """`fill` under `on_fill`; `text` on every surface and on `soft`; `fill` stands out from the page by 3:1."""

    fill: str
    on_fill: str
    text: str
    soft: str


def parse(colour: str) -> RGB:
    """`#0B6E4F` → (11, 110, 79). ValueError for anything else."""
    digits = colour.removeprefix("#")
    if len(digits) != 6 or not colour.startswith("#"):
        raise ValueError(f"{colour!r} is not a colour such as #0B6E4F")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def text_of(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def luminance(colour: RGB) -> float:
    """Relative luminance as WCAG defines it."""
    r, g, b = ((c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: RGB, b: RGB) -> float:
    """1 (same) to 21 (black on white)."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """`share` of b in a."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def on(fill: RGB) -> RGB:
    """White or ink, whichever reads better; pure black where ink is not dark enough."""
    if contrast(fill, WHITE) >= TEXT:
        return WHITE
    return INK if contrast(fill, INK) >= TEXT else (0, 0, 0)


def readable(colour: RGB, grounds: tuple[RGB, ...], away: RGB, least: float) -> RGB:
    """The nearest shade towards `away` that has `least` contrast on every ground."""
    for step in range(101):
        shade = mix(colour, away, step / 100)
        if all(contrast(shade, ground) >= least for ground in grounds):
            return shade
    return away


def shades(colour: str, ground: Ground) -> Shades:
    """All that the design system needs of one brand colour in one mode."""
    base = parse(colour)
    fill = readable(base, (ground.page, ground.surface), ground.away, SHAPE)
    soft = mix(ground.surface, base, ground.tint)
    text = readable(base, (ground.page, ground.surface, ground.raised, soft), ground.away, TEXT)
    return Shades(text_of(fill), text_of(on(fill)), text_of(text), text_of(soft))


def _declarations(name: str, shade: Shades) -> str:
    return f"--{name}:{shade.fill};--on-{name}:{shade.on_fill};--{name}-text:{shade.text};--{name}-soft:{shade.soft};"


def stylesheet(primary: str, accent: str) -> str:
    """The brand's custom properties, for both modes and the person's own choice (`data-theme`)."""
    light, dark = (
        _declarations("brand", shades(primary, ground)) + _declarations("accent", shades(accent, ground))
        for ground in (LIGHT, DARK)
    )
    return (
        f":root{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f":root[data-theme=dark]{{{dark}}}\n"
    )
