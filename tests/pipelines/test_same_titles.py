"""Two chargers of one title at two sites of one name, of two hosts: nothing of one is told of the other."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from pipelines.defs.brand.assets import _chargers, _names, learn
from pipelines.defs.catalogue import STEPS
from pipelines.defs.demand.forecast import _all_hours
from pipelines.defs.pricing.assets import PRICE_ADVICE
from pipelines.defs.reports.gather import esg
from pipelines.defs.risk.facts import all_networks
from pipelines.defs.steps import Sources, carry_out
from pipelines.defs.uptime.assets import OUTAGES, UPTIME
from pipelines.marts import (
    carbon,
    charger_health_daily,
    energy_daily,
    energy_hours,
    outages,
    price_advice,
    roster,
    sessions,
    sessions_daily,
    tenants,
    uptime,
    visits,
)
from pipelines.resources.lake import Lake
from pipelines.resources.pricing_tables import OFFERS
from pipelines.resources.saas import SaasClient
from pipelines.resources.tables import CONTEXT, EQUIPMENT, OUTAGES_TOLD
from saas.contracts.internal import (
    ChargerCard,
    ClosedSession,
    DriverCard,
    OrganisationCard,
    QueuedReport,
    Roster,
    TenantCard,
    VehicleCard,
)
from saas.contracts.pricing import Offer, PriceSince
from tests.pipelines.facts import DAY, NOON_MS, Store, charging, context, messages
from tests.pipelines.facts import tenants as brands

pytestmark = pytest.mark.req("ANA-01", "ANA-02")
NORTH, SOUTH = "0c1d-north", "0c1d-south"
OF = {"a1": NORTH, "a2": SOUTH}
NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
BOTH = {NORTH, SOUTH}


def book() -> Roster:
    same: Any = {"title": "Charger 1", "site_name": "Garage", "city": "Espoo", "country": "FI", "vendor": "",
                 "timezone": "Europe/Helsinki"}  # fmt: skip
    return Roster(
        chargers=[
            ChargerCard(device_id="a1", charger=NORTH, site="loc-north", organisation="org-n", **same),
            ChargerCard(device_id="a2", charger=SOUTH, site="loc-south", organisation="org-s", **same),
        ],
        organisations=[OrganisationCard(uid=uid, name="Host Oy", kind="host") for uid in ("org-n", "org-s")],
        drivers=[DriverCard(driver=d, name="Aino", organisation="org-n") for d in ("d_aaaaaa", "d_bbbbbb")],
        vehicles=[VehicleCard(uid=v, plate="ABC-1", organisation="org-n") for v in ("v-aaaaaa", "v-bbbbbb")],
    )


def closed(device: str, session: str) -> ClosedSession:
    return ClosedSession(
        session=session, device_id=device, evse="1", charger=OF[device], site=f"loc-{OF[device][5:]}", city="Espoo",
        country="FI", host_organisation=f"org-{OF[device][5]}", ended_at="2026-03-10T12:30:00Z",
        closed_at="2026-03-10T12:31:00Z", energy_wh=3000, currency="EUR", cost_minor=77,
    )  # fmt: skip


class Told(SaasClient):
    def tenants(self) -> list[TenantCard]:
        plain: dict[str, Any] = dict.fromkeys(TenantCard.__struct_fields__, "")
        return [TenantCard(**plain | {"tenant": "ampere", "kind": "reseller", "country": "FI", "timezone": "UTC"})]

    def roster(self, card: TenantCard) -> Roster:
        return book()

    def sessions(self, card: TenantCard, since: datetime | None) -> Iterator[ClosedSession]:
        yield from (closed("a1", "north"), closed("a2", "south"))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """One charges at noon for half an hour; the other at 18 for an hour, and was broken in the night."""
    home: Path = tmp_path_factory.mktemp("titles")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATTLANE_HOME", str(home))
        patch.delenv("LAKE_URL", raising=False)
        yield _filled(Lake())


def _filled(lake: Lake) -> Lake:
    learn(lake, Told())
    lake.replace_all(tenants.TABLE, brands())
    facts = messages(
        *charging("north", device="a1"),
        *charging("south", NOON_MS + 6 * 3_600_000, minutes=60, device="a2", boot=8),
        {"kind": "event", "type": "unplugged", "seq": 99, "ts_ms": NOON_MS + 1_900_000},
        {"kind": "event", "type": "fault", "code": "E1", "seq": 99, "boot": 8, "device": "a2",
         "ts_ms": NOON_MS + 8 * 3_600_000},
    )  # fmt: skip
    sources = Sources(lake, Store(facts))  # type: ignore[arg-type]
    for step in STEPS:
        carry_out(step, sources, DAY, DAY)
    lake.replace_all(OUTAGES_TOLD, _broken())
    lake.replace_all(OFFERS, _offers())
    for whole in (OUTAGES, UPTIME, PRICE_ADVICE):
        lake.replace_all(whole.table, whole.rows(sources, NOW))
    return lake


def _broken() -> pl.DataFrame:
    at = datetime(2026, 3, 11, tzinfo=UTC)
    row = {"tenant": "ampere", "outage": "o1", "device": "a2", "evse": 1, "began_at": at, "cause": "hardware",
           "ended_at": at + timedelta(hours=6), "mrec": "", "planned": False, "exclusion": "", "broken": True,
           "withdrawn": False, "changed_at": at}  # fmt: skip
    return pl.DataFrame([row], schema=OUTAGES_TOLD.schema)


def _offers() -> pl.DataFrame:
    rows = []
    for device, uid in OF.items():
        offer = Offer(
            listing=f"l-{device}", charger=uid, site=f"loc-{uid[5:]}", city="Espoo", cell="871126d32ffffff",
            latitude=60.2, longitude=24.9, connector="IEC_62196_T2", power_w=11_000, currency="EUR", exponent=2,
            prices=[PriceSince(since="2026-03-01T00:00:00Z", kwh_micro=300_000)], energy_cost_micro=100_000,
            losses_bp=0, wear_micro=0, profit_micro=0, fee_bp=0, most_change_bp=1000,
        )  # fmt: skip
        told = {"listing": offer.listing, "charger": uid, "cell": offer.cell, "currency": "EUR", "kwh_micro": 300_000}
        rows.append(told | {"tenant": "ampere", "offer": msgspec.json.encode(offer).decode()})
    return pl.DataFrame(rows, schema=OFFERS.schema)


def by_charger(rows: pl.DataFrame, column: str) -> dict[str, Any]:
    return dict(rows.select("charger", column).iter_rows())


def test_energy_and_use_are_each_chargers_own(lake: Lake) -> None:
    expected = {NORTH: 3000, SOUTH: 6000}
    assert by_charger(sessions.read(tenant="ampere"), "energy_wh") == expected
    assert by_charger(sessions_daily.read(tenant="ampere", by=("charger",)), "energy_wh") == expected
    assert sessions_daily.read(tenant="ampere")["chargers"].item() == 2
    energy = energy_daily.read(tenant="ampere").group_by("charger").agg(pl.col("energy_wh").sum())
    assert by_charger(energy, "energy_wh") == expected
    hours = energy_hours.read(tenant="ampere", by=("host_organisation",))
    assert dict(hours.iter_rows()) == {"org-n": 3000, "org-s": 6000}
    assert by_charger(carbon.read(tenant="ampere"), "site") == {NORTH: "loc-north", SOUTH: "loc-south"}


def test_health_visits_and_outages_are_each_chargers_own(lake: Lake) -> None:
    assert by_charger(charger_health_daily.read(tenant="ampere"), "faults") == {NORTH: 0, SOUTH: 1}
    assert by_charger(visits.summed(tenant="ampere", by=("charger",)), "visits") == {NORTH: 1, SOUTH: 1}
    assert outages.read(tenant="ampere")["charger"].to_list() == [SOUTH]
    assert by_charger(uptime.read(tenant="ampere"), "down_s") == {NORTH: 0, SOUTH: 6 * 3600}
    assert uptime.read(tenant="ampere", organisations=("org-n",))["charger"].to_list() == [NORTH]


def test_risk_demand_and_prices_are_each_chargers_own(lake: Lake) -> None:
    (network,) = all_networks(NOW)
    assert set(network.grid.units) == BOTH
    assert dict(network.names.select("unit", "device").iter_rows()) == {NORTH: "a1", SOUTH: "a2"}
    units = {whose["level"]: set(hours.units) for whose, hours in _all_hours(NOW)}
    assert units["charger"] == BOTH
    assert by_charger(price_advice.read(tenant="ampere"), "site") == {NORTH: "loc-north", SOUTH: "loc-south"}


def test_people_see_them_apart(lake: Lake) -> None:
    names = roster.read(tenant="ampere")
    found = {kind: rows["name"].to_list() for (kind,), rows in names.group_by("kind")}
    assert sorted(found["charger"]) == ["Charger 1 · Garage · -north", "Charger 1 · Garage · -south"]
    assert sorted(found["site"]) == ["Garage · Espoo · -north", "Garage · Espoo · -south"]
    assert all(len(set(said)) == 2 for said in found.values())


def test_lines_of_a_report_name_them_apart(lake: Lake) -> None:
    wanted = QueuedReport(uid="r", kind="esg", period_start="2026-03-01", period_end="2026-04-01", language="en")
    (card,) = Told().tenants()
    rows = esg.gather(card, wanted).rows
    assert {row["charger"]: row["energy_wh"] for row in rows} == {
        "Charger 1 · Garage · -north": 3000, "Charger 1 · Garage · -south": 6000,
    }  # fmt: skip
    assert len({row["site"] for row in rows}) == 2


def test_what_an_older_version_of_the_product_told_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions that closed before their cost, driver or charger was told this way get them; others stay."""
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    lake, asked = Lake(), list[datetime | None]()

    class Asked(Told):
        def sessions(self, card: TenantCard, since: datetime | None) -> Iterator[ClosedSession]:
            asked.append(since)
            return super().sessions(card, since)

    old = replace(CONTEXT, edition=1)
    held = pl.concat([context("north"), context("gone")]).with_columns(charger=pl.lit("Charger 1"))
    lake.replace_days(old, held, DAY, DAY)
    learn(lake, Asked())
    assert asked == [None] and CONTEXT.current()
    rows = CONTEXT.scan().collect()
    assert by_charger(rows.select("session", "charger").rename({"charger": "x", "session": "charger"}), "x") == {
        "north": NORTH, "south": SOUTH, "gone": "Charger 1",
    }  # fmt: skip
    learn(lake, Asked())
    assert asked[1] == datetime(2026, 3, 10, 12, 21, tzinfo=UTC)


def test_a_charger_without_a_device_has_a_name_and_no_port() -> None:
    gone = ChargerCard(charger="old", title="Charger 9", site="loc", site_name="Garage", city="", country="FI",
                       timezone="UTC")  # fmt: skip
    assert _chargers({"ampere": Roster(chargers=[gone])}).height == 0
    assert _chargers({"ampere": Roster(chargers=[gone])}, EQUIPMENT).height == 0
    names = _names({"ampere": Roster(chargers=[gone])})
    assert dict(names.select("id", "name").iter_rows()) == {"old": "Charger 9", "loc": "Garage"}
