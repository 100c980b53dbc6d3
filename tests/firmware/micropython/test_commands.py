import json

from firmware.app.words import W
from tests.firmware.micropython.kit import T0, Rig, permit

REQ = ("DEV-01", "DEV-03")


def test_a_command_is_carried_out_once_and_answered_each_time():
    rig = Rig()
    data = permit()
    for _ in range(3):
        assert rig.command(W.CMD_PERMIT, id_="same", permit=data) is None
    assert len(rig.events(W.EV_PERMIT)) == 1
    replies = rig.said("reply")
    assert [reply["id"] for reply in replies] == ["same"] * 3
    assert len({reply["seq"] for reply in replies}) == 3


def test_a_refusal_is_remembered_over_a_restart():
    rig = Rig()
    assert rig.command(W.CMD_ACTIVATE, id_="early", session="s1") == W.REFUSE_UNKNOWN
    rig.boot()
    rig.grant()
    assert rig.command(W.CMD_ACTIVATE, id_="early", session="s1") == W.REFUSE_UNKNOWN


def test_late_unknown_and_unreadable_commands_are_refused_by_name():
    rig = Rig()
    assert rig.command(W.CMD_STOP, expires=T0 - 1) == W.REFUSE_LATE
    assert rig.command("dance") == W.REFUSE_COMMAND
    assert rig.command(W.CMD_OCPP) == W.REFUSE_COMMAND
    assert rig.command(W.CMD_OTA) == W.REFUSE_FORMAT
    assert rig.command(W.CMD_ACTIVATE) == W.REFUSE_FORMAT
    assert rig.command(W.CMD_STOP, v=2) == W.REFUSE_FORMAT
    assert rig.command(W.CMD_LIMIT, current_ma=10000) == W.REFUSE_UNKNOWN
    for text in (
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"type": "stop"}',
        b'{"id": ""}',
        b"\xff",
        b"[" * 8000,
        b"{" + b" " * 9000 + b"}",
    ):
        before = len(rig.events(W.EV_REFUSED))
        rig.commands.handle(text)
        assert rig.events(W.EV_REFUSED)[before]["reason"] == W.REFUSE_FORMAT, text[:20]


def test_the_socket_is_unlocked_only_without_power():
    rig = Rig()
    rig.start()
    assert rig.board.locked
    assert rig.command(W.CMD_UNLOCK) == W.REFUSE_BUSY
    rig.command(W.CMD_STOP)
    assert rig.command(W.CMD_UNLOCK) is None
    assert not rig.board.locked


def test_messages_are_numbered_without_a_gap_and_carry_boot_and_time():
    rig = Rig()
    rig.start()
    rig.run(5000)
    bodies = [json.loads(item.body) for item in rig.adapter.outbox.items]
    assert [body["seq"] for body in bodies] == list(range(1, len(bodies) + 1))
    assert {body["boot"] for body in bodies} == {1} and {body["v"] for body in bodies} == {1}
    times = [body["ts_ms"] for body in bodies]
    assert times == sorted(times) and times[0] >= T0


class Line:
    """What a transport would send."""

    def __init__(self, room=1000):
        self.sent = []
        self.room = room

    def publish(self, topic, text, retain):
        if len(self.sent) >= self.room:
            return False
        self.sent.append((topic, json.loads(text), retain))
        return True

    def seqs(self):
        return [body["seq"] for topic, body, retain in self.sent if not retain]


def ack(rig, boot, seq):
    text = json.dumps({"v": 1, "boot": boot, "seq": seq, "now_ms": rig.wall()})
    rig.uplink.received(rig.uplink.topic_ack, text.encode())


def test_all_is_sent_again_in_order_until_it_is_acknowledged():
    rig = Rig()
    rig.start()
    rig.run(20000)
    line = Line()
    rig.uplink.connected(line.publish)
    rig.uplink.step()
    count = len(rig.adapter.outbox.items)
    assert line.seqs() == list(range(1, count + 1))
    topic, status, retain = line.sent[0]
    assert retain and topic == "ev/v1/ad_bench/status" and status["online"] and status["state"] == "charging"
    rig.uplink.step()
    assert len(line.seqs()) == count
    ack(rig, 1, 5)
    rig.mono.value += 5000
    rig.uplink.step()
    assert line.seqs()[count:] == list(range(6, count + 1))
    assert line.sent[-1][1]["low"] == 6


