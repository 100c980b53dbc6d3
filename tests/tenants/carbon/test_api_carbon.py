"""Instruments, fuel and factors through the API: entered once, replaced, withdrawn, told to the pipelines."""

from typing import Any

import pytest

from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import AuditEntry, Organisation
from tenants.carbon import exports, queries
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others

pytestmark = [pytest.mark.django_db, pytest.mark.req("ESG-01")]
CERTIFICATE: dict[str, Any] = {
    "kind": "certificate", "name": "Wind 2026", "energy_source": "renewable", "regions": ["FI"], "mg_per_kwh": 0,
    "valid_from": "2026-01-01", "valid_to": "2027-01-01", "produced_from": "2026-01-01", "produced_to": "2026-07-01",
    "volume_wh": 5_000_000, "source": "Fingrid GO registry", "evidence": "GO 643-1 to 643-5",
    "quality": ["conveys_rate", "sole_claim", "redeemed", "close_in_time", "same_market"],
}  # fmt: skip
FACTOR: dict[str, Any] = {
    "kind": "fuel", "activity": "diesel", "region": "FI", "year": 2026, "published": "2.5812345", "gas_basis": "CO2e",
    "boundary": "combustion", "boundary_kind": "combustion", "source": "VTT Lipasto", "licence": "own use",
    "valid_from": "2026-01-01", "valid_to": "2027-01-01",
}  # fmt: skip
FUEL: dict[str, Any] = {
    "vehicle": "VAN-1", "fuel": "diesel", "volume_ml": 61_240, "country": "FI", "first_day": "2026-03-02",
    "end_day": "2026-03-03",
}  # fmt: skip


@pytest.fixture
def analyst() -> Api:
    return Api("ampere", person("ampere", "", "esg_analyst"))


@pytest.fixture
def fleet() -> Organisation:
    with tenant_schema("ampere"):
        return Organisation.objects.create(name="City cabs", kind="fleet")


def test_a_certificate_counts_once_its_criteria_are_met(analyst: Api) -> None:
    made = analyst.post("/carbon/instruments", CERTIFICATE)
    assert made.status_code == 201
    assert (said(made)["counts"], said(made)["missing"]) == (True, [])
    bare = said(analyst.post("/carbon/instruments", CERTIFICATE | {"quality": ["redeemed"], "produced_to": None,
                                                                   "produced_from": None}))  # fmt: skip
    assert bare["counts"] is False
    assert bare["missing"] == ["conveys_rate", "sole_claim", "close_in_time", "same_market", "vintage"]


def test_an_old_vintage_keeps_a_certificate_from_counting(analyst: Api) -> None:
    old = CERTIFICATE | {"produced_from": "2023-01-01", "produced_to": "2024-01-01"}
    assert said(analyst.post("/carbon/instruments", old))["missing"] == ["vintage"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"volume_wh": None}, "volume_wh"),
        ({"valid_to": "2026-01-01"}, "valid_to"),
        ({"produced_to": None}, "produced_to"),
        ({"quality": ["shiny"]}, "quality"),
        ({"name": "  "}, "name"),
    ],
)
def test_what_is_no_instrument_is_refused(analyst: Api, wrong: dict[str, Any], field: str) -> None:
    answer = analyst.post("/carbon/instruments", CERTIFICATE | wrong)
    assert code(answer) == (422, "invalid")
    assert field in said(answer)


def test_a_replaced_instrument_stays_on_record_and_only_the_newest_is_told(analyst: Api) -> None:
    first = said(analyst.post("/carbon/instruments", CERTIFICATE))["uid"]
    second = said(analyst.post(f"/carbon/instruments/{first}/replace", CERTIFICATE | {"volume_wh": 4_000_000}))["uid"]
    assert code(analyst.post(f"/carbon/instruments/{first}/replace", CERTIFICATE)) == (409, "entry_replaced")
    assert [row["uid"] for row in said(analyst.get("/carbon/instruments"))["items"]] == [second]
    everything = said(analyst.get("/carbon/instruments?all=true"))["items"]
    assert {row["uid"]: row["current"] for row in everything} == {first: False, second: True}
    with tenant_schema("ampere"):
        (told,) = exports.instruments(after=None).items
        assert (told.instrument, told.volume_wh, told.counts) == (f"instrument/{second}", 4_000_000, True)
        (entry,) = AuditEntry.objects.filter(act="instrument.replaced")
        assert entry.details == {"volume_wh": ["5000000", "4000000"]}
    assert analyst("DELETE", f"/carbon/instruments/{second}").status_code == 204
    with tenant_schema("ampere"):
        assert exports.instruments(after=None).items == []


