"""Photos to those who may see them: shown, never run, and kept by no cache."""

from django.http import FileResponse

from .models import OrderPhoto
from .pictures import MEDIA
from .queries.photos import file_of


def photo_shown(photo: OrderPhoto, size: str) -> FileResponse:
    """`size` as in `queries.photos`."""
    answer = FileResponse(file_of(photo, size).open("rb"), content_type=MEDIA, filename=f"{photo.uid}.jpg")
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
    return answer
