# ruff: noqa: E501 - files written out
"""Carbon files in the layouts of those who publish them, and in those of nobody."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.transforms.importing.carbon import CARBON
from pipelines.transforms.importing.errors import NotUnderstood
from tests.pipelines.transforms.importing.kinds import good, read, reasons

VALUES = ("region", "from_utc", "to_utc", "mg_co2e_per_kwh", "kind")
pytestmark = pytest.mark.req("ANA-01", "ESG-01")


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def hours(count: int, step_min: int = 60) -> list[datetime]:
    return [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=step_min * i) for i in range(count)]


def test_electricity_maps_takes_life_cycle_in_utc() -> None:
    head = "Datetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO₂eq/kWh (direct),"
    head += "Carbon intensity gCO₂eq/kWh (Life cycle),Carbon-free energy percentage (CFE%),Data source"
    rows = [
        f"{t:%Y-%m-%d %H:%M:%S},Germany,Germany,DE,{300 + i}.5,{400 + i}.25,50.1,x.org" for i, t in enumerate(hours(4))
    ]
    file = read(CARBON, lines(head, *rows), zone="Europe/Berlin")
    assert good(file, *VALUES)[0] == ("DE", "2024-01-01T00:00", "2024-01-01T01:00", 400_250, "location_average")
    assert (file.layout["unit"], file.layout["zone"]) == ("g/kWh", "UTC")
    assert set(file.judged["gas_basis"]) == {"CO2e"}
    assert good(file, "source") == [("x.org",)] * 4


def test_carbon_intensity_of_great_britain_counts_only_what_was_measured() -> None:
    data = [
        {"from": f"{t:%Y-%m-%dT%H:%MZ}", "to": f"{t + timedelta(minutes=30):%Y-%m-%dT%H:%MZ}",
         "intensity": {"forecast": 200 + i, "actual": None if i == 3 else 210 + i, "index": "moderate"}}
        for i, t in enumerate(hours(4, 30))
    ]  # fmt: skip
    file = read(CARBON, json.dumps({"data": data}))
    assert good(file, *VALUES)[1] == ("GB", "2024-01-01T00:30", "2024-01-01T01:00", 211_000, "location_average")
    assert reasons(file) == [None, None, None, "missing_value"]


def test_watttime_says_its_unit_beside_the_list() -> None:
    data = [{"point_time": f"{t:%Y-%m-%dT%H:%M:%S}+00:00", "value": 870.0 + i} for i, t in enumerate(hours(5, 5))]
    meta = {
        "region": "CAISO_NORTH",
        "signal_type": "co2_moer",
        "units": "lbs_co2_per_mwh",
        "data_point_period_seconds": 300,
    }
    file = read(CARBON, json.dumps({"data": data, "meta": meta}))
    # 870 lb/MWh × 453.59237 g/lb: exact, rounded once.
    assert good(file, *VALUES)[0] == ("CAISO_NORTH", "2024-01-01T00:00", "2024-01-01T00:05", 394_625, "marginal")


def test_ember_long_table_keeps_only_the_intensity() -> None:
    file = read(
        CARBON,
        lines(
            "Area,ISO 3 code,Year,Category,Variable,Unit,Value",
            "Germany,DEU,2022,Power sector emissions,CO2 intensity,gCO2/kWh,385.4",
            "Germany,DEU,2022,Electricity generation,Coal,TWh,181.0",
            "France,FRA,2022,Power sector emissions,CO2 intensity,gCO2/kWh,84.9",
            "World,,2022,Power sector emissions,CO2 intensity,gCO2/kWh,437.0",
        ),
        kind="location_average",
    )
    assert good(file, *VALUES)[:2] == [
        ("DE", "2022-01-01T00:00", "2023-01-01T00:00", 385_400, "location_average"),
        ("FR", "2022-01-01T00:00", "2023-01-01T00:00", 84_900, "location_average"),
    ]
    assert reasons(file) == [None, "other_quantity", None, "missing_region"]


def test_decimal_comma_semicolon_latin_1_and_utf_16() -> None:
    text = lines(
        "Zeitstempel;Land;CO2-Intensität [gCO2/kWh]",
        *(f"{t:%d.%m.%Y %H:%M};Österreich;{100 + i},5" for i, t in enumerate(hours(40))),
    )
    wanted = [("AT", "2024-01-01T00:00", "2024-01-01T01:00", 100_500)]
    for encoding in ("utf-8", "cp1252", "utf-16"):
        file = read(CARBON, text.encode(encoding), kind="location_average")
        assert good(file, "region", "from_utc", "to_utc", "mg_co2e_per_kwh")[:1] == wanted
        assert len(good(file, "region")) == 40
    packed = read(CARBON, gzip.compress(text.encode()), kind="location_average")
    assert packed.layout["container"] == "gzip"


def test_places_side_by_side() -> None:
    text = lines("date,DE,FR,PL", *(f"{t:%Y-%m-%d %H:%M},{400 + i},{60 + i},{700 + i}" for i, t in enumerate(hours(3))))
    file = read(CARBON, text, kind="location_average", unit="g/kWh")
    assert len(good(file, "region")) == file.judged.height == 9
    assert good(file, "region", "from_utc", "mg_co2e_per_kwh")[4] == ("FR", "2024-01-01T01:00", 61_000)


def test_the_25_hours_of_autumn_are_told_apart_by_their_order_and_lone_ones_are_set_aside() -> None:
    def local(rows: list[str]) -> str:
        return lines("Time,zone,gCO2eq/kWh average", *(f"2024-10-27 {h},DE,{i + 300}" for i, h in enumerate(rows)))

    both = ["00:00", "01:00", "02:00", "02:00", "03:00"]
    file = read(CARBON, local(both), zone="Europe/Berlin")
    assert [row[0] for row in good(file, "from_utc")] == [
        f"2024-10-{d}T{h}:00" for d, h in ((26, 22), (26, 23), (27, "00"), (27, "01"), (27, "02"))
    ]
    assert file.judged["repaired"].list.len().to_list() == [0, 0, 1, 1, 0]
    lone = read(CARBON, local(["00:00", "01:00", "02:00", "03:00"]), zone="Europe/Berlin")
    assert reasons(lone) == [None, None, "ambiguous_local_time", None]
    back = read(CARBON, local(both[::-1]), zone="Europe/Berlin")
    assert sorted(row[0] for row in good(back, "from_utc")) == sorted(row[0] for row in good(file, "from_utc"))


def test_the_missing_hour_of_spring_is_no_time() -> None:
    rows = [f"2024-03-31 0{h}:00,DE,{300 + h}" for h in range(5)]
    file = read(CARBON, lines("Time,zone,gCO2eq/kWh average", *rows), zone="Europe/Berlin")
    assert reasons(file) == [None, None, "nonexistent_local_time", None, None]


def test_gaps_stay_gaps_and_are_told() -> None:
    times = [t for i, t in enumerate(hours(24)) if i not in (5, 6, 12)]
    file = read(CARBON, lines("time,zone,marginal gCO2/kWh", *(f"{t:%Y-%m-%dT%H:%MZ},DE,500" for t in times)))
    assert len(good(file, "from_utc")) == 21
    assert set(file.judged["resolution_s"]) == {3600}
    assert file.notes == ["2 gaps between the rows were left as gaps"]


def test_faults_are_named_and_contradictions_are_nobodys_word() -> None:
    file = read(
        CARBON,
        lines(
            "time,region,marginal_kgco2_per_kwh",
            "2024-01-01T00:00Z,X,0.5", "2024-01-01T01:00Z,X,-0.1", "2024-01-01T02:00Z,X,9.5", "2024-01-01T03:00Z,X,oops",
            "2024-01-01T04:00Z,X,", "not a time,X,0.5", "2024-01-01T06:00Z,,0.5", "2024-01-01T07:00Z,X,0.5",
            "2024-01-01T07:00Z,X,0.5", "2024-01-01T08:00Z,X,0.5", "2024-01-01T08:00Z,X,0.6", "2024-01-01T09:00Z,X,0.5",
        ),
    )  # fmt: skip
    assert reasons(file) == [
        None, "negative_value", "implausible_value", "unreadable_value", "missing_value", "unreadable_time",
        "missing_region", None, "duplicate_row", "contradicting_rows", "contradicting_rows", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "value", "option", "says"),
    [
        ("time,region,marginal rate", "450", {}, "--unit"),  # g/kWh or lb/MWh
        ("time,region,gCO2/kWh", "450", {}, "--kind"),
        ("time,marginal gCO2/kWh", "450", {}, "--region"),
        ("time,region,marginal tons CO2/MWh", "0.4", {}, "--unit"),  # short or metric
        ("time,region,marginal gCO2/kWh", "0.4", {}, "--unit"),  # the named unit makes no grid
        ("time,region,marginal gCO2/kWh", "450", {"kind": "location_average"}, "marginal"),
        ("time,region,temperature", "12", {"kind": "marginal"}, "carbon intensity"),
    ],
)
def test_what_the_file_leaves_open_is_asked_and_never_guessed(
    header: str, value: str, option: dict[str, str], says: str
) -> None:
    place = "X," if "region" in header else ""
    rows = [f"{t:%Y-%m-%dT%H:%MZ},{place}{value}" for t in hours(30)]
    with pytest.raises(NotUnderstood) as refused:
        read(CARBON, lines(header, *rows), **option)
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("unit", "written", "mg"),
    [
        ("kgCO2/kWh", "0.4505", 450_500), ("g CO2e/kWh", "450.5", 450_500), ("tCO2/MWh", "0.4505", 450_500),
        ("kgCO2eq/MWh", "450.5", 450_500), ("lb/MWh", "1000", 453_592), ("lbs CO2 per MWh", "993.18", 450_499),
        ("gCO2_per_kWh", "450.5", 450_500), ("mgCO2/kWh", "450500", 450_500), ("metric tons CO2/MWh", "0.45", 450_000),
    ],
)  # fmt: skip
def test_units(unit: str, written: str, mg: int) -> None:
    rows = [f"{t:%Y-%m-%dT%H:%MZ},X,{written}" for t in hours(3)]
    file = read(CARBON, lines(f"time,region,marginal {unit}", *rows))
    assert {row[0] for row in good(file, "mg_co2e_per_kwh")} == {mg}


def test_hour_numbers_and_hour_ending() -> None:
    numbered = read(CARBON, lines("Date,Hour,region,average kg/MWh", *(f"2024-01-01,{h},X,400" for h in range(1, 25))))
    assert [r[0] for r in good(numbered, "from_utc")] == [f"2024-01-01T{h:02}:00" for h in range(24)]
    ending = read(CARBON, lines("Hour Ending,region,average kg/MWh", *(f"{t:%Y-%m-%d %H:%M},X,400" for t in hours(5))))
    assert good(ending, "from_utc", "to_utc")[0] == ("2023-12-31T23:00", "2024-01-01T00:00")
    monthly = read(CARBON, lines("Month,Country,average gCO2/kWh", *(f"2024-{m:02}-01,DE,400" for m in range(1, 13))))
    assert good(monthly, "from_utc", "to_utc")[1] == ("2024-02-01T00:00", "2024-03-01T00:00")


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 900_000), min_size=30, max_size=60), st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["iso", "offset", "dmy", "epoch"]), st.booleans(), st.randoms(use_true_random=False),
)  # fmt: skip
def test_any_layout_gives_back_what_was_written(
    mg: list[int], delimiter: str, dates: str, comma: bool, rng: object
) -> None:
    """Columns in any order, any delimiter, marks and dates: the milligrams and instants come back exactly."""
    comma = comma and delimiter != ","
    forms = {
        "iso": lambda t: f"{t:%Y-%m-%d %H:%M}", "offset": lambda t: f"{t + timedelta(hours=2):%Y-%m-%dT%H:%M}+02:00",
        "dmy": lambda t: f"{t:%d.%m.%Y %H:%M}", "epoch": lambda t: str(int(t.timestamp())),
    }  # fmt: skip
    start = datetime(2024, 1, 12, tzinfo=UTC)
    facts = [(start + timedelta(minutes=15 * i), value) for i, value in enumerate(mg)]
    columns = {
        "timestamp": [forms[dates](t) for t, _ in facts], "Region": ["Zone 7"] * len(facts),
        "Marginal emissions (gCO2/kWh)": [f"{v / 1000:.3f}".replace(".", "," if comma else ".") for _, v in facts],
    }  # fmt: skip
    names = list(columns)
    rng.shuffle(names)  # type: ignore[attr-defined]
    rows = [delimiter.join(columns[n][i] for n in names) for i in range(len(facts))]
    file = read(CARBON, lines(delimiter.join(names), *rows), unit="g/kWh")
    got = file.judged.filter(pl.col("_reason").is_null()).select("from_utc", "mg_co2e_per_kwh").rows()
    assert got == facts
