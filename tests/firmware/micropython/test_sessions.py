import json

from firmware.app.words import W
from tests.firmware.micropython.kit import HOUR, T0, Rig, last_stop, permit

REQ = ("DEV-03", "MKT-12")


def test_it_ends_on_time_with_the_network_gone():
    rig = Rig()
    rig.start(end=T0 + 60000)
    while rig.wall() < T0 + 59900:
        rig.run(100)
        assert rig.board.closed
    rig.run(200)
    assert not rig.board.closed and rig.board.offered == 0 and not rig.board.locked
    assert last_stop(rig)["reason"] == W.STOP_TIME


def test_the_register_at_start_and_stop_is_what_flowed():
    rig = Rig()
    rig.start(end=T0 + 600000)
    rig.run(600000, 500)
    delivered = last_stop(rig)["energy_wh"] - rig.events(W.EV_STARTED)[0]["energy_wh"]
    assert delivered == rig.board.counter_w_ms // 3600000 and 1150 < delivered < 1200


def test_the_clock_put_back_does_not_lengthen_a_session():
    rig = Rig()
    rig.start(end=T0 + 120000)
    for _ in range(100):
        rig.adapter.clock.set(rig.wall() - HOUR)
        rig.run(1000)
    rig.run(20000)
    assert not rig.board.closed
    assert last_stop(rig)["reason"] == W.STOP_TIME


def test_the_clock_put_right_forward_ends_it_at_once():
    rig = Rig()
    rig.start(end=T0 + 60000)
    rig.adapter.clock.set(T0 + 60000)
    rig.run(100)
    assert not rig.board.closed


def test_an_hour_forward_is_doubted_and_ends_no_session_that_was_paid_for():
    """A wrong time server, or summer time where there is none; the platform says what is right."""
    rig = Rig()
    rig.start(end=T0 + 120000)
    for _ in range(50):
        rig.adapter.clock.set(rig.wall() + HOUR)
        rig.run(1000)
        rig.adapter.clock.set(rig.wall())
    assert rig.board.closed and abs(rig.adapter.clock.now_ms() - rig.wall()) < 1000


def test_an_hour_forward_or_back_that_is_confirmed_moves_the_clock_and_not_the_end():
    """F9: the cut-off is by monotonic duration, even where everybody agrees on the wrong time."""
    for wrong in (HOUR, -HOUR):
        rig = Rig()
        rig.start(end=T0 + 120000)
        for _ in range(118):
            assert rig.board.closed
            rig.adapter.clock.set(rig.wall() + wrong)
            rig.run(1000)
        assert abs(rig.adapter.clock.now_ms() - rig.wall() - wrong) < 2000
        rig.run(500)
        assert not rig.board.closed and last_stop(rig)["reason"] == W.STOP_TIME
        assert last_stop(rig)["energy_wh"] >= rig.events(W.EV_STARTED)[0]["energy_wh"]


def test_it_ends_when_the_paid_energy_is_delivered():
    rig = Rig()
    rig.start(energy_wh=10)
    rig.run(20000)
    assert last_stop(rig)["reason"] == W.STOP_ENERGY
    delivered = last_stop(rig)["energy_wh"] - rig.events(W.EV_STARTED)[0]["energy_wh"]
    assert 10 <= delivered <= 12


def test_it_ends_when_asked_to():
    rig = Rig()
    rig.start()
    assert rig.command(W.CMD_STOP, session="another") == W.REFUSE_UNKNOWN
    assert rig.board.closed
    assert rig.command(W.CMD_STOP, session="s1") is None
    assert not rig.board.closed
    assert last_stop(rig)["reason"] == W.STOP_REMOTE


def test_it_ends_when_unplugged():
    rig = Rig()
    rig.start()
    rig.board.plug = False
    rig.run(100)
    assert not rig.board.closed
    assert last_stop(rig)["reason"] == W.STOP_UNPLUGGED


def test_once_stopped_it_is_over():
    rig = Rig()
    rig.start()
    rig.command(W.CMD_STOP, session="s1")
    assert rig.command(W.CMD_ACTIVATE, session="s1") == W.REFUSE_UNKNOWN
    assert rig.command(W.CMD_PERMIT, permit=permit()) == W.REFUSE_REPLAYED
    rig.run(2000)
    assert not rig.board.closed


