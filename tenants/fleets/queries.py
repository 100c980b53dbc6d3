"""Reading rosters."""

from uuid import UUID

from saas.kit.errors import NotFound
from tenants.accounts.models import Organisation, User
from tenants.accounts.permissions import Someone, can

from .models import Vehicle


def fleet(*, uid: UUID, viewer: Someone, permission: str = "fleet.view") -> Organisation:
    """A fleet that the viewer may see (or manage). NotFound otherwise."""
    organisation = Organisation.objects.filter(uid=uid).first()
    if organisation is None or not can(viewer, permission, organisation):
        raise NotFound("There is no such fleet.")
    return organisation


def roster(*, organisation: Organisation) -> list[Vehicle]:
    """Vehicles in use, by plate, with their drivers. Who may see the fleet is for `fleet` to say first."""
    return list(
        Vehicle.objects.select_related("driver").filter(organisation=organisation, active=True).order_by("plate")
    )


def of_driver(*, driver: User) -> list[Vehicle]:
    """What a person may charge: their own vehicles, and those of fleets that they drive."""
    return list(Vehicle.objects.filter(driver=driver, active=True).order_by("plate"))
