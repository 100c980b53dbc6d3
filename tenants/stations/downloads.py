"""Logs and files as attachments: what a station sends is never shown by a browser."""

from datetime import datetime

from django.http import FileResponse, StreamingHttpResponse

from saas.kit import framelog

from . import queries
from .models import Upload


def log_download(
    device_id: str, station_id: str, since: datetime | None = None, until: datetime | None = None
) -> StreamingHttpResponse:
    """The raw log as JSON lines, of any size, oldest first."""
    lines = framelog.stream(device_id, since=since, until=until)
    answer = StreamingHttpResponse(lines, content_type="application/jsonl")
    name = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in station_id)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.jsonl"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def file_download(upload: Upload) -> FileResponse:
    """A file that a station put."""
    answer = FileResponse(
        queries.file_of(upload).open("rb"), as_attachment=True, filename=upload.name,
        content_type="application/octet-stream",
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer
