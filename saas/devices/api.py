"""`/devices/enrol`: the one door through which an adapter comes in before anybody knows it."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from saas.kit.http import client_ip

from . import enrolment
from .schemas import Enrolled, Enrolment


def enrol(request: HttpRequest, body: Enrolment) -> object:
    """Say who one is, as often as one likes. 409 when the id is taken with other content."""
    now = timezone.now()
    enrolment.BY_ADDRESS.hit(client_ip(request), now=now)
    newcomer = enrolment.Newcomer(
        device_id=body.device, claim=body.claim, secret=body.secret, permit_key=bytes.fromhex(body.permit_key),
        firmware=body.fw, hardware=body.hardware,
    )  # fmt: skip
    return {"device": body.device, "state": enrolment.enrol(newcomer=newcomer, now=now)}


def router() -> Router:
    """One for each API that has it: the platform's and every tenant's."""
    made = Router(tags=["devices"])
    made.post("/devices/enrol", auth=None, response=Enrolled, operation_id="enrol_device")(enrol)
    return made
