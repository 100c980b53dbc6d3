"""Messages that were set aside can be brought in again, once."""

import json
from datetime import timedelta
from typing import Any

import pytest

from saas.cli import main
from saas.edge.ingester import quarantine
from saas.edge.ingester.quarantine import Wanted
from saas.kit.errors import Refused

from .conftest import Bench
from .rig import NOW, NOW_MS, event, raw, reasons, rows, sample, stored

pytestmark = pytest.mark.req("DEV-05")


def replay(bench: Bench, **more: Any) -> list[str]:
    kept = quarantine.waiting(Wanted(**more))
    return [done.what for done in quarantine.replay(kept, handler=bench.handler, now=NOW)]


def test_a_refused_event_is_told_again_and_leaves_the_list(bench: Bench) -> None:
    bench.handler.fail["event"] = Refused("not now")
    bench.take(event(bench.device, 1))
    assert replay(bench) == ["refused: not now"] and len(quarantine.waiting()) == 1
    bench.handler.fail.clear()
    assert replay(bench) == ["told"] and quarantine.waiting() == []
    assert bench.handler.kinds() == ["event"] and stored(bench.device) == [1]


def test_a_message_is_brought_in_once_even_when_two_try(bench: Bench) -> None:
    bench.handler.fail["event"] = Refused("not now")
    bench.take(event(bench.device, 1))
    bench.handler.fail.clear()
    twice = quarantine.waiting() * 2
    done = [one.what for one in quarantine.replay(twice, handler=bench.handler, now=NOW)]
    assert done == ["told", "was replayed before"]
    assert bench.handler.kinds() == ["event"]


def test_a_device_that_was_unknown_gets_its_message_after_it_is_registered(bench: Bench) -> None:
    bench.take(event("ad_late", 4))
    assert replay(bench) == ["unknown_device"]
    rows("UPDATE devices_device SET device_id = 'ad_late' WHERE device_id = %s RETURNING 1", bench.other)
    assert replay(bench) == ["stored and told"]
    assert stored("ad_late") == [4] and bench.handler.told[0][1] == "barq"


def test_what_nobody_can_read_stays(bench: Bench) -> None:
    bench.take(raw(bench.device, "event", b"{"))
    assert replay(bench)[0].startswith("bad_json") and len(quarantine.waiting()) == 1
    ((tried_at, result),) = rows("SELECT tried_at, result FROM telemetry.quarantine")
    assert tried_at == NOW and result.startswith("bad_json")


def test_what_the_device_sent_again_meanwhile_is_not_told_twice(bench: Bench) -> None:
    bench.take(event("ad_late", 4))
    rows("UPDATE devices_device SET device_id = 'ad_late' WHERE device_id = %s RETURNING 1", bench.other)
    bench.ingester._committer._registry.forget()
    bench.take(event("ad_late", 4))
    assert replay(bench) == ["was stored and told before"]
    assert stored("ad_late") == [4] and bench.handler.kinds() == ["event"]


def test_what_was_replayed_is_a_repeat_when_the_device_sends_it_again(bench: Bench) -> None:
    bench.take(event("ad_late", 4))
    rows("UPDATE devices_device SET device_id = 'ad_late' WHERE device_id = %s RETURNING 1", bench.other)
    bench.ingester._committer._registry.forget()
    assert replay(bench) == ["stored and told"]
    bench.take(sample("ad_late", 3), event("ad_late", 4), sample("ad_late", 5))
    assert stored("ad_late") == [3, 4, 5] and bench.handler.kinds() == ["event"]


def test_pages_and_filters(bench: Bench) -> None:
    late = [event("ad_nobody", seq)._replace(received_at=NOW + timedelta(minutes=seq)) for seq in range(1, 6)]
    bench.take(raw(bench.device, "event", b"{"), *late)
    first = quarantine.waiting(limit=4)
    rest = quarantine.waiting(Wanted(after=first[-1].id), limit=4)
    assert (len(first), len(rest)) == (4, 2)
    assert len(quarantine.waiting(Wanted(device="ad_nobody"))) == 5
    assert len(quarantine.waiting(Wanted(device="ad_nobody", since=NOW + timedelta(minutes=4)))) == 2
    assert [one.topic for one in quarantine.waiting(Wanted(until=NOW + timedelta(minutes=1)))] == [
        f"ev/v1/{bench.device}/event"
    ]
    assert len(quarantine.waiting(Wanted(reason="bad_json", device=bench.device))) == 1
    assert quarantine.waiting(Wanted(device=bench.other)) == []


def test_the_command_lists_and_replays(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.take(raw(bench.device, "event", b"{"), event("ad_nobody", 1))
    capsys.readouterr()
    assert main(["quarantine", "list", "--reason", "unknown"]) == 0
    printed = capsys.readouterr().out
    assert "ev/v1/ad_nobody/event" in printed and "bad_json" not in printed
    assert main(["quarantine", "list", "--device", "ad_nobody", "--limit", "1"]) == 0
    assert "--after" in capsys.readouterr().out
    assert main(["quarantine", "replay"]) == 1
    printed = capsys.readouterr().out
    assert "stays: unknown_device" in printed and "0 brought in, 2 stay." in printed and len(reasons()) == 2
    assert main(["quarantine", "list", "--json", "--since", "2026-11-20T00:00:00Z"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["result"].partition(":")[0] for one in listed] == ["bad_json", "unknown_device"]


def test_the_command_lists_clocks_that_are_off(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.take(sample(bench.device, 1, ts_ms=0), sample(bench.device, 2, ts_ms=NOW_MS + 90_000_000))
    capsys.readouterr()
    assert main(["quarantine", "list", "--clock"]) == 0
    printed = capsys.readouterr().out
    assert (
        "seq 1  telemetry  clock_behind: by 20777 d 12 h" in printed
        and "seq 2  telemetry  clock_ahead: by 1 d 1 h 0 min" in printed
    )