def test_a_new_version_of_a_factor_is_told_under_the_same_base(analyst: Api) -> None:
    first = said(analyst.post("/carbon/factors", FACTOR))
    assert (first["value"], first["version"], first["unit"]) == (2_581_234, 1, "kg per litre")
    second = said(analyst.post(f"/carbon/factors/{first['uid']}/replace", FACTOR | {"published": "2.6"}))
    assert (second["value"], second["version"]) == (2_600_000, 2)
    other = analyst.post(f"/carbon/factors/{second['uid']}/replace", FACTOR | {"activity": "petrol"})
    assert code(other) == (422, "invalid")
    with tenant_schema("ampere"):
        (told,) = exports.factors(after=None).items
        base = told.base
        assert (told.value, told.valid_to) == (2_600_000, "2027-01-01")
    analyst("DELETE", f"/carbon/factors/{second['uid']}")
    with tenant_schema("ampere"):
        (told,) = exports.factors(after=None).items
        assert (told.base, told.valid_from, told.valid_to) == (base, "2026-01-01", "2026-01-01")


@pytest.mark.parametrize(
    "wrong", [{"boundary_kind": "losses"}, {"activity": "electricity"}, {"published": "2,5"}, {"region": "fi"}]
)
def test_a_factor_that_does_not_fit_is_refused(analyst: Api, wrong: dict[str, Any]) -> None:
    assert code(analyst.post("/carbon/factors", FACTOR | wrong)) == (422, "invalid")


def test_the_mark_changes_with_every_change(analyst: Api) -> None:
    def mark() -> str:
        with tenant_schema("ampere"):
            return queries.mark()

    marks = [mark()]
    uid = said(analyst.post("/carbon/fuel", FUEL))["uid"]
    marks.append(mark())
    analyst("DELETE", f"/carbon/fuel/{uid}")
    marks.append(mark())
    assert len(set(marks)) == 3


@pytest.mark.req("ESG-02")
def test_a_sheet_of_fuel_comes_in_once_with_an_error_for_each_row_that_does_not_fit(
    analyst: Api, fleet: Organisation
) -> None:
    csv = (
        "Vehicle;Fuel;Litres;Date;Last date;Receipt\n"
        "van-1;Diesel;61,24;02.03.2026;;R-1\n"
        "van-1;Diesel;40;2026-03-02;;R-2\n"
        "van-2;Benzin;300,5;2026-03-01;2026-03-31;\n"
        "van-2;coal;1;2026-03-01;;\n"
        "van-2;Diesel;lots;2026-03-01;;\n"
        "van-2;Diesel;1;31.02.2026;;\n"
        ";Diesel;1;2026-03-01;;\n"
        "van-2;Diesel;1;2026-03-02;2026-03-01;\n"
    )
    body = {"csv": csv, "organisation": str(fleet.uid)}
    first = said(analyst.post("/carbon/fuel/import", body))
    assert (first["added"], first["unchanged"]) == (3, 0)
    assert [(e["row"], e["column"]) for e in first["errors"]] == [
        (5, "fuel"), (6, "litres"), (7, "date"), (8, "vehicle"), (9, "last_date"),
    ]  # fmt: skip
    assert said(analyst.post("/carbon/fuel/import", body))["unchanged"] == 3
    with tenant_schema("ampere"):
        told = {(row.vehicle, row.evidence): row for row in exports.fuel(after=None).items}
    month = told["VAN-2", ""]
    assert (month.fuel, month.volume_ml, month.first_day, month.end_day, month.country, month.organisation) == (
        "petrol", 300_500, "2026-03-01", "2026-04-01", "FI", str(fleet.uid),
    )  # fmt: skip


