"""Firmware images."""

from uuid import UUID

from saas.devices.models import Device
from saas.kit.pagination import Page, newest_first
from tenants.accounts.permissions import Someone

from ..models import FirmwareImage
from .members import Member, matches
from .seeing import check_list, check_one

KIND_OF = {Device.Kind.ADAPTER: FirmwareImage.Kind.ADAPTER, Device.Kind.STATION: FirmwareImage.Kind.OCPP}


def image(*, uid: UUID, viewer: Someone) -> FirmwareImage:
    """NotFound for everybody without the right to see stations."""
    found = FirmwareImage.objects.select_related("uploaded_by").filter(uid=uid).first()
    check_one(viewer, found, "firmware image")
    assert found is not None
    return found


def image_page(*, viewer: Someone, after: str | None, limit: int) -> Page[FirmwareImage]:
    """Newest first. Forbidden."""
    check_list(viewer)
    return newest_first(FirmwareImage.objects.select_related("uploaded_by"), after=after, limit=limit)


def fits(image: FirmwareImage, member: Member) -> bool:
    """Whether the image is meant for this make of device."""
    own = KIND_OF[Device.Kind(member.kind)] == image.kind
    return own and matches(image.vendor, member.vendor) and matches(image.model, member.model)


def images_for(*, member: Member, version: str) -> FirmwareImage | None:
    """The newest image of that version that is meant for the device: what a roll-back gives it."""
    rows = FirmwareImage.objects.filter(version__iexact=version.strip()).order_by("-id")
    return next((image for image in rows if fits(image, member)), None)
