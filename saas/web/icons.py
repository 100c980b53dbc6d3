"""A brand's app icons, drawn from its colours: a bolt on the brand colour, sharp at every size."""

from io import BytesIO

from PIL import Image, ImageDraw

from .colour import LIGHT, parse, shades

BOLT = ((0.56, 0.14), (0.25, 0.55), (0.47, 0.55), (0.42, 0.86), (0.75, 0.43), (0.53, 0.43))
OVERSAMPLE = 4


def png(primary: str, accent: str, size: int, *, maskable: bool = False) -> bytes:
    """A square PNG of `size` pixels. Maskable icons fill the square; others have round corners."""
    big = size * OVERSAMPLE
    image = Image.new("RGBA", (big, big), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    look = shades(primary, LIGHT)
    draw.rounded_rectangle((0, 0, big, big), radius=0 if maskable else big * 0.225, fill=parse(look.fill))
    draw.polygon([_at(x, y, big, maskable) for x, y in BOLT], fill=parse(look.on_fill))
    buffer = BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _at(x: float, y: float, big: int, maskable: bool) -> tuple[float, float]:
    shrink = 0.8 if maskable else 1.0  # the safe zone of maskable icons
    return (0.5 + (x - 0.5) * shrink) * big, (0.5 + (y - 0.5) * shrink) * big


def svg(primary: str) -> str:
    """The same mark as SVG: logo of a brand that has none, and favicon."""
    look = shades(primary, LIGHT)
    points = " ".join(f"{x * 64:.1f},{y * 64:.1f}" for x, y in BOLT)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">'
        f'<rect width="64" height="64" rx="14.5" fill="{look.fill}"/>'
        f'<polygon points="{points}" fill="{look.on_fill}" stroke="{look.on_fill}" stroke-width="2" '
        f'stroke-linejoin="round"/></svg>'
    )
