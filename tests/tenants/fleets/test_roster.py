import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saas.kit.errors import Invalid, NotFound
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.accounts.models import Membership, Organisation
from tenants.fleets import actions, queries
from tenants.fleets.actions import RowError, import_roster
from tenants.fleets.models import Vehicle
from tests.builders import NOW, cast, person

HEADER = "plate,make,model,battery_kwh,connector,driver_email,rfid\n"


@pytest.fixture
def fleet(ampere: Tenant) -> Organisation:
    return Organisation.objects.create(name="Volta vans", kind="fleet")


def load(fleet: Organisation, text: str | bytes) -> actions.Imported:
    return import_roster(organisation=fleet, data=text if isinstance(text, bytes) else text.encode(), now=NOW)


@pytest.mark.req("FLT-01")
def test_good_rows_are_in_bad_ones_are_named(fleet: Organisation) -> None:
    driver = person("anna")
    outcome = load(
        fleet,
        HEADER
        + f"abc-123,VW,ID. Buzz,77.5,Type 2,{driver.email.upper()},04A1\n"
        + ",VW,,,,,\n\n"
        + "ABC-123,VW,,,,,\n"
        + "DEF-1,,,lots,,,\n"
        + "DEF-2,,,,Schuko,,\n"
        + "DEF-3,,,,,nobody@example.com,\n"
        + "DEF-4,,,,,not an address,\n"
        + "DEF-5,,,,,,04a1\n"
        + "DEF\x00,,,,,,\n"
        + "DEF-6,Renault,Zoe,52,CCS,,\n",
    )
    assert (outcome.added, outcome.updated, outcome.unchanged) == (2, 0, 0)
    assert [(e.row, e.column) for e in outcome.errors] == [
        (3, "plate"), (5, "plate"), (6, "battery_kwh"), (7, "connector"), (8, "driver_email"), (9, "driver_email"),
        (10, "rfid"), (11, "plate"),
    ]  # fmt: skip
    assert outcome.errors[1] == RowError(5, "plate", "ABC-123 is in row 2 already")
    van = Vehicle.objects.get(plate="ABC-123")
    assert (van.battery_wh, van.connector, van.driver, van.rfid) == (77_500, "IEC_62196_T2", driver, "04A1")


@pytest.mark.req("FLT-01")
def test_importing_again_changes_nothing_and_changes_update(fleet: Organisation) -> None:
    assert load(fleet, HEADER + "A-1,VW,,50,,,\n").added == 1
    assert load(fleet, HEADER + "A-1,VW,,50,,,\n").unchanged == 1
    assert load(fleet, HEADER + "A-1,VW,ID.3,58,,,\n").updated == 1
    assert [v.battery_wh for v in queries.roster(organisation=fleet).items] == [58_000]


@pytest.mark.req("FLT-01")
@pytest.mark.parametrize(
    "text",
    [
        "\ufeffplate;make;battery_kwh\r\nÄÖ-1;Škoda;77,5\r\n".encode(),
        "plate\tmake\tbattery kwh\nÄÖ-1\tŠkoda\t77.5\n".encode(),
        "Plate;Make;Battery_kWh\nÄÖ-1;Škoda;77,5".encode("cp1252"),
    ],
)
def test_what_spreadsheets_write_is_read(fleet: Organisation, text: bytes) -> None:
    assert load(fleet, text).errors == []
    van = Vehicle.objects.get()
    assert (van.plate, van.make, van.battery_wh) == ("ÄÖ-1", "Škoda", 77_500)


@pytest.mark.req("FLT-01")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "make,model\nVW,ID.3\n",
        HEADER.replace("rfid", "colour") + "A-1,,,,,,\n",
        b"\x81\x8d\x00",
        HEADER + "A" * 200_000,
    ],
)
def test_what_is_no_roster_is_refused_as_a_whole(fleet: Organisation, text: str | bytes) -> None:
    with pytest.raises(Invalid):
        load(fleet, text)
    assert not Vehicle.objects.exists()


@pytest.mark.req("FLT-01")
def test_the_template_is_a_roster(fleet: Organisation) -> None:
    person("driver")
    outcome = load(fleet, actions.template())
    assert [e.column for e in outcome.errors] == ["driver_email"]


@pytest.mark.req("FLT-01")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_no_text_breaks_the_import(fleet: Organisation, text: str) -> None:
    outcome = load(fleet, (HEADER + text).encode("utf-8", "ignore"))
    assert outcome.rows + len(outcome.errors) <= text.count("\n") + text.count("\r") + 1


@pytest.mark.req("FLT-01", "TEN-03", "TEN-04")
def test_a_fleet_is_seen_by_its_manager_and_staff_only(fleet: Organisation) -> None:
    people, manager = cast(), person("manager")
    Membership.objects.create(user=manager, role="fleet_manager", organisation=fleet)
    assert queries.fleet(uid=fleet.uid, viewer=manager, permission="fleet.manage") == fleet
    assert queries.fleet(uid=fleet.uid, viewer=people.owner) == fleet
    for stranger in (people.driver, people.outsider, None):
        with pytest.raises(NotFound):
            queries.fleet(uid=fleet.uid, viewer=stranger)
    with tenant_schema("barq"), pytest.raises(NotFound):
        queries.fleet(uid=fleet.uid, viewer=cast().owner)


@pytest.mark.req("FLT-01", "ACC-01")
def test_a_driver_keeps_an_own_vehicle(ampere: Tenant) -> None:
    driver = person("driver")
    car = actions.save_vehicle(cells={"plate": "own 1", "connector": "NACS"}, driver=driver, now=NOW)
    assert queries.of_driver(driver=driver) == [car] and car.plate == "OWN 1"
    with pytest.raises(Invalid):
        actions.save_vehicle(cells={"plate": ""}, driver=driver, now=NOW)
    actions.retire(vehicle=car, now=NOW)
    assert queries.of_driver(driver=driver) == []


@pytest.mark.req("FLT-01")
def test_a_large_roster_comes_in_pages_with_a_search_and_few_queries(
    ampere: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from tenants.fleets import queries

    monkeypatch.setattr(queries, "PAGE", 3)
    fleet = Organisation.objects.create(name="Cabs", kind="fleet")
    rows = "".join(f"KAL-{n:03},Nissan\n" for n in range(7))
    import_roster(organisation=fleet, data=f"plate,make\n{rows}".encode(), now=NOW)
    client = Client(headers={"host": "ampere.localhost"})
    client.force_login(person("boss", "owner"), backend="allauth.account.auth_backends.AuthenticationBackend")
    with CaptureQueriesContext(connection) as asked:
        first = client.get(f"/fleet/?fleet={fleet.uid}").content.decode()
    assert "KAL-002" in first and "KAL-003" not in first and "page=2" in first
    assert len(asked) < 30
    last = client.get(f"/fleet/?fleet={fleet.uid}&page=99").content.decode()
    assert "KAL-006" in last and "page=4" not in last
    assert "KAL-005" in client.get(f"/fleet/?fleet={fleet.uid}&search=nissan+005").content.decode()
    assert client.get(f"/fleet/?fleet={fleet.uid}&page=x&search=%00").status_code == 200
