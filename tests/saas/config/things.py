"""One of everything that the API can name, in the current tenant."""

from datetime import timedelta

from tenants.accounts.models import Organisation, User
from tenants.cards import actions as cards
from tenants.energy.actions import request_report
from tenants.fleets.actions import import_roster, save_vehicle
from tenants.operations import actions as operations
from tenants.power.models import Circuit, PriceSeries
from tenants.stations.models import Station
from tests import builders


def things(owner: User) -> dict[str, str]:
    """Uids of things of `owner`, by the word that stands before them in a path or names them in a body."""
    listing = builders.listing(host=owner)
    booking, session = builders.confirmed(of=listing, by=owner)
    device = builders.device(kind="station", station_id="CP-1")
    evse = builders.evse(of=device)
    station = Station.objects.create(device_id=device.device_id, station_id="CP-1")
    fleet = Organisation.objects.create(name="Cabs", kind="fleet")
    import_roster(organisation=fleet, data=b"plate\nA-1\n", now=builders.NOW)
    day = builders.NOW.date()
    report = request_report(
        user=owner, kind="esg", organisation_uid=fleet.uid, period_start=day, period_end=day + timedelta(days=1),
        language="en", now=builders.NOW,
    )  # fmt: skip
    rows = {"chargers": listing, "charger": listing, "bookings": booking, "sessions": session, "stations": station}
    waiting = builders.person("waiting", verified=False)
    User.objects.filter(pk=waiting.pk).update(identity="pending")
    vehicle = save_vehicle(cells={"plate": "OWN-1"}, driver=owner, now=builders.NOW)
    group = operations.create_group(wanted=operations.Wanted(name="G"), by=owner, now=builders.NOW,
                                    device_ids=[device.device_id])  # fmt: skip
    image = operations.add_image(
        described=operations.Described(kind="ocpp", version="2.0"), chunks=[b"x"], by=owner, now=builders.NOW
    )
    values = {"ocpp1.6": {"HeartbeatInterval": "60"}}
    rows |= {
        "groups": group,
        "group-actions": operations.start_action(
            group=group, verb="clear_cache", parameters={}, by=owner, now=builders.NOW
        ),
        "firmware": image,
        "rollouts": operations.begin_firmware(image=image, group=group, by=owner, now=builders.NOW),
        "configuration-templates": operations.create_template(
            wanted=operations.WantedTemplate(name="T", values=values, groups=(group,)), by=owner, now=builders.NOW
        ),
    }
    rows |= {
        "circuits": Circuit.objects.create(location=evse.location, name="Main", limit_ma=63_000),
        "price-series": PriceSeries.objects.create(name="Day ahead"),
        "cards": cards.register(id_tag="04A1B2C3", driver=owner, by=owner, now=builders.NOW),
        "reports": report,
        "organisation": fleet,
        "evse": evse,
        "vehicles": vehicle,
        "import": fleet,
        "identity-reviews": waiting,
        "members": builders.person("member", "operator"),
    }
    return {name: str(row.uid) for name, row in rows.items()} | {"devices": device.device_id}
