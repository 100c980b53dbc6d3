import json

from firmware.app.files import Files
from firmware.app.outbox import EVENT, TELEMETRY, Item, Outbox
from firmware.app.records import seal, unseal, unseal_all
from firmware.app.register import Register
from firmware.app.wallclock import WallClock
from tests.firmware.micropython.kit import HOUR, T0, HandMono, MemoryFiles, PowerCut, Rig, permit

REQ = ("DEV-01", "MKT-12")


def item(seq, kind=TELEMETRY, boot=1):
    return Item(kind, boot, seq, seq, json.dumps({"seq": seq}))


def put(outbox, entry):
    """An event at once; a sample, and the flush that comes after some seconds."""
    if entry.kind == EVENT:
        outbox.extend([entry])
    else:
        outbox.append(entry)
        outbox.flush()


def held(outbox):
    return [(entry.boot, entry.seq) for entry in outbox.items]


def test_a_record_knows_whether_it_is_whole():
    line = seal("hello world")[:-1]
    assert unseal(line) == "hello world"
    for index in range(len(line)):
        changed = bytes([line[index] ^ 1])
        assert unseal(line[:index] + changed + line[index + 1 :]) is None or line[index : index + 1].upper() != changed
        assert unseal(line[:index]) is None
    assert unseal_all(seal("a") + seal("b")[:-3]) == (["a"], True)


def test_a_full_ring_drops_the_oldest_samples_and_never_an_event():
    outbox = Outbox(MemoryFiles(), 4)
    put(outbox, item(1, EVENT))
    for seq in range(2, 8):
        put(outbox, item(seq))
    assert held(outbox) == [(1, 1), (1, 5), (1, 6), (1, 7)]
    for seq in range(8, 14):
        put(outbox, item(seq, EVENT))
    assert held(outbox) == [(1, seq) for seq in (1, 8, 9, 10, 11, 12, 13)]
    put(outbox, item(14))
    assert (1, 14) not in held(outbox) and outbox.dropped == 7


def test_a_store_opened_again_tells_the_same_story():
    files = MemoryFiles()
    outbox = Outbox(files, 10)
    for seq in range(1, 400):
        put(outbox, item(seq, EVENT if seq % 7 == 0 else TELEMETRY))
        if seq % 20 == 0:
            outbox.ack(1, seq - 5)
            outbox.flush()
        again = Outbox(files, 10)
        assert held(again) == held(outbox) and again.high_wh == seq
    assert len(files.content["outbox.log"]) < 20000


def test_the_highest_register_outlives_the_messages_that_told_it():
    files = MemoryFiles()
    outbox = Outbox(files, 300)
    for seq in range(1, 200):
        put(outbox, item(seq))
    outbox.ack(1, 199)
    outbox.flush()
    assert len(files.content["outbox.log"]) < 150
    assert Outbox(files, 300).high_wh == 199


def test_a_torn_last_record_is_dropped_and_written_over():
    files = MemoryFiles()
    outbox = Outbox(files, 10)
    put(outbox, item(1))
    put(outbox, item(2))
    files.content["outbox.log"] = files.content["outbox.log"][:-30]
    again = Outbox(files, 10)
    assert held(again) == [(1, 1)]
    put(again, item(3))
    assert held(Outbox(files, 10)) == [(1, 1), (1, 3)]


def test_the_store_on_a_real_file_system():
    import os

    folder = "/tmp/wattlane-store-test"
    for path in ("/tmp", folder):
        try:  # noqa: SIM105 - MicroPython has no contextlib
            os.mkdir(path)
        except OSError:
            pass
    for name in os.listdir(folder):
        os.remove(folder + "/" + name)
    outbox = Outbox(Files(folder), 10)
    for seq in range(1, 200):
        put(outbox, item(seq))
    assert held(Outbox(Files(folder), 10)) == [(1, seq) for seq in range(190, 200)]
    rig = Rig(files=Files(folder))
    rig.start()
    rig.boot()
    rig.run(1000)
    assert rig.board.closed


def test_samples_wait_in_memory_and_what_is_acknowledged_by_then_never_wears_the_flash():
    rig = Rig()
    rig.start()
    writes = rig.files.writes
    for _ in range(120):
        rig.run(1000)
        rig.acknowledge()
    assert rig.files.writes - writes <= 10  # a checkpoint every 15 seconds, since this meter forgets
    writes = rig.files.writes
    rig.run(60000)
    assert rig.files.writes - writes <= 5 and len(rig.said("telemetry")) == 60
    rig.boot()
    assert len(rig.said("telemetry")) >= 45  # the worst loss: 15 seconds


