"""Before the relay opens, the vehicle is asked to stop drawing."""

from firmware.app.words import W
from tests.firmware.micropython.kit import T0, Rig, last_stop

REQ = ("DEV-03",)


class Vehicle:
    """Makes the bench hear the pilot: it stops drawing so many ms after it was asked to."""

    def __init__(self, rig, after_ms):
        self.rig = rig
        rig.board.has_pilot = lambda: True
        self.after_ms = after_ms
        self.opened_with_ma = []
        self.asked_ms = None
        rig.board.offer = self.offer
        self.open_relay = rig.board.open_relay
        rig.board.open_relay = self.opened

    def offer(self, current_ma):
        self.rig.board.offered = current_ma
        self.asked_ms = self.rig.mono.ms() if not current_ma else None

    def opened(self):
        if self.rig.board.closed:
            self.opened_with_ma.append(self.rig.board.current_ma)
        self.open_relay()

    def run(self, ms):
        for _ in range(ms // 100):
            board, asked = self.rig.board, self.asked_ms
            if board.closed and asked is not None and self.rig.mono.ms() - asked >= self.after_ms:
                board.current_ma, board.power_w = 100, 20
            self.rig.run(100)


def easing(after_ms=1500, **fields):
    rig = Rig()
    vehicle = Vehicle(rig, after_ms)
    rig.start(**fields)
    return rig, vehicle


def test_the_vehicle_is_asked_first_and_the_relay_breaks_no_load():
    rig, vehicle = easing()
    rig.command(W.CMD_STOP)
    assert rig.board.closed and rig.board.offered == 0 and not rig.events(W.EV_STOPPED)
    vehicle.run(2700)
    assert not rig.board.closed and vehicle.opened_with_ma == [100]
    assert last_stop(rig)["reason"] == W.STOP_REMOTE


def test_a_vehicle_that_does_not_listen_has_three_seconds():
    rig, vehicle = easing(after_ms=99999)
    rig.command(W.CMD_STOP)
    vehicle.run(2900)
    assert rig.board.closed
    vehicle.run(200)
    assert not rig.board.closed and last_stop(rig)["reason"] == W.STOP_REMOTE


def test_the_paid_end_is_on_time_and_without_a_load():
    rig, vehicle = easing(end=T0 + 60000)
    while rig.wall() < T0 + 59800:
        vehicle.run(100)
        assert rig.board.closed
    assert rig.board.offered == 0
    vehicle.run(300)
    assert not rig.board.closed and vehicle.opened_with_ma == [100]
    assert last_stop(rig)["reason"] == W.STOP_TIME


def test_an_extension_in_the_last_seconds_lets_the_vehicle_go_on():
    rig, vehicle = easing(after_ms=99999, end=T0 + 60000)
    vehicle.run(56000)
    assert rig.board.offered == 0
    assert rig.grant(end=T0 + 90000) is None
    assert rig.board.offered == 32000
    vehicle.run(20000)
    assert rig.board.closed and rig.board.offered == 32000


def test_the_paid_energy_is_not_exceeded_by_a_vehicle_that_stops():
    rig, vehicle = easing(after_ms=700, energy_wh=20)
    vehicle.run(20000)
    assert last_stop(rig)["reason"] == W.STOP_ENERGY and vehicle.opened_with_ma == [100]
    assert 17 <= last_stop(rig)["energy_wh"] - rig.events(W.EV_STARTED)[0]["energy_wh"] <= 20


def test_a_power_cut_while_the_vehicle_is_stopping_does_not_bring_the_session_back():
    rig, vehicle = easing(after_ms=99999)
    rig.command(W.CMD_STOP)
    vehicle.run(500)
    rig.board.closed = False
    rig.boot()
    vehicle.run(3000)
    assert not rig.board.closed and last_stop(rig)["reason"] == W.STOP_REMOTE
    assert rig.command(W.CMD_ACTIVATE, session="s1") == W.REFUSE_UNKNOWN


def test_power_waits_until_the_vehicle_asks_and_rests_while_it_does_not():
    """IEC 61851-1: the contacts close in state C only; the vehicle asks once it is told how much there is."""
    rig = Rig()
    asking = [False]
    rig.board.asks = lambda: asking[0]
    rig.grant(end=T0 + 300000)
    assert rig.command(W.CMD_ACTIVATE, session="s1") is None
    rig.run(3000)
    assert rig.board.offered == 32000 and not rig.board.closed and not rig.events(W.EV_STARTED)
    asking[0] = True
    rig.run(200)
    assert rig.board.closed and len(rig.events(W.EV_STARTED)) == 1
    asking[0] = False
    rig.run(5000)
    assert not rig.board.closed and rig.board.offered == 32000 and not rig.events(W.EV_STOPPED)
    asking[0] = True
    rig.run(200)
    assert rig.board.closed
    asking[0] = False
    rig.run(300000, 500)
    assert last_stop(rig)["reason"] == W.STOP_TIME and rig.board.offered == 0
