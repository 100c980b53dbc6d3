"""One of everything that the API can name, in the current tenant."""

from datetime import date, timedelta
from typing import Any

from saas.contracts.dashboards import Spec, Tile
from saas.kit.models import Public
from tenants.accounts.models import Organisation, User
from tenants.carbon import actions as carbon
from tenants.cards import actions as cards
from tenants.credits import actions as credits
from tenants.dashboards import actions as dashboards
from tenants.energy.actions import request_report
from tenants.fleets.actions import import_roster, save_vehicle
from tenants.maintenance.actions import orders, settings
from tenants.maintenance.models import Alert, Outage, Risk
from tenants.marketplace.models import Listing
from tenants.operations import actions as operations
from tenants.power.models import Circuit, PriceSeries
from tenants.pricing.models import Suggestion
from tenants.sites.models import Evse
from tenants.stations.models import Station
from tests import builders
from tests.tenants.credits import street


def _maintenance(evse: Evse, owner: User) -> dict[str, Any]:
    """An alert, an outage, a work order, a prediction; rules."""
    unit: dict[str, Any] = {"evse": evse, "device_id": evse.device_id, "device_evse": 1}
    fault = {"mrec": "CX002", "cause": "hardware", "broken": True}
    at = builders.NOW
    return {
        "alerts": Alert.objects.create(
            **unit,
            **fault,
            code="GroundFailure",
            source="ocpp",
            severity="critical",
            first_at=at,
            last_at=at,
            opened_at=at,
        ),
        "outages": Outage.objects.create(
            **unit, **fault, origin="fault", began_at=at, changed_at=at, guessed_cause="hardware", guessed_mrec="CX002"
        ),
        "work-orders": orders.order_by_hand(evse=evse, job=orders.Job("Look"), by=owner, now=at),
        "risks": Risk.objects.create(
            **unit, horizon_days=7, probability_ppm=1, model="m", data_version="v", made_at=at, received_at=at
        ),
        "silences": settings.add_silence(starts_at=at, ends_at=at + timedelta(days=1), reason="work", by=owner, now=at),
        "escalations": settings.add_rule(after_minutes=5, severity="major", role="operator", by=owner, now=at),
        "vendor-codes": settings.add_vendor_code(vendor="V", code="1", mrec="CX001", note="", by=owner, now=at),
        "units": evse,
    }


def suggested(listing: Listing) -> Suggestion:
    """A price on offer for this charger."""
    return Suggestion.objects.create(
        listing=listing, kind="hour", currency="EUR", rule="1", inputs={"current_micro": 6_000_000},
        decision={"floor_micro": 0, "reserve_micro": None, "reasons": []}, price_micro=6_100_000, digest="d",
        valid_from=builders.NOW, expires_at=builders.NOW + timedelta(days=3650),
    )  # fmt: skip


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
    rows |= _maintenance(evse, owner)
    rows |= {
        "pricing": suggested(listing),
        "circuits": Circuit.objects.create(location=evse.location, name="Main", limit_ma=63_000),
        "price-series": PriceSeries.objects.create(name="Day ahead"),
        "cards": cards.register(id_tag="04A1B2C3", driver=owner, by=owner, now=builders.NOW),
        "reports": report,
        "organisation": fleet,
        "evse": evse,
        "vehicles": vehicle,
        "import": fleet,
        "identity-reviews": waiting,
        **carbon_things(owner, day),
        **credited(owner),
        "members": builders.person("member", "operator"),
    }
    spec = Spec(tiles=[Tile(kind="metric", measure="sessions")])
    rows["dashboards"] = dashboards.create(
        wanted=dashboards.Wanted("Mornings", ["operator"], spec), by=owner, now=builders.NOW
    )
    return {name: str(row.uid) for name, row in rows.items()} | {"devices": device.device_id}


def carbon_things(owner: User, day: date) -> dict[str, Public]:
    """An instrument, fuel and a factor of the tenant's own."""
    then = day + timedelta(days=1)
    instrument = carbon.WantedInstrument(
        kind="supplier", name="Green tariff", energy_source="renewable", regions=("FI",), valid_from=day, valid_to=then,
        mg_per_kwh=0, source="Supplier",
    )  # fmt: skip
    fuel = carbon.WantedFuel(vehicle="VAN-1", fuel="diesel", volume_ml=1000, country="FI", first_day=day, end_day=then)
    factor = carbon.WantedFactor(
        kind="grid_losses", activity="electricity", region="FI", year=2026, published="0.01", gas_basis="CO2e",
        boundary="losses", boundary_kind="losses", source="Fingrid", licence="own", valid_from=day, valid_to=then,
    )  # fmt: skip
    return {
        "instruments": carbon.enter_instrument(wanted=instrument, organisation=None, by=owner, now=builders.NOW),
        "fuel": carbon.enter_fuel(wanted=fuel, organisation=None, by=owner, now=builders.NOW),
        "factors": carbon.enter_factor(wanted=factor, by=owner, now=builders.NOW),
    }


def credited(owner: User) -> dict[str, Public]:
    """A verified batch with its block of serials."""
    street.session(evse=builders.evse())
    batch = credits.open_batch(wanted=street.wanted(), by=owner, now=builders.NOW)
    credits.lock_batch(uid=batch.uid, by=owner, now=builders.NOW)
    batch = credits.verify_batch(uid=batch.uid, verifier="V", verification="R", by=owner, now=builders.NOW)
    return {"batches": batch, "blocks": batch.blocks.get()}
