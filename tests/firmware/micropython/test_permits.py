import binascii
import json

from firmware.app.permit import Permit
from firmware.app.refused import Refused
from firmware.app.sign import code_hash, hmac_hex, same
from firmware.app.words import W
from tests.firmware.micropython.kit import CODE, HOUR, KEY, ROOT, T0, Rig, permit, refusal

REQ = ("DEV-03", "MKT-10")
GOLDEN_KEY = b"golden-key-golden-key-golden-key"


def golden():
    with open(ROOT + "/saas/contracts/telemetry/examples/cmd.json") as file:
        return json.load(file)["permit"]


def test_hmac_is_that_of_rfc_4231():
    assert hmac_hex(b"\x0b" * 20, "Hi There").startswith("b0344c61d8db38535ca8afceaf0bf12b")
    assert hmac_hex(b"Jefe", "what do ya want for nothing?").startswith("5bdcc146bf60754e6a042426089575c7")
    long_key = hmac_hex(b"\xaa" * 131, "Test Using Larger Than Block-Size Key - Hash Key First")
    assert binascii.unhexlify(long_key)[:4] == binascii.unhexlify("60e43159")


def test_same_compares_whole_texts():
    assert same("abc", "abc")
    assert not same("abc", "abd") and not same("abc", "ab") and not same("", "a")


def test_the_golden_permit_is_genuine_and_its_code_is_right():
    data = golden()
    Permit(data).verify("ad_golden", GOLDEN_KEY)
    assert code_hash(data["session"], "482913") == data["code_hash"]


def test_a_permit_of_another_device_or_changed_in_any_field_is_no_permit():
    for name in W.PERMIT_FIELDS:
        data = golden()
        data[name] = data[name] + 1 if isinstance(data[name], int) else data[name][:-1] + "x"
        assert signature_refusal(data, "ad_golden") == W.REFUSE_SIGNATURE, name
    assert signature_refusal(golden(), "ad_other") == W.REFUSE_SIGNATURE


def signature_refusal(data, device):
    try:
        Permit(data).verify(device, GOLDEN_KEY)
    except Refused as error:
        return error.reason
    return None


def test_fields_must_be_there_and_of_their_type():
    for name in permit():
        for wrong in (None, [], 1.5, True, -1, "x" * 65):
            data = permit()
            data[name] = wrong
            assert refusal(data) == W.REFUSE_FORMAT, (name, wrong)
        data = permit()
        del data[name]
        assert refusal(data) == W.REFUSE_FORMAT, name
    assert refusal(permit(start=T0, end=T0)) == W.REFUSE_FORMAT


def test_each_refusal_has_its_name():
    rig = Rig()
    assert rig.grant(key=b"another key") == W.REFUSE_SIGNATURE
    assert rig.grant(start=T0 - HOUR, end=T0 - 1) == W.REFUSE_EXPIRED
    assert rig.command(W.CMD_PERMIT, permit={"session": "s1"}) == W.REFUSE_FORMAT
    assert rig.command(W.CMD_PERMIT) == W.REFUSE_FORMAT
    assert rig.grant() is None
    assert rig.grant() == W.REFUSE_REPLAYED
    reasons = [event["reason"] for event in rig.events(W.EV_REFUSED)]
    assert reasons == [W.REFUSE_SIGNATURE, W.REFUSE_EXPIRED, W.REFUSE_REPLAYED]
    assert len(rig.events(W.EV_PERMIT)) == 1


def test_without_a_trusted_clock_nothing_is_granted():
    rig = Rig(clock=False)
    assert rig.grant() == W.REFUSE_CLOCK
    rig.adapter.clock.set(rig.wall())
    assert rig.grant() is None


def test_nonces_outlive_a_restart():
    rig = Rig()
    assert rig.grant() is None
    assert rig.command(W.CMD_STOP, session="s1") is None
    rig.boot()
    assert rig.grant() == W.REFUSE_REPLAYED


def test_sixteen_future_permits_are_held_and_survive_a_restart():
    rig = Rig()
    for number in range(16):
        assert rig.grant(session=f"s{number}", start=T0 + HOUR, end=T0 + 2 * HOUR) is None
    assert rig.grant(session="one-more") == W.REFUSE_BUSY
    rig.boot()
    assert len(rig.adapter.memory.permits) == 16


def test_permits_that_are_over_make_room():
    rig = Rig()
    for number in range(16):
        assert rig.grant(session=f"s{number}", end=T0 + 60000) is None
    rig.mono.value += 61000
    assert rig.grant(session="next") is None
    assert [held.session for held in rig.adapter.memory.permits] == ["next"]


def test_activation_only_inside_the_period():
    rig = Rig()
    rig.grant(session="later", start=T0 + 60000)
    rig.grant(session="soon-over", end=T0 + 30000)
    assert rig.command(W.CMD_ACTIVATE, session="later") == W.REFUSE_EARLY
    assert rig.adapter.type_code("000000") == W.REFUSE_CODE
    rig.mono.value += 40000
    assert rig.command(W.CMD_ACTIVATE, session="soon-over") == W.REFUSE_EXPIRED
    assert rig.command(W.CMD_ACTIVATE, session="never-heard") == W.REFUSE_UNKNOWN
    assert not rig.board.closed


def test_the_typed_code_starts_the_session_without_any_network():
    rig = Rig()
    rig.grant()
    rig.run(1000)
    assert rig.adapter.type_code(CODE) is None
    rig.run(200)
    assert rig.board.closed
    assert rig.events(W.EV_PRESENCE)[0]["method"] == "code"
    assert rig.events(W.EV_STARTED)[0]["session"] == "s1"


def test_the_code_too_early_or_too_late_is_refused_by_name():
    rig = Rig()
    rig.grant(start=T0 + 60000, end=T0 + 120000)
    assert rig.adapter.type_code(CODE) == W.REFUSE_EARLY
    rig.mono.value += 130000
    assert rig.adapter.type_code(CODE) == W.REFUSE_EXPIRED


def test_five_wrong_codes_lock_the_keypad_for_five_minutes_also_over_a_restart():
    rig = Rig()
    rig.grant()
    for _ in range(5):
        assert rig.adapter.type_code("111111") == W.REFUSE_CODE
    assert rig.adapter.type_code(CODE) == W.REFUSE_LOCKED
    rig.boot()
    rig.run(299000, 1000)
    assert rig.adapter.type_code(CODE) == W.REFUSE_LOCKED
    rig.run(2000, 1000)
    assert rig.adapter.type_code(CODE) is None


def test_whoever_types_on_at_a_locked_keypad_does_not_fill_the_flash():
    rig = Rig()
    rig.grant()
    for _ in range(50):
        rig.adapter.type_code("111111")
    assert len(rig.events(W.EV_REFUSED)) == 6


def test_what_is_no_code_is_a_wrong_code():
    rig = Rig()
    rig.grant()
    for text in ("", "48291", "4829131", "48291x"):
        assert rig.adapter.type_code(text) == W.REFUSE_CODE


def test_the_key_never_leaves_the_device():
    rig = Rig()
    rig.start()
    assert not [1 for content in rig.files.content.values() if KEY in content]
