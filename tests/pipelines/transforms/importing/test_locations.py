# ruff: noqa: E501 - files written out
"""Location files: registers, OCPI, places exchanged or without their sign, and plugs by every name."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from pipelines.transforms.importing.connector_words import plugs
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.locations import LOCATIONS
from tests.pipelines.transforms.importing.kinds import good, read, reasons

WHOLE = Path(__file__).resolve().parents[5] / "shared" / "data" / "locations"
pytestmark = pytest.mark.req("ANA-01")
PLACE = ("name", "latitude", "longitude", "country")


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def test_ocpi_locations() -> None:
    def evse(uid: str, status: str, standard: str, watts: int) -> dict[str, object]:
        return {
            "uid": uid,
            "status": status,
            "connectors": [{"id": "1", "standard": standard, "max_electric_power": watts}],
        }

    site = {
        "id": "LOC1", "name": "Gent Zuid", "address": "F.Rooseveltlaan 3A", "city": "Gent", "country": "BEL",
        "coordinates": {"latitude": "51.047599", "longitude": "3.729944"}, "operator": {"name": "BeCharged"},
        "evses": [evse("1", "AVAILABLE", "IEC_62196_T2", 22000), evse("2", "AVAILABLE", "IEC_62196_T2_COMBO", 150000)],
    }  # fmt: skip
    other = site | {
        "id": "LOC2",
        "evses": [evse("3", "OUTOFORDER", "CHADEMO", 50000), evse("4", "AVAILABLE", "CHADEMO", 50000)],
    }
    file = read(LOCATIONS, json.dumps({"data": [site, other], "status_code": 1000}))
    assert good(file, "id", *PLACE, "operator", "connectors", "evses", "power_w", "status") == [
        ("LOC1", "Gent Zuid", 51.047599, 3.729944, "BE", "BeCharged", ["IEC_62196_T2", "IEC_62196_T2_COMBO"], 2, 150_000, "AVAILABLE"),
        ("LOC2", "Gent Zuid", 51.047599, 3.729944, "BE", "BeCharged", ["CHADEMO"], 2, 50_000, None),
    ]  # fmt: skip


def test_open_charge_map() -> None:
    site = {
        "ID": 12, "UUID": "u-12", "AddressInfo": {"Title": "Car Park", "Town": "Leeds", "Latitude": 53.8, "Longitude": -1.55, "Country": {"ISOCode": "GB"}},
        "OperatorInfo": {"Title": "Pod"}, "StatusType": {"Title": "Operational", "IsOperational": True}, "NumberOfPoints": 3,
        "Connections": [{"ConnectionType": {"Title": "CCS (Type 2)"}, "PowerKW": 50}, {"ConnectionType": {"Title": "CHAdeMO"}, "PowerKW": 43.5}],
    }  # fmt: skip
    file = read(LOCATIONS, json.dumps([site, site | {"ID": 13, "UUID": "u-13"}]))
    row = good(file, *PLACE, "operator", "connectors", "evses", "power_w", "status")[0]
    assert row == ("Car Park", 53.8, -1.55, "GB", "Pod", ["IEC_62196_T2_COMBO", "CHADEMO"], 3, 50_000, "AVAILABLE")


def test_a_place_is_repaired_only_where_one_repair_alone_brings_it_home() -> None:
    file = read(
        LOCATIONS,
        lines(
            "id,name,latitude,longitude,country", "1,as it is,40.71,-74.0,US", "2,exchanged,-74.0,40.71,US", "3,sign lost,40.71,74.0,US",
            "4,nowhere near,-33.9,18.4,US", "5,nobody,0,0,US", "6,beyond,140.71,-274.0,US", "7,not there,,,US", "8,words,north,west,US",
            "9,exchanged for certain,139.7,35.7,",
        ),
    )  # fmt: skip
    assert good(file, "id", "latitude", "longitude") == [
        ("1", 40.71, -74.0), ("2", 40.71, -74.0), ("3", 40.71, -74.0), ("9", 35.7, 139.7),
    ]  # fmt: skip
    assert reasons(file)[3:8] == [
        "outside_country",
        "null_island",
        "outside_the_earth",
        "missing_place",
        "unreadable_place",
    ]
    assert file.judged["repaired"].to_list()[1:3] == [
        ["latitude_and_longitude_exchanged"],
        ["sign_of_coordinates_restored"],
    ]


def test_a_place_in_no_country_is_held_to_the_rest_of_the_file() -> None:
    rest = [f"{i},p{i},{50.2 + i / 200:.3f},{9 + i / 100:.3f}" for i in range(120)]
    file = read(LOCATIONS, lines("id,name,lat,lng", *rest, "x,exchanged,9.9,53.5", "y,in kenya,-1.28,36.82"))
    assert good(file, "id", "latitude", "longitude")[-2:] == [("x", 53.5, 9.9), ("y", -1.28, 36.82)]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("coordinates", '"52,5200 13,4050"'), ("geo_point_2d", '"52.52, 13.405"'), ("wkt", '"POINT (13.405 52.52)"'),
        ("coordonneesXY", '"[13.405, 52.52]"'),
    ],
)  # fmt: skip
def test_both_in_one_cell(header: str, value: str) -> None:
    if "5200 13" in value:
        value = value.replace("52,5200 13,4050", "52.5200 13.4050")
    file = read(LOCATIONS, lines(f"id,name,{header}", f"1,Berlin,{value}", f"2,Berlin too,{value}"), country="DE")
    assert good(file, *PLACE)[0] == ("Berlin", 52.52, 13.405, "DE")


def test_decimal_commas_and_latin_1() -> None:
    text = lines(
        "Bezeichnung;Betreiber;Breitengrad;Längengrad;Ort;Steckertypen1;Nennleistung Ladeeinrichtung [kW];Anzahl Ladepunkte",
        "Säule;EnBW;48,7784;9,1800;Stuttgart;AC Steckdose Typ 2;22;2",
    )
    file = read(LOCATIONS, text.encode("cp1252"), country="DE")
    assert good(file, *PLACE, "operator", "city", "connectors", "power_w", "evses") == [
        ("Säule", 48.7784, 9.18, "DE", "EnBW", "Stuttgart", ["IEC_62196_T2"], 22_000, 2)
    ]  # fmt: skip


def test_nothing_that_says_where_is_no_location_file() -> None:
    with pytest.raises(NotUnderstood):
        read(LOCATIONS, lines("id,name,energy", "1,a,2", "2,b,3"))
    with pytest.raises(NotUnderstood) as refused:
        read(LOCATIONS, lines("id,name,lat,lon", "1,a,2,3"), country="Nowhere")
    assert "country" in refused.value.message


def test_plugs() -> None:
    assert plugs("CHADEMO J1772 J1772COMBO TESLA")[0] == ["CHADEMO", "IEC_62196_T1", "IEC_62196_T1_COMBO", "TESLA_S"]
    assert plugs("Type 2 (Socket Only)|CCS (Type 1)")[0] == ["IEC_62196_T2", "IEC_62196_T1_COMBO"]
    assert plugs("JEVS G105 (CHAdeMO) DC; CCS Type 2 Combo (IEC62196) DC")[0] == ["CHADEMO", "IEC_62196_T2_COMBO"]
    assert plugs("3-pin Type G (BS1363)|CEE 3 Pin") == (["DOMESTIC_G"], ["CEE 3 Pin"])


REAL = {
    "afdc_ny_2025.csv": (4857, 4736, {"not_electric": 121}),
    "uk_ncr_2020_points.csv": (12_306, 12_302, {"null_island": 1, "outside_the_earth": 1, "shifted_columns": 2}),
    "geonames_cities500_points.csv.gz": (234_908, 234_908, {}),
}


@pytest.mark.parametrize("path", [WHOLE / n for n in REAL if (WHOLE / n).exists()], ids=lambda p: p.name)
@pytest.mark.slow
def test_real_registers(path: Path) -> None:
    file = read(LOCATIONS, path.read_bytes(), name=path.name)
    rows, imported, aside = REAL[path.name]
    counts = dict(file.judged.filter(pl.col("_reason").is_not_null())["_reason"].value_counts().iter_rows())
    assert (file.judged.height, len(good(file, "row_key")), counts) == (rows, imported, aside)
