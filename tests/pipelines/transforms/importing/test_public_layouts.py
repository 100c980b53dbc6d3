"""Layouts of well-known public session files, a few rows each, as their publishers write them."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime

import polars as pl

from tests.pipelines.transforms.importing.reading import numbers, read, reasons


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def test_palo_alto_american_dates_with_a_zone_column() -> None:
    file = read(
        "Station Name,Start Date,Start Time Zone,End Date,End Time Zone,Total Duration (hh:mm:ss),"
        "Charging Time (hh:mm:ss),Energy (kWh),GHG Savings (kg),Port Type,Port Number,Currency,Fee,Ended By,User ID\n"
        "HAMILTON #1,7/29/2011 20:17,PDT,7/29/2011 23:20,PDT,3:03:32,1:54:03,6.249457,2.6,Level 2,1,USD,0,Plug,3284\n"
        "HAMILTON #1,11/6/2011 1:30,PDT,11/6/2011 1:40,PST,1:10:00,1:00:00,3.5,2.6,Level 2,1,USD,1.25,Plug,3284\n"
    )
    first, last = file.judged.to_dicts()
    assert (first["start_utc"], first["end_utc"]) == (utc(2011, 7, 30, 3, 17), utc(2011, 7, 30, 6, 20))
    assert (last["start_utc"], last["end_utc"]) == (utc(2011, 11, 6, 8, 30), utc(2011, 11, 6, 9, 40))
    assert (first["energy_wh"], first["connector"], first["charging_s"]) == (6249, "1", 6843)
    assert (last["cost_minor"], last["currency"], last["driver"]) == (125, "USD", "hidden 3284")


def test_elaad_utc_in_the_header_and_decimal_commas() -> None:
    file = read(
        "TransactionId;ChargePoint;Connector;UTCTransactionStart;UTCTransactionStop;StartCard;ConnectedTime;ChargeTime;"
        "TotalEnergy;MaxPower\n"
        "1;0085;1;01/01/2019 10:01:28;02/01/2019 13:14:28;b5;27,216;3,5;8,87;3,52\n"
        "2;0085;1;14/01/2019 20:01:28;14/01/2019 23:01:28;b5;3,0;3,0;10,5;3,52\n"
    )
    assert file.judged["start_utc"].to_list() == [utc(2019, 1, 1, 10, 1, 28), utc(2019, 1, 14, 20, 1, 28)]
    assert file.judged["energy_wh"].to_list() == [8870, 10500]
    assert file.judged["timezone"].unique().to_list() == ["UTC"]


def test_dundee_split_dates_and_pounds() -> None:
    file = read(
        "Charging event,User ID,CP ID,Connector,Start Date,Start Time,End Date,End Time,Total kWh,Cost,Site,Model\n"
        '2561, ,50911,1,31/08/2018,23:51,01/09/2018,07:18,20.7,£2.50,"Princes Street, Dundee",APT 7kW\n',
        "Europe/London",
    )
    (row,) = file.judged.to_dicts()
    assert (row["start_utc"], row["end_utc"]) == (utc(2018, 8, 31, 22, 51), utc(2018, 9, 1, 6, 18))
    assert (row["cost_minor"], row["currency"], row["driver"], row["source_id"]) == (250, "GBP", None, "2561")


def test_trondheim_without_charger_or_minutes_of_doubt() -> None:
    file = read(
        "session_ID;Garage_ID;User_ID;Start_plugin;Start_plugin_hour;End_plugout;End_plugout_hour;El_kWh;Duration_hours\n"
        "1;AdO3;AdO3-4;21.12.2018 10:20;10;21.12.2018 10:23;10;0,3;0,05\n"
        "2;AdO3;AdO3-4;21.12.2018 11:33;11;21.12.2018 19:46;19;29,87;8,216388889\n"
    )
    assert file.judged["energy_wh"].to_list() == [300, 29870]
    assert file.judged["site"].to_list() == ["AdO3", "AdO3"]
    assert reasons(file) == [None, None]


def test_acn_json_with_what_the_driver_asked_for() -> None:
    item = {
        "connectionTime": "Wed, 25 Apr 2018 13:45:10 GMT",
        "disconnectTime": "Thu, 26 Apr 2018 00:56:16 GMT",
        "doneChargingTime": "Wed, 25 Apr 2018 16:44:15 GMT",
        "kWhDelivered": 10.0135,
        "sessionID": "2_39",
        "siteID": "0002",
        "spaceID": "CA-319",
        "stationID": "2-39-95-27",
        "timezone": "America/Los_Angeles",
        "userID": "22",
        "userInputs": [
            {
                "WhPerMile": 300,
                "kWhRequested": 10.5,
                "minutesAvailable": 600,
                "requestedDeparture": "Wed, 25 Apr 2018 23:45:10 GMT",
            }
        ],
    }
    (row,) = read(json.dumps({"_meta": {}, "_items": [item]})).judged.to_dicts()
    assert (row["start_utc"], row["energy_wh"], row["charging_s"]) == (utc(2018, 4, 25, 13, 45, 10), 10014, 10745)
    assert (row["requested_wh"], row["requested_departure_utc"]) == (10500, utc(2018, 4, 25, 23, 45, 10))
    assert row["timezone"] == "America/Los_Angeles"


def test_ocpi_charge_detail_records() -> None:
    records = [
        {
            "id": f"c{i}",
            "start_date_time": f"2019-01-0{i}T10:00:00Z",
            "end_date_time": f"2019-01-0{i}T12:30:00Z",
            "cdr_token": {"uid": "A1"},
            "cdr_location": {"id": "L1", "evse_uid": "3256", "connector_id": "1"},
            "currency": "EUR",
            "total_cost": {"excl_vat": 4.00},
            "total_energy": 15.342,
            "total_time": 2.5,
        }
        for i in range(1, 5)
    ]
    first = read(json.dumps(records)).judged.to_dicts()[0]
    assert (first["charger"], first["connector"], first["energy_wh"]) == ("3256", "1", 15342)
    assert (first["cost_minor"], first["currency"]) == (400, "EUR")


def test_meter_readings_and_epochs_in_json_lines() -> None:
    rows = [
        {
            "evse": "A",
            "startTimestamp": 1556698725000 + i * 9_000_000,
            "stopTimestamp": 1556705925000 + i * 9_000_000,
            "meterStart": 100_000 + i * 9000,
            "meterStop": 108_500 + i * 9000,
        }
        for i in range(4)
    ]
    file = read("\n".join(json.dumps(r) for r in rows))
    assert file.judged["energy_wh"].to_list() == [8500] * 4
    assert file.judged["start_utc"][0] == utc(2019, 5, 1, 8, 18, 45)


def test_a_preamble_and_thousands_points() -> None:
    text = (
        "Export der Ladevorgänge;;;;\nZeitraum: 01.01.2022 - 31.01.2022;;;;\n\n"
        "Ladepunkt;Beginn;Ende;Energie (kWh);Kosten (€)\n"
        'E1;02.01.2022 08:15;02.01.2022 10:45;"1.012,50";5,40\nE1;03.01.2022 08:15;03.01.2022 10:45;12,5;5,40\n'
    )
    file = read(text.encode("cp1252"))
    assert file.judged["energy_wh"].to_list() == [1_012_500, 12_500]
    assert file.judged["_line"].to_list() == [5, 6]
    assert file.judged["currency"].to_list() == ["EUR", "EUR"]


def test_one_date_column_and_an_end_after_midnight() -> None:
    file = read(
        "Cargador|Fecha|Hora inicio|Hora fin|Energia [Wh]\nC1|05/03/2021|22:15|01:45|12500\n"
        "C1|16/03/2021|08:15|09:45|9000\n"
    )
    assert file.judged["end_utc"].to_list() == [utc(2021, 3, 6, 0, 45), utc(2021, 3, 16, 8, 45)]


def test_no_header_at_all() -> None:
    file = read("A1,2021-03-05 10:00:00,2021-03-05 12:00:00,10.5\nA2,2021-03-06 10:00:00,2021-03-06 12:00:00,7.25\n")
    assert file.judged.select("charger", "energy_wh").rows() == [("A1", 10500), ("A2", 7250)]
    assert file.layout["header_line"] is None


def test_a_workbook() -> None:
    file = read(
        workbook([["Sessions of May"], ["Charger", "Start", "End", "kWh"], ["A", 44260.5, 44260.625, 7.5]]), "UTC"
    )
    (row,) = file.judged.to_dicts()
    assert (row["start_utc"], row["end_utc"], row["energy_wh"]) == (utc(2021, 3, 5, 12), utc(2021, 3, 5, 15), 7500)


def workbook(rows: list[list[str | float]]) -> bytes:
    """The least that is a workbook: one sheet, texts in place."""

    def cell(value: str | float) -> str:
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>' if isinstance(value, str) else f"<c><v>{value}</v></c>"

    body = "".join(f"<row>{''.join(cell(v) for v in row)}</row>" for row in rows)
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{namespace}"><sheetData>{body}</sheetData></worksheet>'
        )
    return out.getvalue()


def test_duration_whose_unit_only_the_power_tells() -> None:
    rows = "".join(f"A,2021-03-{d:02} 10:00,{60 + d},{7 + d / 10}\n" for d in range(1, 20))
    file = read("station,plugged in,duration,kWh\n" + rows)
    assert file.layout["duration_unit"] == "min"
    assert file.judged.select((pl.col("duration_s") / 60).alias("m"))["m"].to_list() == [60 + d for d in range(1, 20)]
    assert numbers(file)["imported"]["rows"] == 19
