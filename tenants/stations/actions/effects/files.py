"""Firmware, logs and diagnostics: what the station says of them while they are under way."""

from ...models import Item, StationCommand
from .base import Done, Json, Said, drop, keep, note, progress

# Action → the name under which its progress is shown.
REPORTS = {
    "FirmwareStatusNotification": "firmware",
    "SignedFirmwareStatusNotification": "firmware",
    "DiagnosticsStatusNotification": "diagnostics",
    "LogStatusNotification": "log",
    "PublishFirmwareStatusNotification": "publish",
}
ASKED = {
    "UpdateFirmware": "firmware",
    "SignedUpdateFirmware": "firmware",
    "GetDiagnostics": "diagnostics",
    "GetLog": "log",
    "PublishFirmware": "publish",
}


def told(said: Said) -> Json:
    """A status notification."""
    status = said.payload["status"]
    progress(said.station, REPORTS[said.action], status, said.now, said.payload.get("requestId"))
    note(said, status)
    if said.action == "PublishFirmwareStatusNotification" and status == "Published":
        _published(said)
    return {}


def asked(done: Done) -> None:
    """The station's first answer. 1.6: UpdateFirmware has none, GetDiagnostics names a file, or none when there is
    nothing to tell."""
    word = done.status or ("Accepted" if done.command.action == "UpdateFirmware" or done.answer else "NothingToSend")
    progress(done.station, ASKED[done.command.action], word, done.now, done.payload.get("requestId"))


def unpublished(done: Done) -> None:
    """UnpublishFirmware."""
    if done.status in ("Unpublished", "NoFirmware"):
        drop(done.station, Item.Kind.PUBLISHED, [done.payload["checksum"]])


def _published(said: Said) -> None:
    asked_for = StationCommand.objects.filter(
        station=said.station, action="PublishFirmware", payload__requestId=said.payload.get("requestId")
    ).last()
    if asked_for is not None:
        places = {"location": said.payload.get("location") or []}
        keep(said.station, Item.Kind.PUBLISHED, asked_for.payload["checksum"], places, said.now)
