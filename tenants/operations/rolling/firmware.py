"""Firmware on one device: the command, the device's words on the way, and the version that it reports in the end."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from saas.contracts.telemetry import wire
from saas.tenancy.queries import current
from tenants.stations import requests
from tenants.stations.models import Notice

from .. import sending
from ..models import AdapterReport, FirmwareImage, RolloutDevice
from ..queries import Member, fits
from ..sending import Outcome, Result
from ..storing import url_of
from . import steps
from .steps import State, Turn

RETRIES, RETRY_S = 3, 120
KINDS = ("FirmwareStatusNotification", "SignedFirmwareStatusNotification")
ASKED, INSTALLED = "asked", "Installed"
BROKEN = frozenset({
    "DownloadFailed", "InstallationFailed", "InstallVerificationFailed", "InvalidSignature",
})  # fmt: skip
HEALTHY, ROLLED_BACK, GAVE_UP = "healthy", "rolled_back", "failed"


@dataclass(frozen=True)
class Word:
    """One thing that the device said of its update."""

    word: str
    detail: str
    at: datetime


class FirmwareSteps:
    """See Steps."""

    watched = True

    def unfit(self, row: RolloutDevice, member: Member) -> str:
        if row.image is None:
            return "no_previous_image"
        if not fits(row.image, member):
            return "other_make"
        if not member.is_station and row.rollout.reverts_id is not None and not row.image.downgrade:
            return "not_signed_as_a_way_back"
        return "already" if same_version(row.image.version, member.firmware) else ""

    def begin(self, turn: Turn) -> None:
        kept = {
            "waits_for": "", "begun_at": turn.now, "installed_at": None, "error": "", "error_text": "",
            "before": {"version": turn.there.firmware}, "attempts": turn.row.attempts + 1,
        }  # fmt: skip
        if turn.there.is_station:
            turn.send(_update(turn), phase=ASKED, **kept)
        else:
            steps.move(turn.row, State.SENT, command=_to_adapter(turn), phase=ASKED, **kept)

    def answered(self, turn: Turn, found: Outcome) -> None:
        if found.result == Result.UNSENT:
            return steps.back_to_queue(turn.row, "offline", turn.now)
        if found.error == wire.REFUSE_BUSY:
            return steps.back_to_queue(turn.row, "charging", turn.now)
        if found.result == Result.REFUSED:
            return turn.fail(found.error or found.result, found.text)
        # No answer does not mean that the station does nothing: what it says, or its time, decides.
        phase = "accepted" if found.result == Result.DONE else "unanswered"
        steps.move(turn.row, State.WORKING, command="", phase=phase)
        return self.look(turn)

    def look(self, turn: Turn) -> None:
        row, member = turn.row, turn.member
        station = member is None or member.is_station
        error, text = (_judge_station if station else _judge_adapter)(row, member)
        if error:
            turn.fail(error, text)
        elif _reached(row, member) and (station or row.phase == HEALTHY):
            turn.done()
        elif turn.too_late:
            turn.done() if _reached(row, member) else turn.fail(steps.TIMEOUT)
        else:
            row.save(update_fields=["phase", "installed_at"])

    def relapsed(self, row: RolloutDevice, reported: str) -> tuple[str, str]:
        if same_version(_image(row).version, reported):
            return State.DONE, ""
        if not reported:
            return row.state, row.error
        return (State.FAILED, ROLLED_BACK) if row.state == State.DONE else (row.state, row.error)


def same_version(version: str, reported: str) -> bool:
    """Whether a device that reports this runs that version: the same text, or a word of a longer one."""
    wanted = version.strip().casefold()
    return bool(wanted) and wanted in (reported.strip().casefold(), *re.split(r"[\s/;,]+", reported.casefold()))


def _image(row: RolloutDevice) -> FirmwareImage:
    assert row.image is not None, "asked by unfit"
    return row.image


def _update(turn: Turn) -> requests.Request:
    image = _image(turn.row)
    return requests.update_firmware(
        turn.there.protocol, location=url_of(image, current()), retrieve_at=turn.now, certificate=image.certificate,
        signature=image.signature, retries=RETRIES, retry_s=RETRY_S, request_id=turn.row.pk,
    )  # fmt: skip


def _to_adapter(turn: Turn) -> str:
    image = _image(turn.row)
    told = (image.version, url_of(image, current()), image.size, image.sha256, image.signature)
    manifest = dict(zip(wire.OTA_FIELDS, told, strict=True)) | ({"downgrade": True} if image.downgrade else {})
    end = turn.now + timedelta(seconds=turn.rollout.device_timeout_s)
    return sending.to_adapter(member=turn.there, kind=wire.CMD_OTA, data=manifest, now=turn.now, expires_at=end)


def _judge_station(row: RolloutDevice, member: Member | None) -> tuple[str, str]:
    """Name and text of the failure, empty while there is none; the row's phase is the station's last word."""
    for said in _of_station(row, member):
        row.phase = said.word[:24]
        if said.word in BROKEN:
            return said.word, said.detail
        if said.word == INSTALLED and row.installed_at is None:
            row.installed_at = said.at
    if row.installed_at and _booted_since(row.installed_at, member) and not _reached(row, member):
        return "old_version", f"it reports {member.firmware if member else ''}"
    return "", ""


def _judge_adapter(row: RolloutDevice, member: Member | None) -> tuple[str, str]:
    for said in _of_adapter(row):
        row.phase = said.word
        if said.word in (ROLLED_BACK, GAVE_UP):
            return said.word if said.word == ROLLED_BACK else "update_failed", said.detail
    return "", ""


def _reached(row: RolloutDevice, member: Member | None) -> bool:
    """It reports the version; one that never reports any has installed it and started since."""
    if member is None:
        return False
    if member.firmware or not member.is_station:
        return same_version(_image(row).version, member.firmware)
    return row.installed_at is not None and _booted_since(row.installed_at, member)


def _booted_since(moment: datetime, member: Member | None) -> bool:
    booted = member.station.booted_at if member and member.station else None
    return booted is not None and booted > moment


def _of_station(row: RolloutDevice, member: Member | None) -> Iterable[Word]:
    """In the order in which it came; of other updates nothing."""
    if member is None or member.station is None or row.begun_at is None:
        return []
    rows = Notice.objects.filter(station=member.station, kind__in=KINDS, received_at__gte=row.begun_at).order_by("id")
    ours = [notice for notice in rows if notice.payload.get("requestId") in (None, row.pk)]
    return [Word(str(notice.payload.get("status", "")), _more(notice), notice.received_at) for notice in ours]


def _more(notice: Notice) -> str:
    info = notice.payload.get("statusInfo") or {}
    return " ".join(str(info[name]) for name in ("reasonCode", "additionalInfo") if info.get(name))


def _of_adapter(row: RolloutDevice) -> Iterable[Word]:
    rows = AdapterReport.objects.filter(device_id=row.device_id, at__gte=row.begun_at or row.rollout.created_at)
    return [Word(report.word, report.detail, report.at) for report in rows.order_by("id")]
