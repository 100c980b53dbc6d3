"""Messages that were set aside can be brought in again, once."""

from typing import Any

import pytest

from saas.cli import main
from saas.edge.ingester import quarantine
from saas.kit.errors import Refused

from .conftest import Bench
from .rig import NOW, event, raw, reasons, rows, stored

pytestmark = pytest.mark.req("DEV-05")


def replay(bench: Bench, **more: Any) -> list[str | None]:
    return [reason for _, reason in quarantine.replay(quarantine.waiting(**more), handler=bench.handler, now=NOW)]


def test_a_refused_event_is_told_again_and_leaves_the_list(bench: Bench) -> None:
    bench.handler.fail["event"] = Refused("not now")
    bench.take(event(bench.device, 1))
    assert replay(bench) == ["refused: not now"] and len(quarantine.waiting()) == 1
    bench.handler.fail.clear()
    assert replay(bench) == [None] and quarantine.waiting() == []
    assert bench.handler.kinds() == ["event"] and stored(bench.device) == [1]


def test_a_message_is_brought_in_once_even_when_two_try(bench: Bench) -> None:
    bench.handler.fail["event"] = Refused("not now")
    bench.take(event(bench.device, 1))
    bench.handler.fail.clear()
    twice = quarantine.waiting() * 2
    assert [reason for _, reason in quarantine.replay(twice, handler=bench.handler, now=NOW)] == [None, None]
    assert bench.handler.kinds() == ["event"]


def test_a_device_that_was_unknown_gets_its_message_after_it_is_registered(bench: Bench) -> None:
    bench.take(event("ad_late", 4))
    assert replay(bench) == ["error: ValueError: unknown_device"]
    rows("UPDATE devices_device SET device_id = 'ad_late' WHERE device_id = %s RETURNING 1", bench.other)
    assert replay(bench) == [None]
    assert stored("ad_late") == [4] and bench.handler.told[0][1] == "barq"


def test_what_nobody_can_read_stays(bench: Bench) -> None:
    bench.take(raw(bench.device, "event", b"{"))
    assert replay(bench)[0] is not None and len(quarantine.waiting()) == 1


def test_the_command_lists_and_replays(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.take(raw(bench.device, "event", b"{"), event("ad_nobody", 1))
    capsys.readouterr()
    assert main(["quarantine", "list", "--reason", "unknown"]) == 0
    printed = capsys.readouterr().out
    assert "ev/v1/ad_nobody/event" in printed and "bad_json" not in printed
    assert main(["quarantine", "replay"]) == 1
    assert "0 brought in, 2 stay." in capsys.readouterr().out and len(reasons()) == 2