def test_an_event_takes_the_samples_before_it_onto_the_flash():
    rig = Rig()
    rig.start()
    rig.run(4000)
    rig.command("stop")
    rig.boot()
    numbers = [body["seq"] for body in rig.said("event", 1) + rig.said("telemetry", 1) + rig.said("reply", 1)]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def session_with_cut(cut):
    """A session whose power goes at one write; the broker sends again what was not answered. True when it went."""
    rig = Rig()
    rig.files.cut_after = cut
    actions = (
        lambda: rig.command("permit", id_="p", permit=permit()),
        lambda: rig.command("activate", id_="a", session="s1"),
        lambda: rig.run(3000),
        lambda: rig.command("stop", id_="s", session="s1"),
        lambda: rig.run(500),
    )
    gone = False
    for action in actions:
        try:
            error = action()
        except PowerCut:
            gone = True
            rig.files.cut_after = None
            rig.board.closed = False
            rig.boot()
            error = action()
        assert error is None, (cut, error)
    rig.files.cut_after = None
    rig.run(1000)
    assert not rig.board.closed
    assert_told_once(rig, cut)
    return gone


def assert_told_once(rig, cut):
    started, stopped = rig.events("started"), rig.events("stopped")
    assert len(started) == 1 and len(stopped) == 1, (cut, started, stopped)
    assert stopped[0]["energy_wh"] >= started[0]["energy_wh"]
    assert len(rig.events("permit")) == 1
    assert {reply["id"] for reply in rig.said("reply") if reply["ok"]} == {"p", "a", "s"}
    names = [(body["boot"], body["seq"]) for body in rig.said("event") + rig.said("reply") + rig.said("telemetry")]
    assert len(names) == len(set(names)), cut


def test_a_power_cut_at_any_write_loses_and_doubles_nothing():
    cut = 0
    while session_with_cut(cut):
        cut += 1
    assert cut > 12


def test_a_worn_out_document_means_no_permits_and_no_power():
    rig = Rig()
    rig.start()
    rig.files.content["state.json"] = b"0badbeef {}\n"
    rig.board.closed = False
    rig.boot()
    rig.run(3000)
    assert not rig.board.closed and rig.adapter.memory.permits == []


def test_the_register_never_falls_and_counts_nothing_twice():
    register = Register(100, 0)
    assert not register.update(0) and register.total_wh == 100
    assert not register.update(50) and register.total_wh == 150
    assert register.update(3) and register.total_wh == 150
    assert not register.update(13) and register.total_wh == 160
    after_restart = Register(register.base_wh, 160)
    assert after_restart.update(0) and after_restart.total_wh == 160


def test_the_clock_doubts_what_it_is_told():
    mono = HandMono()
    clock = WallClock(mono)
    assert not clock.set(0) and not clock.set(T0 * 100) and not clock.trusted
    clock.hint(T0)
    assert not clock.trusted
    assert clock.set(T0) and clock.trusted and clock.now_ms() == T0
    mono.value += 1000
    assert clock.now_ms() == T0 + 1000
    assert clock.set(T0 + 1000 - 5000) and clock.now_ms() == T0 + 1000
    mono.value += 1000
    assert T0 + 1400 <= clock.now_ms() <= T0 + 1500
    assert not clock.set(T0 - HOUR)
    clock.hint(T0 + 60000)
    assert clock.now_ms() == T0 + 60000
    clock.hint(T0 + 10 * HOUR)
    assert clock.now_ms() == T0 + 60000
    assert not clock.set(T0 + HOUR) and clock.now_ms() == T0 + 60000


def test_a_leap_second_is_a_small_step():
    mono = HandMono()
    clock = WallClock(mono)
    clock.set(T0)
    for second in range(1, 20):
        mono.value += 1000
        before = clock.now_ms()
        assert clock.set(T0 + 1000 * second - 1000) and clock.now_ms() >= before
    assert abs(clock.now_ms() - (T0 + 18000)) <= 10


def test_a_time_before_the_last_start_is_doubted_from_the_first_word():
    mono = HandMono()
    clock = WallClock(mono, floor_ms=T0)
    assert not clock.set(T0 - HOUR) and not clock.trusted
    assert clock.set(T0 + HOUR) and clock.trusted


def test_a_clock_that_was_far_ahead_is_put_right_when_the_platform_insists():
    mono = HandMono()
    clock = WallClock(mono)
    clock.set(T0 + 10 * HOUR)
    for second in range(0, 40, 5):
        clock.set(T0 + second * 1000)
        mono.value += 5000
    assert abs(clock.now_ms() - (T0 + 40000)) < 1000


def test_old_acknowledgements_in_a_burst_do_not_put_the_clock_back():
    mono = HandMono()
    clock = WallClock(mono)
    clock.set(T0 + HOUR)
    for second in range(0, 600, 5):
        clock.set(T0 + second * 1000)
    assert clock.now_ms() == T0 + HOUR
