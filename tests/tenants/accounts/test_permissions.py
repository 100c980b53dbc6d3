import pytest
from django.contrib.auth.models import AnonymousUser

from saas.tenancy.models import Tenant
from tenants.accounts.models import Membership, Organisation
from tenants.accounts.permissions import PERMISSIONS, ROLES, can, organisations_of, roles_of
from tests.builders import cast, held, listing, person

STAFF = {
    "owner": {"tenant.manage", "member.manage", "session.stop", "payment.refund", "fleet.manage"},
    "admin": {"member.manage", "session.stop", "payment.refund", "fleet.manage"},
    "operator": {"session.stop"},
    "finance": {"payment.refund"},
    "support": set(),
    "auditor": set(),
    "integrator": set(),
    "esg_analyst": set(),
    "technician": set(),
    "partner": set(),
    "host": set(),
    "fleet_manager": set(),
    "fleet_driver": set(),
}


@pytest.mark.req("TEN-04")
def test_every_role_is_in_the_table() -> None:
    assert set(ROLES) == set(Membership.Role.values) == set(STAFF)


@pytest.mark.req("TEN-04")
@pytest.mark.parametrize("role", sorted(STAFF))
def test_who_may_do_what_over_the_whole_tenant(ampere: Tenant, role: str) -> None:
    user = person(role, role)
    asked = ("tenant.manage", "member.manage", "session.stop", "payment.refund", "fleet.manage")
    assert {permission for permission in asked if can(user, permission)} == STAFF[role]
    assert roles_of(user) == {role}
    assert user.has_perm("session.stop") == ("session.stop" in STAFF[role])


@pytest.mark.req("TEN-04")
def test_an_auditor_changes_nothing() -> None:
    changing = {p for p in PERMISSIONS if not p.endswith(".view")}
    assert not ROLES["auditor"] & changing


@pytest.mark.req("TEN-04")
def test_strangers_inactive_people_and_misspelt_permissions(ampere: Tenant) -> None:
    owner = person("owner", "owner")
    owner.is_active = False
    assert not can(owner, "session.view") and not can(None, "session.view") and not can(AnonymousUser(), "session.view")
    with pytest.raises(KeyError):
        can(owner, "session.veiw")


@pytest.mark.req("TEN-04")
def test_hosts_and_drivers_have_rights_over_what_is_theirs(ampere: Tenant) -> None:
    people, other = cast(), person("other")
    booking = held(of=listing(host=people.host), by=people.driver)
    assert can(people.host, "listing.manage", booking.listing) and not can(
        people.driver, "listing.manage", booking.listing
    )
    assert can(people.driver, "booking.cancel", booking) and can(people.host, "booking.cancel", booking)
    assert not can(other, "booking.view", booking) and not can(people.host, "booking.view")


@pytest.mark.req("TEN-04", "FLT-01")
def test_fleet_roles_end_at_the_fleet(ampere: Tenant) -> None:
    mine, theirs = (Organisation.objects.create(name=name, kind="fleet") for name in ("Mine", "Theirs"))
    manager = person("manager")
    Membership.objects.create(user=manager, role="fleet_manager", organisation=mine)
    Membership.objects.create(user=manager, role="fleet_driver", organisation=theirs)
    assert can(manager, "fleet.manage", mine) and not can(manager, "fleet.manage", theirs)
    assert not can(manager, "fleet.manage") and organisations_of(manager, "fleet.view") == [mine.pk]