def test_waiting_grows_while_nothing_is_acknowledged():
    rig = Rig()
    line = Line()
    rig.uplink.connected(line.publish)
    for _ in range(1300):
        rig.mono.value += 100
        rig.uplink.step()
    assert len(line.seqs()) == 5  # at 0, 5, 15, 35 and 75 seconds


def test_the_window_is_bounded_and_a_full_transport_loses_nothing():
    rig = Rig()
    rig.start()
    rig.run(150000, 500)
    line = Line()
    rig.uplink.connected(line.publish)
    rig.uplink.step()
    assert len(line.seqs()) == 64
    narrow = Line(room=11)
    rig.uplink.connected(narrow.publish)
    rig.uplink.step()
    assert narrow.seqs() == list(range(1, 11))
    narrow.room = 100
    rig.uplink.step()
    assert narrow.seqs() == list(range(1, 65))


def test_messages_of_an_earlier_boot_are_sent_as_such_and_acknowledged_by_it():
    rig = Rig()
    rig.start()
    rig.boot()
    line = Line()
    rig.uplink.connected(line.publish)
    rig.uplink.step()
    boots = [body["boot"] for topic, body, retain in line.sent if not retain]
    assert boots == sorted(boots) and set(boots) == {1, 2}
    assert [body["low"] for topic, body, retain in line.sent if not retain] == [1] * len(boots)
    ack(rig, 1, 1000)
    assert {item.boot for item in rig.adapter.outbox.items} == {2}
    ack(rig, 2, 1000)
    assert rig.adapter.outbox.items == []


def test_bad_acknowledgements_change_nothing():
    rig = Rig(clock=False)
    for text in (b"", b"[]", b"7", b'{"boot": 1}', b'{"boot": "1", "seq": 1, "now_ms": 1}', b"[" * 5000, b"\xff"):
        rig.uplink.received(rig.uplink.topic_ack, text)
    ack(rig, 99, 5)
    rig.uplink.received("ev/v1/another/ack", json.dumps({"boot": 1, "seq": 1, "now_ms": T0}).encode())
    assert len(rig.adapter.outbox.items) == 1 and not rig.adapter.clock.trusted
    ack(rig, 1, 1)
    assert rig.adapter.clock.trusted


def test_an_acknowledgement_of_an_earlier_boot_may_be_old_and_sets_no_clock():
    rig = Rig()
    rig.boot(clock=False)
    ack(rig, 1, 1)
    assert not rig.adapter.clock.trusted and len(rig.adapter.outbox.items) == 1
    ack(rig, 2, 99)
    assert not rig.adapter.clock.trusted


def permit_by_wire(rig):
    command = {"v": 1, "id": "p", "type": "permit", "ts_ms": T0, "expires_ms": T0 + 60000, "permit": permit()}
    rig.uplink.received(rig.uplink.topic_cmd, json.dumps(command).encode())


def test_a_permit_that_comes_before_the_time_waits_for_it():
    rig = Rig(clock=False)
    rig.uplink.connected(Line().publish)
    permit_by_wire(rig)
    assert rig.said("reply") == []
    ack(rig, 1, 1)
    rig.uplink.step()
    assert rig.said("reply")[0]["ok"]


def test_a_permit_is_refused_when_the_time_does_not_come():
    rig = Rig(clock=False)
    rig.uplink.connected(Line().publish)
    permit_by_wire(rig)
    rig.mono.value += 5000
    rig.uplink.step()
    assert rig.said("reply")[0]["error"] == W.REFUSE_CLOCK


def test_state_is_told_when_it_changes():
    rig = Rig()
    line = Line()
    rig.uplink.connected(line.publish)
    rig.uplink.step()
    rig.start()
    rig.uplink.step()
    rig.board.case_open = True
    rig.run(100)
    rig.uplink.step()
    assert [body["state"] for topic, body, retain in line.sent if retain] == ["plugged", "charging", "fault"]
