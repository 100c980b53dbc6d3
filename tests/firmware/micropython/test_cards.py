"""Cards at the reader."""

from firmware.app.words import W
from tests.firmware.micropython.kit import Rig, last_stop

REQ = ("DEV-03", "MKT-12")


def card(rig, uid="04a1b2c3"):
    import binascii

    rig.adapter.card(binascii.unhexlify(uid))
    rig.run(100)


def test_a_card_is_told_once_while_it_is_held():
    rig = Rig()
    signs = []
    rig.board.signal = signs.append
    for _ in range(50):
        card(rig)
    assert [event["id_tag"] for event in rig.events(W.EV_CARD)] == ["04A1B2C3"] and signs == ["heard"]
    rig.run(2000)
    card(rig)
    card(rig, "0411223344556677")
    assert len(rig.events(W.EV_CARD)) == 2  # the second one came too soon after the first
    rig.run(2000)
    card(rig, "0411223344556677")
    assert rig.events(W.EV_CARD)[-1]["id_tag"] == "0411223344556677"


def test_the_card_that_began_a_session_ends_it_and_no_other_does():
    for data in ({"id_tag": "04a1b2c3"}, {"id_tag": "04A1B2C3"}):
        rig = Rig()
        card(rig)
        rig.grant()
        assert rig.command(W.CMD_ACTIVATE, session="s1", data=data) is None
        rig.run(3000)
        card(rig, "0499")
        rig.run(3000)
        assert rig.board.closed
        rig.boot()
        rig.run(1000)
        card(rig)
        assert not rig.board.closed and last_stop(rig)["reason"] == W.STOP_LOCAL
        assert rig.events(W.EV_CARD)[-1]["session"] == "s1"


def test_a_card_does_not_end_a_session_that_it_did_not_begin():
    rig = Rig()
    card(rig)
    rig.start()
    rig.run(5000)
    card(rig)
    rig.run(1000)
    assert rig.board.closed


def test_a_card_that_was_refused_is_shown_to_be():
    rig = Rig()
    signs = []
    rig.board.signal = signs.append
    card(rig)
    assert rig.command(W.CMD_CONFIG, data={"card": "refused"}) is None
    assert rig.command(W.CMD_CONFIG, data={"card": "torn"}) == W.REFUSE_FORMAT
    assert signs == ["heard", "bad"]
