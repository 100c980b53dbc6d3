# ruff: noqa: E501 - files written out
"""Status files: events, intervals, snapshots, shares of time, and words in many tongues."""

from __future__ import annotations

import json

import pytest

from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.status import STATUS
from pipelines.transforms.importing.status_words import meaning
from saas.contracts.lake import STATUS_WORDS
from tests.pipelines.transforms.importing.kinds import good, read, reasons

pytestmark = pytest.mark.req("ANA-01")
FACT = ("charger", "connector", "at_utc", "until_utc", "status")


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def test_events_with_ocpp_words_and_error_codes() -> None:
    file = read(
        STATUS,
        lines(
            "station,connector,status,timestamp,errorCode",
            "CP1,1,Available,2024-05-01T10:00:00Z,NoError", "CP1,1,Preparing,2024-05-01T10:05:00Z,NoError",
            "CP1,1,Charging,2024-05-01T10:05:00Z,NoError", "CP1,1,Faulted,2024-05-01T11:00:00Z,GroundFailure",
            "CP1,2,SuspendedEV,2024-05-01T11:00:00Z,", "CP1,2,Unavailable,2024-05-01T11:30:00Z,",
            "CP1,2,,2024-05-01T12:00:00Z,", ",2,Available,2024-05-01T12:00:00Z,", "CP1,2,Wobbly,2024-05-01T13:00:00Z,",
        ),
    )  # fmt: skip
    assert good(file, *FACT) == [
        ("CP1", "1", "2024-05-01T10:00", None, "AVAILABLE"), ("CP1", "1", "2024-05-01T10:05", None, "CHARGING"),
        ("CP1", "1", "2024-05-01T11:00", None, "OUTOFORDER"), ("CP1", "2", "2024-05-01T11:00", None, "CHARGING"),
        ("CP1", "2", "2024-05-01T11:30", None, "INOPERATIVE"),
    ]  # fmt: skip
    assert reasons(file)[6:] == ["missing_status", "missing_charger", "unknown_status"]
    assert good(file, "raw", "error_code")[2] == ("Faulted", "GroundFailure")
    assert "'Wobbly' (1)" in file.notes[0]


def test_intervals_keep_their_end_in_local_time() -> None:
    file = read(
        STATUS,
        lines(
            "Ladepunkt;Status;von;bis", "DE*1;Belegt;27.10.2024 01:00;27.10.2024 02:30", "DE*1;Außer Betrieb;28.10.2024 08:00;28.10.2024 09:00",
            "DE*1;Frei;29.10.2024 08:00;29.10.2024 07:00",
        ),
        zone="Europe/Berlin",
    )  # fmt: skip
    assert good(file, *FACT) == [
        ("DE*1", None, "2024-10-26T23:00", "2024-10-27T00:30", "CHARGING"),
        ("DE*1", None, "2024-10-28T07:00", "2024-10-28T08:00", "OUTOFORDER"),
    ]
    assert reasons(file)[2] == "end_before_start"


def test_snapshots_side_by_side() -> None:
    rows = [
        f"2024-05-01 {h:02}:00,Available,{'Charging' if h % 2 else 'Free'},{'offline' if h == 3 else 'AVAILABLE'}"
        for h in range(4)
    ]
    file = read(STATUS, lines("time,Alpha,Beta,Gamma", *rows))
    assert (file.judged.height, len(good(file, "charger"))) == (12, 12)
    assert good(file, "charger", "at_utc", "status")[10:] == [
        ("Beta", "2024-05-01T03:00", "CHARGING"),
        ("Gamma", "2024-05-01T03:00", "UNKNOWN"),
    ]
    ports = read(STATUS, lines("charger,time,port 1,port 2", "X,2024-05-01 00:00,available,faulted"))
    assert good(ports, "charger", "connector", "status") == [("X", "1", "AVAILABLE"), ("X", "2", "OUTOFORDER")]


def test_numbers_mean_what_the_caller_says_or_what_their_header_says() -> None:
    rows = [f"CP1,2024-05-01 {h:02}:00,{h % 2}" for h in range(6)]
    with pytest.raises(NotUnderstood) as refused:
        read(STATUS, lines("station,time,state", *rows))
    assert "--words" in refused.value.message
    with pytest.raises(NotUnderstood):
        read(STATUS, lines("station,time,available", *rows))
    told = read(STATUS, lines("station,time,state", *rows), words="0=AVAILABLE,1=CHARGING")
    assert [r[0] for r in good(told, "status")] == ["AVAILABLE", "CHARGING"] * 3
    named = read(STATUS, lines("station,time,operational", *rows))
    assert [r[0] for r in good(named, "status")] == ["OUTOFORDER", "AVAILABLE"] * 3
    busy = read(STATUS, lines("station,time,occupied", *rows))
    assert [r[0] for r in good(busy, "status")] == ["AVAILABLE", "CHARGING"] * 3
    with pytest.raises(NotUnderstood):
        read(STATUS, lines("station,time,state", *rows), words="0=FINE")


@pytest.mark.parametrize(
    ("header", "values", "up"),
    [
        ("uptime %", ["100", "50", "0", "120"], [3600, 1800, 0, None]), ("availability", ["1", "0.25", "0.0", "0.5"], [3600, 900, 0, 1800]),
        ("downtime minutes", ["0", "15", "60", "75"], [3600, 2700, 0, None]),
    ],
)  # fmt: skip
def test_shares_of_an_interval(header: str, values: list[str], up: list[int | None]) -> None:
    rows = [f"CP1,2024-05-01 0{h}:00,2024-05-01 0{h + 1}:00,{v}" for h, v in enumerate(values)]
    file = read(STATUS, lines(f"station,start,end,{header}", *rows))
    assert [None if r else u for u, r in zip(file.judged["up_s"], reasons(file), strict=True)] == up
    assert good(file, "status", "up_s")[:2] == [("AVAILABLE", 3600), ("UNKNOWN", up[1])]


def test_ocpp_log_lines() -> None:
    records = [
        {"chargePointId": "CP7", "timestamp": f"2024-05-01T10:0{i}:00Z", "payload": {"connectorId": 1, "status": word}}
        for i, word in enumerate(["Available", "Occupied", "Finishing"])
    ]
    file = read(STATUS, "\n".join(json.dumps(r) for r in records))
    assert good(file, "charger", "connector", "status") == [
        ("CP7", "1", w) for w in ("AVAILABLE", "CHARGING", "CHARGING")
    ]


def test_two_words_of_one_interval_contradict_each_other() -> None:
    file = read(
        STATUS,
        lines(
            "station,start,end,status",
            "A,2024-05-01 00:00,2024-05-01 01:00,ok",
            "A,2024-05-01 00:00,2024-05-01 01:00,down",
        ),
    )
    assert reasons(file) == ["contradicting_rows", "contradicting_rows"]


def test_every_word_of_the_standards_means_one_thing() -> None:
    for word in STATUS_WORDS:
        assert meaning(word) == word
    ocpp = {
        "Available": "AVAILABLE", "Preparing": "CHARGING", "Charging": "CHARGING", "SuspendedEVSE": "CHARGING", "Finishing": "CHARGING",
        "Reserved": "RESERVED", "Unavailable": "INOPERATIVE", "Faulted": "OUTOFORDER", "Occupied": "CHARGING",
    }  # fmt: skip
    assert {word: meaning(word) for word in ocpp} == ocpp
