"""Photos as they are kept: made anew from their pixels, so that nothing else of what was sent is left. Pure."""

from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import NoPhoto, PhotoTooLarge

FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA = "image/jpeg"
MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_PX, SMALL_PX = 2560, 480
WHITE = (255, 255, 255)


class Picture(NamedTuple):
    """JPEG of at most LONGEST_PX, and of SMALL_PX for lists; upright, without position, camera, colour profile."""

    full: bytes
    small: bytes
    width: int
    height: int


def cleaned(data: bytes) -> Picture:
    """A photo of whatever was sent. NoPhoto where its content is no JPEG, PNG or WebP; PhotoTooLarge."""
    if len(data) > MOST_BYTES:
        raise PhotoTooLarge(most_bytes=MOST_BYTES)
    try:
        image = _read(data)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise NoPhoto() from error
    small = image.copy()
    small.thumbnail((SMALL_PX, SMALL_PX))
    return Picture(_jpeg(image), _jpeg(small), image.width, image.height)


def _read(data: bytes) -> Image.Image:
    """Upright RGB. Size is looked at before a pixel is unpacked."""
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise PhotoTooLarge(most_pixels=MOST_PIXELS)
        image.draft("RGB", (LONGEST_PX, LONGEST_PX))
        image.thumbnail((LONGEST_PX, LONGEST_PX))
        upright = ImageOps.exif_transpose(image).convert("RGBA" if "transparency" in image.info else image.mode)
    return _on_white(upright)


def _on_white(image: Image.Image) -> Image.Image:
    """RGB; what was transparent is white."""
    if image.mode not in ("RGBA", "LA", "PA"):
        return image.convert("RGB")
    layer = image.convert("RGBA")
    page = Image.new("RGB", layer.size, WHITE)
    page.paste(layer, mask=layer.getchannel("A"))
    return page


def _jpeg(image: Image.Image) -> bytes:
    plain = Image.new("RGB", image.size)
    plain.paste(image)
    held = BytesIO()
    plain.save(held, "JPEG", quality=85, optimize=True)
    return held.getvalue()
