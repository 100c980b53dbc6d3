"""The raw log of a station: what is written, what is hidden, what is kept, what is found again."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus

from saas.edge.ocpp.rawlog import Files, Policy, RawLog, as_line, policy_of
from saas.kit import framelog
from saas.kit.redaction import redacted, redacted_text

from .fakes import opened, play
from .stations import ask, basic, dial, hear

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.req("MNT-04")


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    yield


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "ocpp"


def write(files: Files, *frames: str, device: str = "st_1", way: Any = "in", at: datetime = NOON) -> None:
    began = int(at.timestamp() * 1000)
    lines = [as_line(framelog.Line(began + place, way, frame)) for place, frame in enumerate(frames)]
    with time_machine.travel(at, tick=False):
        files.write({device: lines})


def texts(page: framelog.Page) -> list[str]:
    return [entry.frame for entry in page.entries]


def test_what_is_found_and_in_which_order(root: Path) -> None:
    files = Files(root, Policy())
    write(files, "[2,one]", "[2,two]")
    write(files, "[3,Answer]", way="out", at=NOON + timedelta(minutes=1))
    write(files, "[2,three]", at=NOON + timedelta(days=1))
    write(files, "[2,other]", device="st_2")
    assert texts(framelog.search("st_1")) == ["[2,three]", "[3,Answer]", "[2,two]", "[2,one]"]
    assert texts(framelog.search("st_1", text="ANSWER")) == ["[3,Answer]"]
    assert texts(framelog.search("st_1", way="out")) == ["[3,Answer]"]
    assert texts(framelog.search("st_1", since=NOON + timedelta(seconds=1))) == ["[2,three]", "[3,Answer]"]
    assert texts(framelog.search("st_1", until=NOON + timedelta(milliseconds=1))) == ["[2,one]"]
    assert [entry.frame for entry in framelog.last("st_1", 2)] == ["[2,three]", "[3,Answer]"]
    assert framelog.search("st_9") == framelog.Page([])
    assert framelog.search("../st_1") == framelog.Page([])


def test_pages_follow_each_other_also_while_lines_come_and_files_close(root: Path) -> None:
    files = Files(root, Policy(part_bytes=300))
    for number in range(40):
        write(files, f"frame {number}")
    assert len(list((root / "st_1").glob("*.gz"))) > 3
    first = framelog.search("st_1", limit=7)
    write(files, "frame 40", at=NOON + timedelta(days=2))
    files.sweep(NOON + timedelta(days=3))
    seen, page = texts(first), first
    while page.next:
        page = framelog.search("st_1", limit=7, after=page.next)
        seen += texts(page)
    assert seen == [f"frame {number}" for number in reversed(range(40))]
    assert framelog.search("st_1", after="nonsense", limit=1).entries[0].frame == "frame 40"


def test_a_rare_word_is_looked_for_in_bounded_pages(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framelog, "SCANNED_BYTES", 500)
    files = Files(root, Policy(part_bytes=300))
    write(files, "needle")
    for number in range(40):
        write(files, f"hay {number}")
    page, pages = framelog.search("st_1", text="needle"), 1
    assert page.entries == []
    while page.next and not page.entries:
        page, pages = framelog.search("st_1", text="needle", after=page.next), pages + 1
    assert texts(page) == ["needle"]
    assert pages > 2


def test_a_download_is_json_lines_oldest_first(root: Path) -> None:
    files = Files(root, Policy())
    write(files, "a", "b")
    write(files, "c", at=NOON + timedelta(days=1))
    lines = b"".join(framelog.stream("st_1")).splitlines()
    assert [json.loads(line)["frame"] for line in lines] == ["a", "b", "c"]
    since = b"".join(framelog.stream("st_1", since=NOON + timedelta(hours=1))).splitlines()
    assert [json.loads(line)["frame"] for line in since] == ["c"]


def test_the_policy_bounds_days_and_bytes(root: Path) -> None:
    files = Files(root, Policy(part_bytes=1000, keep_bytes=3000, keep_days=2))
    for number in range(200):
        write(files, f"{number} " + "x" * 90)
    assert sum(file.stat().st_size for file in (root / "st_1").iterdir()) <= 5000
    assert texts(framelog.search("st_1", limit=1))[0].startswith("199 ")
    write(files, "gone", device="st_2")
    files.sweep(NOON + timedelta(days=2))
    assert texts(framelog.search("st_2")) == ["gone"]
    assert [file.suffix for file in (root / "st_2").iterdir()] == [".gz"]
    files.sweep(NOON + timedelta(days=3))
    assert not (root / "st_2").exists()
    write(files, "back", device="st_2", at=NOON + timedelta(days=3))
    assert texts(framelog.search("st_2")) == ["back"]


def test_the_policy_comes_from_the_environment() -> None:
    assert policy_of({"WATTLANE_OCPP_LOG_DAYS": "7", "WATTLANE_OCPP_LOG_MB": "2"}) == Policy(
        keep_days=7, keep_bytes=2_000_000
    )
    with pytest.raises(SystemExit, match="WATTLANE_OCPP_LOG_DAYS"):
        policy_of({"WATTLANE_OCPP_LOG_DAYS": "-1"})


def test_half_a_line_of_a_crash_spoils_nothing(root: Path) -> None:
    write(Files(root, Policy()), "before")
    (file,) = (root / "st_1").iterdir()
    file.write_bytes(file.read_bytes() + b'{"ts_ms":17723')
    write(Files(root, Policy()), "after")
    assert texts(framelog.search("st_1")) == ["after", "before"]
    write(Files(root, Policy()), "same file")
    assert len(list((root / "st_1").iterdir())) == 2


def test_half_a_compression_of_a_crash_spoils_nothing(root: Path) -> None:
    files = Files(root, Policy())
    write(files, "kept")
    (file,) = (root / "st_1").iterdir()
    file.with_suffix(".jsonl.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.with_suffix(".half").write_bytes(b"\x1f\x8b")
    assert texts(framelog.search("st_1")) == ["kept"]
    files.sweep(NOON + timedelta(days=1))
    assert texts(framelog.search("st_1")) == ["kept"]


def test_files_of_earlier_versions_are_taken_over(root: Path) -> None:
    root.mkdir(parents=True)
    old = '{"ts_ms":%d,"way":"in","frame":"%s"}\n'
    for name, frame, ts_ms in (("st_1.jsonl.1", "older", 1), ("st_1.jsonl", "old", 2)):
        (root / name).write_text(old % (ts_ms, frame))
    Files(root, Policy()).sweep(datetime.now(UTC))
    assert texts(framelog.search("st_1")) == ["old", "older"]


def test_a_full_disk_stops_nobody(root: Path) -> None:
    root.parent.mkdir(parents=True)
    root.write_text("in the way")
    files = Files(root, Policy())
    write(files, "lost")
    root.unlink()
    write(files, "kept")
    assert texts(framelog.search("st_1")) == ["kept"]


def test_the_log_of_a_conversation(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path, log="logs/ocpp") as house:
            writing = asyncio.create_task(house.rawlog.run())
            async with dial(house) as station:
                await station.send("nonsense")
                await hear(station)
                await ask(station, "Heartbeat", {})
            for _ in range(3):
                with pytest.raises(InvalidStatus):
                    await dial(house, headers=basic("CP1", "guess"))
            await asyncio.sleep(0.5)
            ways = [entry.way for entry in reversed(framelog.last("st_1"))]
            assert ways == ["opened", "in", "out", "in", "out", "closed", "refused"]
            shown = framelog.search("st_1", way="opened").entries[0].frame
            assert "ocpp1.6" in shown and "127.0.0.1" in shown
            assert texts(framelog.search("st_1", text="nonsense")) == ["nonsense"]
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    play(scene)


@pytest.mark.parametrize(
    "frame",
    [
        b'[2,"1","MeterValues",{"connectorId":1}]',
        b' [2, "1",\r\t"MeterValues", {"a": "\\u00e9\\n\\""}] ',
        b'[2,"1","MeterValues",\n{"connectorId":1}]',
        b'[2,"1","TransactionEvent",{"customData":{"vendorId":"\xff"}}]',
        b'[3,"1",{}]',
    ],
)
def test_a_frame_is_found_as_it_came(root: Path, frame: bytes) -> None:
    log = RawLog(root)
    with time_machine.travel(NOON, tick=False):
        log.add("st_1", "in", frame, harmless=True)
        log.add("st_1", "out", "after it")
        log._files.write(log._take())
    text = frame.decode("utf-8", "replace")
    assert texts(framelog.search("st_1")) == ["after it", text]
    assert texts(framelog.search("st_1", text=text)) == [text]
    lines = [json.loads(line) for line in b"".join(framelog.stream("st_1")).splitlines()]
    at_ms = int(NOON.timestamp() * 1000)
    assert lines == [
        {"ts_ms": at_ms, "way": "in", "frame": text},
        {"ts_ms": at_ms, "way": "out", "frame": "after it"},
    ]


def test_what_waits_is_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saas.edge.ocpp.rawlog.MAX_WAITING", 1000)
    log = RawLog(root)
    for _ in range(100):
        log.add("st_1", "in", "x" * 100)
    assert sum(map(len, log._take()["st_1"])) < 2000


SECRETS: list[tuple[str, dict[str, Any]]] = [
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "hush-hush"}),
    ("ChangeConfiguration", {"key": "wifiPassword", "value": "hush-hush"}),
    (
        "SetVariables",
        {
            "setVariableData": [
                {
                    "component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "BasicAuthPassword"},
                    "attributeValue": "hush-hush",
                }
            ]
        },
    ),
    (
        "NotifyReport",
        {
            "reportData": [
                {
                    "variable": {"name": "BasicAuthPassword"},
                    "variableAttribute": [{"type": "Actual", "value": "hush-hush"}],
                }
            ]
        },
    ),
    ("GetConfiguration", {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": "hush-hush"}]}),
    (
        "SetNetworkProfile",
        {"connectionData": {"vpn": {"server": "s", "key": "hush-hush"}, "apn": {"apnPassword": "hush-hush"}}},
    ),
    ("GetDiagnostics", {"location": "ftp://me:hush-hush@files.example/up"}),
    ("DataTransfer", {"data": '{"password": "hush-hush"}'}),
    ("DataTransfer", {"data": "-----BEGIN EC PRIVATE KEY-----\nhush-hush\n-----END EC PRIVATE KEY-----"}),
]


@pytest.mark.parametrize(("action", "payload"), SECRETS)
def test_secrets_are_not_kept(action: str, payload: dict[str, Any]) -> None:
    frame = json.dumps([2, "id-1", action, payload])
    kept = redacted_text(frame)
    assert "hush-hush" not in kept
    assert json.loads(kept)[:3] == [2, "id-1", action]
    assert "hush-hush" not in redacted_text(frame[:-3])
    assert "hush-hush" not in json.dumps(redacted(payload))


@pytest.mark.parametrize(
    "frame",
    [
        '[2,"1","ChangeConfiguration",{"key":"AuthorizationCacheEnabled","value":"true"}]',
        '[2,"1","UpdateFirmware",{"location":"https://files.example/f.bin"}]',
        '[2,"1","StatusNotification",{"info":"wrong password"}]',
        "not json: password",
    ],
)
def test_what_is_no_secret_stays_as_it_is(frame: str) -> None:
    assert redacted_text(frame).removesuffix("***") == frame


@given(st.text(max_size=200))
def test_any_text_can_be_kept(text: str) -> None:
    assert isinstance(redacted_text("password " + text), str)
    assert redacted_text(text) == text or any(hint in text.lower() for hint in ("password", "secret", "://", "key"))