def test_another_volume_for_the_same_filling_is_not_guessed(analyst: Api) -> None:
    assert analyst.post("/carbon/fuel", FUEL).status_code == 201
    assert code(analyst.post("/carbon/fuel", FUEL)) == (409, "fuel_entered_twice")
    sheet = "vehicle,fuel,litres,date\nVAN-1,diesel,50,2026-03-02\n"
    (error,) = said(analyst.post("/carbon/fuel/import", {"csv": sheet}))["errors"]
    assert error["column"] == "litres"


@pytest.mark.parametrize(
    ("litres", "date", "column"),
    [("1,234", "2026-03-02", "litres"), ("61,243", "2026-03-02", "litres"), ("5", "2099-01-01", "date")],
)
def test_thousands_are_not_taken_for_decimals_nor_a_day_that_has_not_come(
    analyst: Api, litres: str, date: str, column: str
) -> None:
    sheet = f"vehicle;fuel;litres;date\nVAN-1;diesel;{litres};{date}\n"
    found = said(analyst.post("/carbon/fuel/import", {"csv": sheet}))
    assert (found["added"], [error["column"] for error in found["errors"]]) == (0, [column])


@pytest.mark.parametrize("sheet", ["vehicle,litres\nA,1\n", "vehicle,fuel,litres,date,colour\n", "\x00\x00"])
def test_what_is_no_sheet_of_fuel_is_refused_as_a_whole(analyst: Api, sheet: str) -> None:
    assert code(analyst.post("/carbon/fuel/import", {"csv": sheet})) == (422, "invalid")


@pytest.mark.req("TEN-03", "TEN-04")
def test_a_fleet_enters_its_own_and_sees_nobody_elses(analyst: Api, fleet: Organisation) -> None:
    with tenant_schema("ampere"):
        rival = Organisation.objects.create(name="Rival", kind="fleet")
    manager = Api("ampere", person("ampere", "", "fleet_manager", organisation=fleet))
    other = Api("ampere", person("ampere", "", "fleet_manager", organisation=rival))
    tenants_own = said(analyst.post("/carbon/fuel", FUEL))["uid"]
    uid = said(manager.post("/carbon/fuel", FUEL | {"organisation": str(fleet.uid)}))["uid"]
    assert [row["uid"] for row in said(manager.get("/carbon/fuel"))["items"]] == [uid]
    assert said(other.get("/carbon/fuel"))["items"] == []
    assert code(other("DELETE", f"/carbon/fuel/{uid}")) == (404, "not_found")
    assert code(manager("DELETE", f"/carbon/fuel/{tenants_own}")) == (404, "not_found")
    assert code(manager.post("/carbon/fuel", FUEL)) == (404, "not_found")
    assert code(other.post("/carbon/fuel", FUEL | {"organisation": str(fleet.uid)})) == (404, "not_found")
    assert code(manager.post("/carbon/factors", FACTOR)) == (403, "forbidden")


@pytest.mark.req("TEN-03", "TEN-04")
def test_outsiders_and_the_other_tenant_get_404(analyst: Api) -> None:
    instrument = said(analyst.post("/carbon/instruments", CERTIFICATE))["uid"]
    factor = said(analyst.post("/carbon/factors", FACTOR))["uid"]
    unknown_to_others(f"/carbon/instruments/{instrument}")
    unknown_to_others(f"/carbon/factors/{factor}", method="DELETE")
    assert code(Api("ampere", person("ampere")).get("/carbon/instruments")) == (403, "forbidden")
    assert said(Api("barq", person("barq", "", "owner")).get("/carbon/instruments"))["items"] == []
    auditor = Api("ampere", person("ampere", "", "auditor"))
    assert len(said(auditor.get("/carbon/instruments"))["items"]) == 1
    assert code(auditor.post("/carbon/instruments", CERTIFICATE)) == (404, "not_found")


def test_lists_come_in_pages(analyst: Api) -> None:
    for number in range(3):
        analyst.post("/carbon/fuel", FUEL | {"vehicle": f"V-{number}"})
    first = said(analyst.get("/carbon/fuel?limit=2"))
    rest = said(analyst.get(f"/carbon/fuel?limit=2&after={first['next']}"))
    assert [row["vehicle"] for row in (*first["items"], *rest["items"])] == ["V-2", "V-1", "V-0"]
    assert rest["next"] is None