def test_a_permit_that_was_called_off_opens_nothing():
    rig = Rig()
    rig.grant()
    assert rig.command(W.CMD_STOP, session="s1") is None
    assert rig.command(W.CMD_ACTIVATE, session="s1") == W.REFUSE_UNKNOWN
    assert not rig.events(W.EV_STOPPED)


def test_power_waits_for_the_plug_and_no_longer_than_the_permit():
    rig = Rig()
    rig.board.plug = False
    rig.run(100)
    rig.grant(end=T0 + 30000)
    assert rig.command(W.CMD_ACTIVATE, session="s1") is None
    rig.run(5000)
    assert not rig.board.closed and not rig.events(W.EV_STARTED)
    rig.board.plug = True
    rig.run(200)
    assert rig.board.closed and rig.events(W.EV_STARTED)
    rig = Rig()
    rig.board.plug = False
    rig.run(100)
    rig.grant(end=T0 + 30000)
    rig.command(W.CMD_ACTIVATE, session="s1")
    rig.run(31000)
    rig.board.plug = True
    rig.run(1000)
    assert not rig.board.closed and not rig.events(W.EV_STOPPED)


def test_one_session_at_a_time():
    rig = Rig()
    rig.start()
    rig.grant(session="s2")
    assert rig.command(W.CMD_ACTIVATE, session="s2") == W.REFUSE_BUSY
    assert rig.command(W.CMD_ACTIVATE, session="s1") is None
    assert len(rig.events(W.EV_STARTED)) == 1


def test_a_later_permit_of_the_same_session_lengthens_it():
    rig = Rig()
    rig.start(end=T0 + 30000)
    assert rig.grant(end=T0 + 20000) == W.REFUSE_BUSY
    assert rig.grant(end=T0 + 90000) is None
    rig.run(60000)
    assert rig.board.closed
    rig.run(30000)
    assert not rig.board.closed
    assert len(rig.events(W.EV_STARTED)) == 1 and len(rig.events(W.EV_STOPPED)) == 1


def test_the_current_is_the_lowest_of_permit_hardware_and_limit():
    rig = Rig()
    rig.start(current_ma=16000)
    assert rig.board.offered == 16000
    assert rig.command(W.CMD_LIMIT, current_ma=10000) is None
    assert rig.board.offered == 10000
    assert rig.command(W.CMD_LIMIT, current_ma=99000) is None
    assert rig.board.offered == 16000


def test_a_limit_asked_for_before_the_plug_holds_and_ends_with_the_session():
    rig = Rig()
    rig.board.plug = False
    rig.run(200)
    rig.grant()
    rig.command(W.CMD_ACTIVATE, session="s1")
    rig.command(W.CMD_LIMIT, current_ma=8000)
    rig.board.plug = True
    rig.run(2000)
    assert rig.board.closed and rig.board.offered == 8000
    rig.command(W.CMD_STOP)
    rig.start("s2")
    assert rig.board.offered == 32000


def test_power_cut_in_mid_session_goes_on_for_what_is_left():
    rig = Rig()
    rig.start(end=T0 + 60000)
    rig.run(10000)
    high = rig.adapter.register.total_wh
    rig.boot(away_ms=20000)
    assert not rig.board.closed
    rig.run(1000)
    assert rig.board.closed
    assert len(rig.events(W.EV_STARTED)) == 1
    while rig.board.closed:
        rig.run(100)
    assert T0 + 60000 <= rig.wall() <= T0 + 60100
    assert last_stop(rig)["reason"] == W.STOP_TIME
    assert last_stop(rig)["energy_wh"] > high


def test_power_cut_over_the_end_is_told_as_power_loss():
    rig = Rig()
    rig.start(end=T0 + 60000)
    rig.boot(away_ms=80000)
    rig.run(1000)
    assert not rig.board.closed
    assert last_stop(rig)["reason"] == W.STOP_POWER_LOSS


