from firmware.app.words import W
from tests.firmware.micropython.kit import Rig

REQ = ("DEV-03",)


def charging():
    rig = Rig()
    rig.start()
    return rig


def stopped_by(rig, code):
    """The relay is open, the end and the fault are told, and nothing starts until it is cleared."""
    stop = rig.events(W.EV_STOPPED)[-1]
    told = [event["code"] for event in rig.events(W.EV_FAULT)]
    rig.grant(session="next")
    blocked = rig.command(W.CMD_ACTIVATE, session="next") == W.REFUSE_FAULT
    return (
        not rig.board.closed and stop["reason"] == W.STOP_FAULT and stop["code"] == code and told == [code] and blocked
    )


def test_too_hot():
    rig = charging()
    rig.board.temperature = 80000
    rig.run(100)
    assert stopped_by(rig, W.FAULT_OVER_TEMPERATURE)
    rig.board.temperature = 75000
    rig.run(20000)
    assert rig.adapter.state() == W.STATE_FAULT
    rig.board.temperature = 60000
    rig.run(11000)
    assert rig.events(W.EV_CLEARED)[0]["code"] == W.FAULT_OVER_TEMPERATURE
    assert rig.command(W.CMD_ACTIVATE, session="next") is None


def test_a_short_excess_of_current_is_borne_a_long_one_is_not():
    rig = charging()
    rig.board.current_ma = 38000
    rig.run(4000)
    assert rig.board.closed
    rig.board.current_ma = 31000
    rig.run(10000)
    assert rig.board.closed
    rig.board.current_ma = 38000
    rig.run(8000)
    assert stopped_by(rig, W.FAULT_OVER_CURRENT)


def test_a_great_excess_of_current_is_not_borne_at_all():
    rig = charging()
    rig.board.current_ma = 60000
    rig.run(1100)
    assert stopped_by(rig, W.FAULT_OVER_CURRENT)


def test_a_vehicle_has_time_to_follow_a_lower_limit():
    rig = charging()
    rig.command(W.CMD_LIMIT, current_ma=10000)
    rig.run(4000)
    rig.board.current_ma = 9900
    rig.run(10000)
    assert rig.board.closed
    rig.board.current_ma = 16000
    rig.run(8000)
    assert stopped_by(rig, W.FAULT_OVER_CURRENT)


def test_a_silent_meter():
    rig = charging()
    rig.board.silent = True
    rig.run(4000)
    assert rig.board.closed
    rig.run(2000)
    assert stopped_by(rig, W.FAULT_METER)
    rig.board.silent = False
    rig.run(5000)
    assert rig.adapter.state() == W.STATE_PLUGGED


def test_no_start_without_a_meter():
    rig = Rig()
    rig.board.silent = True
    rig.run(10000)
    rig.grant()
    assert rig.command(W.CMD_ACTIVATE, session="s1") == W.REFUSE_FAULT
    assert rig.events(W.EV_FAULT)[0]["code"] == W.FAULT_METER


def test_a_meter_that_stays_silent_after_a_power_cut_ends_the_session():
    rig = charging()
    rig.board.silent = True
    rig.boot()
    rig.run(8000)
    assert not rig.board.closed
    assert rig.events(W.EV_STOPPED)[-1]["reason"] == W.STOP_FAULT


def test_a_welded_relay_is_seen_after_the_end():
    rig = charging()
    rig.board.welded = True
    rig.command(W.CMD_STOP)
    rig.run(6000)
    assert [event["code"] for event in rig.events(W.EV_FAULT)] == [W.FAULT_STUCK_RELAY]
    rig.grant(session="next")
    assert rig.command(W.CMD_ACTIVATE, session="next") == W.REFUSE_FAULT
    rig.board.welded = False
    rig.run(15000)
    assert rig.events(W.EV_CLEARED)[0]["code"] == W.FAULT_STUCK_RELAY


def test_an_opened_case():
    rig = charging()
    rig.board.case_open = True
    rig.run(100)
    assert stopped_by(rig, W.FAULT_TAMPER)


def test_power_goes_before_anything_is_written():
    """Even where the flash is dead."""
    rig = charging()
    rig.files.cut_after = 0
    rig.board.temperature = 99000
    try:
        rig.run(100)
    except Exception as error:
        assert type(error).__name__ == "PowerCut"
    assert not rig.board.closed
