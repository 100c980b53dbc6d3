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
    assert rig.events(W.EV_FAULT)[0]["code"] == W.FAULT_STUCK_RELAY
    assert rig.grant(session="another") == W.REFUSE_FAULT
    assert rig.command(W.CMD_CLEAR, data={"code": W.FAULT_STUCK_RELAY}) == W.REFUSE_FAULT
    rig.board.welded = False
    rig.run(15000)
    rig.boot()
    rig.run(15000)
    assert rig.adapter.faults.active == [W.FAULT_STUCK_RELAY]
    assert rig.grant(session="another") == W.REFUSE_FAULT
    assert rig.command(W.CMD_CLEAR, data={"code": W.FAULT_STUCK_RELAY}) is None
    assert rig.events(W.EV_CLEARED)[-1]["code"] == W.FAULT_STUCK_RELAY
    rig.boot()
    assert rig.adapter.state() != W.STATE_FAULT
    assert rig.command(W.CMD_CLEAR, data={"code": W.FAULT_STUCK_RELAY}) == W.REFUSE_FORMAT


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


def test_over_current_follows_a_curve():
    from firmware.app.strain import CURVE, FULL, Strain

    for percent, allowed_ms in CURVE[1:]:
        strain = Strain()
        for _ in range(allowed_ms // 100):
            assert strain.dose < FULL
            strain.take(320 * percent, 32000, 100)
        assert strain.dose == FULL and strain.left_ms == 0, percent
    strain = Strain()
    strain.take(32000 * 2, 32000, 1)
    assert strain.dose == FULL
    strain = Strain()
    for _ in range(36000):
        strain.take(33500, 32000, 100)
    assert strain.dose == 0 and strain.left_ms is None


def test_a_pulsing_load_trips_as_well_and_a_pause_cools():
    from firmware.app.strain import FULL, Strain

    strain, seconds = Strain(), 0
    while strain.dose < FULL:
        strain.take(40000 if seconds % 10 < 4 else 10000, 32000, 1000)
        seconds += 1
    assert 20 < seconds < 60
    for _ in range(61):
        strain.take(10000, 32000, 1000)
    assert strain.dose == 0


def test_a_slight_excess_ends_after_a_minute():
    rig = charging()
    rig.board.current_ma = 34000
    rig.run(58000)
    assert rig.board.closed
    rig.run(4000)
    assert stopped_by(rig, W.FAULT_OVER_CURRENT)


def hears(rig):
    rig.board.has_pilot = lambda: True


def test_the_vehicle_is_asked_three_seconds_before_the_curve_ends_and_never_longer():
    rig = charging()
    hears(rig)
    rig.board.current_ma = 42000  # 131 %: four seconds
    rig.run(1900)
    assert rig.board.closed and rig.board.offered == 0
    rig.run(3200)
    assert stopped_by(rig, W.FAULT_OVER_CURRENT)


def test_a_short_circuit_is_not_discussed():
    rig = charging()
    hears(rig)
    rig.board.current_ma = 60000
    rig.run(1000)
    assert not rig.board.closed


def test_warm_it_offers_less_and_does_not_flutter():
    rig = charging()
    offers = []
    for temperature in (64000, 65000, 71000, 76000, 74000, 70000, 66000, 60000):
        rig.board.temperature = temperature
        rig.run(100)
        offers.append(rig.board.offered)
    assert offers == [32000, 25600, 19200, 12800, 12800, 19200, 25600, 32000]
    told = [event["reason"] for event in rig.events(W.EV_NOTICE)]
    assert told == ["80 %", "60 %", "40 %", "60 %", "80 %", "100 %"]
    assert rig.board.closed and rig.adapter.faults.active == []


def test_the_least_that_is_offered_is_six_amperes():
    rig = Rig()
    rig.command(W.CMD_CONFIG, data={"max_current_ma": 10000})
    rig.board.current_ma = 9000
    rig.start()
    rig.board.temperature = 78000
    rig.run(100)
    assert rig.board.offered == 6000


def test_hot_the_vehicle_is_asked_and_far_too_hot_it_is_not():
    rig = charging()
    hears(rig)
    rig.board.temperature = 80500
    rig.run(2900)
    assert rig.board.closed and rig.board.offered == 0 and not rig.events(W.EV_FAULT)
    rig.run(200)
    assert stopped_by(rig, W.FAULT_OVER_TEMPERATURE)
    rig = charging()
    hears(rig)
    rig.board.temperature = 86000
    rig.run(100)
    assert stopped_by(rig, W.FAULT_OVER_TEMPERATURE)


def test_it_grows_far_too_hot_while_the_vehicle_is_still_being_asked():
    rig = charging()
    hears(rig)
    rig.board.temperature = 80500
    rig.run(500)
    rig.board.temperature = 86000
    rig.run(100)
    assert stopped_by(rig, W.FAULT_OVER_TEMPERATURE)


def test_a_frozen_meter():
    """Power by its own word, and the register stands still."""
    rig = charging()
    frozen = rig.board.counter_w_ms
    for _ in range(300):
        rig.board.counter_w_ms = frozen
        rig.run(100)
    assert stopped_by(rig, W.FAULT_METER)
    rig.run(61000)
    assert rig.adapter.faults.active == []


def test_a_little_power_moves_the_register_slowly_and_is_no_fault():
    rig = charging()
    rig.board.power_w, rig.board.current_ma = 150, 650
    rig.run(300000, 500)
    assert rig.board.closed


def test_energy_without_a_session_is_told_with_its_amount():
    rig = Rig()
    rig.run(5000)
    rig.board.counter_w_ms += 7 * 3600000
    rig.run(2000)
    fault = rig.events(W.EV_FAULT)[0]
    assert (fault["code"], fault["reason"]) == (W.FAULT_UNMETERED, "7 Wh")
    assert rig.grant() is None and rig.command(W.CMD_ACTIVATE, session="s1") == W.REFUSE_FAULT
    rig.run(615000, 500)
    assert rig.adapter.faults.active == []


def test_energy_that_flowed_while_the_device_was_without_power_is_told_too():
    rig = Rig()
    rig.board.keeps = True
    rig.start()
    rig.run(20000)
    rig.command(W.CMD_STOP)
    rig.run(5000)
    rig.board.counter_w_ms += 9 * 3600000
    rig.boot(forget=False)
    rig.run(5000)
    assert rig.events(W.EV_FAULT)[0]["reason"] == "9 Wh"


def test_noise_of_the_meter_is_no_energy_and_a_cut_in_mid_session_is_no_theft():
    rig = Rig()
    rig.board.keeps = True
    for _ in range(20):
        rig.board.counter_w_ms += 3600000
        rig.run(300000, 1000)
    assert rig.adapter.faults.active == []
    rig.start(end=rig.wall() + 600000, start=rig.wall())
    rig.run(30000)
    rig.boot(forget=False)
    rig.run(10000)
    assert rig.board.closed and not rig.events(W.EV_FAULT)


def test_a_brown_out_opens_the_relay_writes_down_and_goes_on_later():
    rig = charging()
    rig.run(10000)
    rig.board.supply_mv = lambda: 4300
    rig.run(100)
    assert not rig.board.closed and rig.events(W.EV_FAULT)[0]["code"] == W.FAULT_BROWN_OUT
    assert not rig.events(W.EV_STOPPED)
    count = len(rig.said("telemetry"))
    rig.boot()
    assert len(rig.said("telemetry")) == count and count >= 10
    assert rig.adapter.state() == W.STATE_FAULT
    rig.board.supply_mv = lambda: 4600
    rig.run(60000)
    assert not rig.board.closed
    rig.board.supply_mv = lambda: 5000
    rig.run(11000)
    assert rig.board.closed and rig.events(W.EV_CLEARED)[0]["code"] == W.FAULT_BROWN_OUT
    assert len(rig.events(W.EV_STARTED)) == 1


def test_weak_mains_are_a_brown_out_too():
    rig = charging()
    poll = rig.board.poll

    def weak():
        reading = poll()
        if reading:
            reading.voltage_mv = 60000
        return reading

    rig.board.poll = weak
    rig.adapter.meter = rig.board
    rig.run(3000)
    assert not rig.board.closed and rig.adapter.faults.active == [W.FAULT_BROWN_OUT]


def test_contacts_that_do_not_follow_the_coil():
    rig = Rig()
    rig.board.contact = lambda: rig.board.closed
    rig.start()
    rig.board.contact = lambda: True
    rig.command(W.CMD_STOP)
    rig.run(1200)
    assert rig.adapter.faults.active == [W.FAULT_STUCK_RELAY] and rig.grant(session="x") == W.REFUSE_FAULT


def test_faults_of_before_a_power_cut_are_told_to_be_cleared():
    rig = charging()
    rig.board.case_open = True
    rig.run(100)
    rig.boot()
    assert rig.adapter.state() == W.STATE_FAULT
    rig.board.case_open = False
    rig.run(6000)
    assert [event["code"] for event in rig.events(W.EV_CLEARED)] == [W.FAULT_TAMPER]
    assert len(rig.events(W.EV_FAULT)) == 1


def test_a_power_cut_while_the_vehicle_is_asked_because_of_a_fault():
    rig = charging()
    hears(rig)
    rig.board.temperature = 81000
    rig.run(500)
    rig.board.closed = False
    rig.board.temperature = 40000
    rig.boot()
    rig.run(15000)
    assert [event["code"] for event in rig.events(W.EV_FAULT)] == [W.FAULT_OVER_TEMPERATURE]
    assert rig.events(W.EV_STOPPED)[-1]["reason"] == W.STOP_FAULT
    assert [event["code"] for event in rig.events(W.EV_CLEARED)] == [W.FAULT_OVER_TEMPERATURE]