def test_after_a_power_cut_without_a_clock_it_waits_for_the_time():
    rig = Rig()
    rig.start(end=T0 + 60000)
    rig.boot(clock=False)
    rig.run(5000)
    assert not rig.board.closed and not rig.events(W.EV_STOPPED)
    ack = json.dumps({"v": 1, "boot": 2, "seq": 1, "now_ms": rig.wall()})
    rig.uplink.received(rig.uplink.topic_ack, ack.encode())
    rig.run(200)
    assert rig.board.closed


def test_unplugged_while_the_power_was_away():
    rig = Rig()
    rig.start()
    rig.board.plug = False
    rig.boot()
    rig.run(200)
    assert last_stop(rig)["reason"] == W.STOP_UNPLUGGED


def test_samples_every_second_while_charging_and_seldom_otherwise():
    rig = Rig()
    rig.run(60000)
    assert 2 <= len(rig.said("telemetry")) <= 3
    rig.acknowledge()
    rig.start()
    rig.acknowledge()
    rig.run(60000)
    samples = rig.said("telemetry")
    assert len(samples) == 60
    assert [sample["session"] for sample in samples] == ["s1"] * 60
    energy = [sample["energy_wh"] for sample in samples]
    assert energy == sorted(energy) and energy[-1] - energy[0] in range(116, 121)


def test_the_period_of_samples_can_be_set():
    rig = Rig()
    assert rig.command(W.CMD_CONFIG, data={"telemetry_s": 10, "idle_s": 5}) is None
    assert rig.command(W.CMD_CONFIG, data={"telemetry_s": 0}) == W.REFUSE_FORMAT
    assert rig.command(W.CMD_CONFIG, data={"colour": 1}) == W.REFUSE_FORMAT
    rig.boot()
    rig.start()
    rig.acknowledge()
    rig.run(60000)
    assert len(rig.said("telemetry")) == 6


def test_the_meter_that_begins_again_at_zero_does_not_lower_the_register():
    rig = Rig()
    rig.start()
    rig.run(30000)
    before = rig.adapter.register.total_wh
    rig.board.counter_w_ms = 0
    rig.run(1000)
    assert rig.adapter.register.total_wh >= before
    rig.run(30000)
    assert 55 <= rig.adapter.register.total_wh - before <= 61
    rig.acknowledge()
    rig.boot()  # this meter forgets: at most the last 15 seconds are not charged
    rig.run(1000)
    assert rig.adapter.register.total_wh >= before + 55 - 31


def told_wh(rig):
    return [body["energy_wh"] for body in rig.sent if "energy_wh" in body]


def test_what_was_told_of_the_register_never_falls_whenever_the_power_goes():
    """Also where the meter forgets and everything was acknowledged before it reached the flash."""
    for keeps in (False, True):
        rig = Rig()
        rig.board.keeps = keeps
        rig.boot()
        rig.start(end=T0 + HOUR)
        for round_ in range(12):
            rig.run(1000 + 3700 * round_)
            rig.acknowledge()
            rig.boot(forget=not keeps)
            rig.run(2000)
        told = told_wh(rig)
        assert told == sorted(told) and told[-1] > 300


def test_a_limit_outlives_a_power_cut():
    rig = Rig()
    rig.start()
    assert rig.command(W.CMD_LIMIT, current_ma=10000) is None
    rig.boot()
    rig.run(1000)
    assert rig.board.closed and rig.board.offered == 10000
    assert rig.command(W.CMD_LIMIT, current_ma=0) is None
    assert rig.board.offered == 32000


def test_a_clock_that_is_late_after_a_power_cut_lengthens_nothing():
    """It is doubted; once it is believed, what was left of the paid time is all that is left."""
    rig = Rig()
    rig.start(end=T0 + 120000)
    rig.run(60000)
    rig.boot(clock=False)
    for _ in range(100):
        assert not rig.board.closed or rig.adapter.clock.trusted
        rig.adapter.clock.set(rig.wall() - 50000)
        rig.run(1000)
    assert last_stop(rig)["reason"] == W.STOP_TIME
    flowed = last_stop(rig)["energy_wh"] - rig.events(W.EV_STARTED)[0]["energy_wh"]
    assert flowed <= 120 * 2 + 3
