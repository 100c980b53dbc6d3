from datetime import timedelta

import pytest

from saas.contracts.telemetry.messages import Event, Telemetry
from saas.kit.time import to_ms
from tenants.charging import actions, queries
from tenants.charging.models import DeviceCommand, Session
from tenants.ledger import queries as ledger
from tenants.marketplace import queries as marketplace
from tests.builders import HELSINKI, NOW, cast, confirmed, listing


@pytest.mark.req("MKT-08", "MKT-10", "MKT-11", "MKT-13", "CHG-08")
def test_a_kilowatt_hour_from_the_map_to_the_hosts_credit(ampere: object) -> None:
    people = cast()
    charger = listing(host=people.host, tax_bp=2400)
    page = marketplace.search(viewer=people.driver, now=NOW, near=HELSINKI)
    assert [card.uid for card in page.items] == [charger.uid]
    booking, session = confirmed(of=charger, by=people.driver)
    assert booking.state == "confirmed" and booking.amount_minor == 744
    command = DeviceCommand.objects.get(session=session)
    assert command.payload["permit"]["session"] == str(session.uid)
    start = NOW + timedelta(hours=1)
    device = queries.device_of_evse(session.evse)
    actions.activate(session_uid=session.uid, driver=people.driver, qr_token=queries.qr_token(session.evse), now=start)
    told = {c.type for c in actions.claim_commands(now=start)}
    assert told == {"permit", "activate"}
    common = {"v": 1, "boot": 5, "session": str(session.uid)}
    actions.receive_event(
        device=device,
        event=Event(seq=1, ts_ms=to_ms(start), type="started", energy_wh=1000, **common),
        received_at=start,
    )
    later = start + timedelta(minutes=30)
    actions.receive_sample(
        device=device,
        sample=Telemetry(seq=2, ts_ms=to_ms(later), energy_wh=4000, power_w=7000, **common),
        received_at=later,
    )
    session.refresh_from_db()
    live = queries.live_state(session, later)
    assert (live["energy_wh"], live["power_w"], live["cost_minor"], live["seconds_left"]) == (3000, 7000, 372, 1800)
    end = start + timedelta(hours=1)
    actions.receive_event(
        device=device,
        event=Event(seq=3, ts_ms=to_ms(end), type="stopped", energy_wh=8000, reason="time", **common),
        received_at=end,
    )
    session.refresh_from_db()
    booking.refresh_from_db()
    assert (session.state, session.energy_wh, session.cost_minor, booking.state) == ("closed", 7000, 744, "completed")
    assert ledger.balance(kind="host_payable", owner=f"user:{people.host.uid}", currency="EUR") == 510
    assert ledger.balance(kind="commission", currency="EUR") == 90
    assert ledger.balance(kind="tax_payable", currency="EUR") == 144
    assert ledger.differences() == []
    assert actions.sweep(now=end)["payments"] == 1
    assert booking.payments.get().captured_minor == 744
    assert Session.objects.get(pk=session.pk).cdr["total_cost"]["incl_vat"].as_tuple() is not None
