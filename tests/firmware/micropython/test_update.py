# ruff: noqa: UP031 - MicroPython
"""The update of the firmware, step by step, on the device's side."""

import json

from firmware.app.image import MAGIC, BadImage, Table, safe
from firmware.app.manifest import numbers
from firmware.app.rsa import verify
from firmware.app.updater import FETCH, PAUSE_MS, PROVE_MS, TRIES
from firmware.app.words import W
from tests.firmware.micropython.kit import T0, Rig

REQ = ("DEV-01",)
# Made once by firmware.signing, whose private key was thrown away.
MODULUS = (
    "b42cbdf770fd61b9695dec74c9524529fd56ecf4e613adff841de92ffacfab384cc41b6c35d86cdd31da5b1547fe5c3d"
    "bde8072c54029e4a814d900bd1c72b78bed7a2f8cb58fb9160ac772af66bc03fa04ee6fb0424b32688cdbcfea84fe018"
    "e7417e6e22e959feda24d86d6c11c0cd79dc93ec5c9e0315d08ed95e576d0ab3ee4e88c8aa801f0aa0d5290462b804c5"
    "9fae464912de1275454ee9dbe4331cf5665cc738bf04ffa281318158bacc2c425b1337530edae6e0e894441517e78fdc"
    "594cdad609459aac14330a10229156c8c6de9818e46e52d46b3584f4fe20600829bb6a14d1bdc8ff2346ffe65aa200c0"
    "eb47f7230f3a844a1e081dd673f45157"
)
SIG = (
    "9238ae11c986c254fbe69ef87b64392994f02213d0562b6f321e57c14a1398d05a10f308afcea9f3cee665de271c57ff"
    "b620c22528074186952b9d877248d586f7cb57c4dd14ad77fcf5a7688f26aedb444fb11f6ec59067f01b83c935a8f290"
    "8552dd36273ca688d06398aa8736c8d1947639b92258f4104e42f0a3734dca2cfc73095724ac2dae5b875359da217e22"
    "35caa23ab00d45f8e6fe5bd316aab5e3918ae7b84521000c27e9b360257200ed6a108cc332e5928791abe699efff288f"
    "6e341d4371c8646674584be55da089499b2ec855ca8e538785936e0dff4c62ec7f9abf078e18f2a1a1001071b2283325"
    "ce56fbb561cbb3357890ad03046c6e51"
)
DOWN_SIG = (
    "2ccc82edef95ec7af186881b061b7fc987f4034d1106862efdc97e166d7bdecdf20eec97aa779dd6bc958b5de6c88b90"
    "20f0873bf670c07e4d3225bc99ce64a882357a4df7155f6f60340313e55a040d7dce46ba36f81a36fe1b821ce3abdf14"
    "d2436f0e891c756188fe966f14c1718b408f87fd849db2f4d1945d86ae2bae6cec76bb31502178a2a829d3fa7efaec6f"
    "f23ad76df54c9f14374518d49a28ebfa25e9d0d7f7c7fa41fa5efe4d72b40b47fa92cc250228f9c4e16b80d1cdf618a7"
    "2f78f754945fd49bb0c0f86586cf73f7b0ad850d1632306b3b309c98ed5624418e2507e0efb98e74079a7535bb863ba8"
    "1640a751354150467a8e71c120e546a5"
)
FILES = (("firmware/x.py", b"X = 1\n"), ("firmware/y/z.py", b"Z = 2\n" * 5000))


def image(files=FILES, version="1.2.0"):
    """As firmware.image packs it."""
    from firmware.app.sign import sha256_hex

    rows = ",".join(['["%s",%d,"%s"]' % (name, len(data), sha256_hex(data)) for name, data in files])
    table = ('{"version":"%s","files":[%s]}' % (version, rows)).encode()
    return MAGIC + len(table).to_bytes(4, "big") + table + b"".join([data for _, data in files])


def manifest(**changes):
    data = {"version": "1.2.0", "url": "http://127.0.0.1/x.bin", "size": 30225, "sig": SIG}
    data["sha256"] = "e0d846f6ab221c849123061fe4160070365ad2a8544553aa5fe35076fb6064a8"
    data.update(changes)
    return data


def older(**changes):
    data = {"version": "1.0.5", "url": "http://127.0.0.1/y.bin", "size": 132, "sig": DOWN_SIG, "downgrade": True}
    data["sha256"] = "7383781440630b013ffd149bd15d1813f6d2ed7e2d8f971513e1647447564177"
    data.update(changes)
    return data


def device():
    rig = Rig(modulus=MODULUS)
    rig.files.content["a/version"] = b"1.1.0"
    return rig


def words(rig):
    return [body["reason"] for body in rig.said("event") if body.get("code") == W.NOTICE_OTA]


def fetch(rig, data, most=1000):
    """The network's side: until nothing is wanted."""
    updater, count = rig.adapter.updater, 0
    wanted = updater.want(rig.adapter.calm())
    while wanted and count < most:
        _, start, length = wanted
        updater.give(start, data[start : start + length])
        wanted, count = updater.want(rig.adapter.calm()), count + 1
    return count


def test_the_signature_is_that_of_the_platform_and_of_nothing_else():
    text = b"wattlane-firmware-v1|1.2.0|30225|e0d846f6ab221c849123061fe4160070365ad2a8544553aa5fe35076fb6064a8"
    assert verify(MODULUS, text, SIG)
    assert not verify(MODULUS, text + b" ", SIG) and not verify("", text, SIG)
    assert not verify(MODULUS, text, DOWN_SIG) and not verify(MODULUS, text, MODULUS)
    assert not verify(MODULUS, text, SIG[:-2]) and not verify(MODULUS, text, "zz" + SIG[2:])
    assert not verify(MODULUS, text, "00" * 256) and not verify(MODULUS, text, "%0512x" % 1)
    assert not verify(MODULUS[:128], text, SIG[:128])


def test_a_manifest_is_believed_only_as_it_was_signed():
    rig = device()
    for change in ({"version": "1.3.0"}, {"size": 7}, {"sha256": "0" * 64}, {"sig": "00"}, {"downgrade": True}):
        assert rig.command(W.CMD_OTA, data=manifest(**change)) == W.REFUSE_SIGNATURE, change
    for change in ({"version": "new"}, {"size": 0}, {"size": 1 << 40}, {"url": "ftp://x"}, {"url": "http://a b"},
                   {"url": "http://x\r\nHost: y"}, {"sha256": "0"}, {"sig": 7}, {"version": None}):  # fmt: skip
        assert rig.command(W.CMD_OTA, data=manifest(**change)) == W.REFUSE_FORMAT, change
    assert rig.command(W.CMD_OTA) == W.REFUSE_FORMAT
    assert Rig().command(W.CMD_OTA, data=manifest()) == W.REFUSE_SIGNATURE
    assert rig.command(W.CMD_OTA, data=manifest(url="https://elsewhere/z")) is None


def test_no_way_back_unless_that_is_signed():
    assert Rig(modulus=MODULUS, firmware="1.2.0").command(W.CMD_OTA, data=manifest()) == W.REFUSE_OLD
    assert Rig(modulus=MODULUS, firmware="1.10.0").command(W.CMD_OTA, data=manifest()) == W.REFUSE_OLD
    assert device().command(W.CMD_OTA, data=older()) is None
    assert device().command(W.CMD_OTA, data=older(downgrade=False)) == W.REFUSE_SIGNATURE
    assert Rig(modulus=MODULUS, firmware="1.0.5").command(W.CMD_OTA, data=older()) == W.REFUSE_OLD


def test_versions_are_compared_by_their_numbers():
    assert numbers("1.10.2") > numbers("1.9.9") and numbers("2") > numbers("1.9") and numbers("1.2-rc1.7") == [1, 2]
    assert numbers("x.1") == [] == numbers("")


def test_from_the_order_to_the_restart():
    rig = device()
    assert rig.command(W.CMD_OTA, data=manifest()) is None
    assert fetch(rig, image()) == -(-len(image()) // FETCH)
    rig.run(2000)
    files = rig.files.content
    assert files["b/firmware/x.py"] == b"X = 1\n" and files["b/firmware/y/z.py"] == b"Z = 2\n" * 5000
    assert files["b/version"] == b"1.2.0" and rig.adapter.updater.restart
    assert json.loads(files["slot.json"].decode()) == {"active": "b", "trial": True, "boots": 0, "why": ""}
    assert words(rig) == ["downloading", "verified", "installed"]


def updated():
    rig = device()
    rig.command(W.CMD_OTA, data=manifest())
    fetch(rig, image())
    rig.run(2000)
    rig.firmware = "1.2.0"
    rig.boot()
    return rig


def hear(rig):
    text = json.dumps({"v": 1, "boot": rig.boots, "seq": 1, "now_ms": rig.wall()})
    rig.uplink.received(rig.uplink.topic_ack, text.encode())


def test_the_new_one_is_kept_once_the_platform_has_heard_it():
    rig = updated()
    rig.run(30000)
    assert rig.adapter.updater.slots.on_trial and words(rig)[-1] == "installed"
    hear(rig)
    rig.run(1000)
    assert words(rig)[-1] == "healthy" and not rig.adapter.updater.slots.on_trial
    assert json.loads(rig.files.content["slot.json"].decode())["trial"] is False
    rig.boot()
    rig.run(PROVE_MS + 1000, 1000)
    assert not rig.adapter.updater.restart and words(rig).count("healthy") == 1
    assert "ota.json" not in rig.files.content and "ota.img" not in rig.files.content


def test_one_that_does_not_prove_itself_goes_back_and_says_so():
    rig = updated()
    rig.board.silent = True  # its meter does not read
    hear(rig)
    rig.run(PROVE_MS - 2000, 1000)
    assert not rig.adapter.updater.restart
    rig.run(3000, 1000)
    assert rig.adapter.updater.restart
    assert json.loads(rig.files.content["slot.json"].decode())["active"] == "a"
    rig.firmware, rig.board.silent = "1.1.0", False
    rig.boot()
    assert words(rig)[-1] == "rolled_back:unhealthy"
    rig.boot()
    rig.run(5000)
    assert words(rig).count("rolled_back:unhealthy") == 1 and not rig.adapter.updater.restart
    assert rig.command(W.CMD_OTA, data=manifest()) is None  # it may be tried again


def test_whoever_charges_while_a_new_one_fails_charges_to_the_end():
    rig = updated()
    start = rig.wall()
    rig.start(start=start, end=start + PROVE_MS + 60000)
    rig.run(PROVE_MS + 30000, 500)
    assert rig.board.closed and not rig.adapter.updater.restart
    rig.run(40000, 500)
    assert not rig.board.closed and rig.adapter.updater.restart


def test_nothing_is_fetched_or_installed_while_somebody_charges():
    rig = device()
    rig.command(W.CMD_OTA, data=manifest())
    assert fetch(rig, image(), most=1) == 1
    rig.start()
    assert fetch(rig, image()) == 0
    assert rig.command(W.CMD_OTA, data=older()) == W.REFUSE_BUSY
    rig.command(W.CMD_STOP)
    rig.run(1000)
    assert fetch(rig, image()) == 1
    rig.board.supply_mv = lambda: 4000
    rig.run(1000)
    assert words(rig) == ["downloading"]
    rig.board.supply_mv = lambda: 5000
    rig.run(12000)
    assert words(rig)[-1] == "installed"


def test_no_restart_while_somebody_may_come():
    rig = device()
    rig.grant(start=T0 + 60000, end=T0 + 120000)
    rig.command(W.CMD_OTA, data=manifest())
    fetch(rig, image())
    rig.run(60000)
    assert words(rig)[-1] == "installed" and not rig.adapter.updater.restart
    rig.run(70000)
    assert rig.adapter.updater.restart


def test_a_download_goes_on_where_it_was_also_over_a_power_cut():
    rig = device()
    rig.command(W.CMD_OTA, data=manifest())
    fetch(rig, image(), most=1)
    rig.boot()
    assert rig.adapter.updater.want(True)[1] == FETCH
    rig.adapter.updater.give(0, b"of another time")
    rig.adapter.updater.give(FETCH, b"")
    assert rig.adapter.updater.want(True)[1] == FETCH
    assert rig.command(W.CMD_OTA, data=manifest(url="http://elsewhere/x")) is None
    assert rig.adapter.updater.want(True)[0] == "http://elsewhere/x" and rig.adapter.updater.want(True)[1] == FETCH
    fetch(rig, image())
    rig.run(3000)
    assert words(rig)[-1] == "installed"


def test_wrong_bytes_are_fetched_once_more_and_then_given_up():
    rig = device()
    rig.command(W.CMD_OTA, data=manifest())
    wrong = bytearray(image())
    wrong[200] ^= 1
    fetch(rig, bytes(wrong))
    rig.run(1000)
    assert rig.adapter.updater.want(True)[1] == 0 and words(rig) == ["downloading"]
    fetch(rig, bytes(wrong))
    rig.run(1000)
    assert words(rig)[-1] == "failed:sha256" and rig.adapter.updater.want(True) is None
    assert "b/version" not in rig.files.content


def test_trouble_is_borne_with_growing_pauses_and_not_for_ever():
    rig = device()
    rig.command(W.CMD_OTA, data=manifest())
    pauses = []
    while rig.adapter.updater.want(True):
        rig.adapter.updater.trouble("http_404")
        began = rig.mono.ms()
        while not rig.adapter.updater.want(True) and rig.mono.ms() - began < 700000:
            rig.run(1000, 1000)
        pauses.append(rig.mono.ms() - began)
    assert pauses[0] == PAUSE_MS and pauses[1] == 2 * PAUSE_MS and len(pauses) == TRIES
    assert words(rig)[-1] == "failed:http_404"


def test_a_full_flash_is_told():
    rig = device()
    rig.command(W.CMD_OTA, data=manifest())

    def full(name, data):
        raise OSError(28)

    append, rig.files.append = rig.files.append, full
    rig.adapter.updater.give(0, b"x")
    rig.files.append = append
    rig.run(1000)
    assert words(rig)[-1] == "failed:flash_full"


def test_what_is_no_image_is_not_unpacked():
    assert Table(lambda start, length: image()[start : start + length]).version == "1.2.0"
    for data in (b"", b"WLFW1\n", b"x" * 100, MAGIC + b"\0\0\0\x02{}", MAGIC + b"\0\0\0\x05[[[[[",
                 image((("../main.py", b"x"),)), image((("/main.py", b"x"),)), image(())):  # fmt: skip
        try:
            Table(lambda start, length: data[start : start + length])  # noqa: B023
            raise AssertionError(data)
        except BadImage:
            pass
    assert safe("firmware/app/x.mpy") and not safe("a//b") and not safe("..") and not safe("")


def test_a_new_password_is_tried_and_the_old_one_holds_until_it_is_let_in():
    rig = Rig()
    credentials = rig.adapter.credentials
    old, new = credentials.current(), "n" * 24
    assert rig.command(W.CMD_CREDENTIAL, data={"secret": new}) is None
    assert credentials.reconnect
    assert credentials.current() == new and not credentials.reconnect
    rig.boot()
    assert rig.adapter.credentials.current() == new  # cut before the answer: tried again
    rig.uplink.connected(lambda topic, text, retain: True)
    assert [event["reason"] for event in rig.events(W.EV_NOTICE)] == ["accepted"]
    rig.boot()
    assert rig.adapter.credentials.current() == new != old


def test_a_new_password_that_is_refused_is_given_up_for_the_old_one():
    rig = Rig()
    rig.command(W.CMD_CREDENTIAL, data={"secret": "n" * 24})
    tried = []
    for _ in range(8):
        tried.append(rig.adapter.credentials.current())
        if tried[-1].startswith("nnn"):
            rig.uplink.denied()
        else:
            rig.uplink.connected(lambda topic, text, retain: True)
            rig.uplink.disconnected()
    old = "the secret of the bench"
    assert tried == ["n" * 24, old] * 3 + [old] * 2
    assert [event["reason"] for event in rig.events(W.EV_NOTICE)] == ["refused"]
    rig.boot()
    assert rig.adapter.credentials.current() == old


def test_what_is_no_password_is_refused():
    for secret in ("short", "with a blank in the middle", None, 7, "x" * 65, "\u00e4" * 20):
        assert Rig().command(W.CMD_CREDENTIAL, data={"secret": secret}) == W.REFUSE_FORMAT
    assert Rig().command(W.CMD_CREDENTIAL) == W.REFUSE_FORMAT


def test_no_password_is_ever_said():
    rig = Rig()
    rig.command(W.CMD_CREDENTIAL, data={"secret": "n" * 24})
    rig.adapter.credentials.current()
    rig.uplink.connected(lambda topic, text, retain: True)
    assert "nnnn" not in json.dumps(rig.sent) and "nnnn" not in rig.files.content["state.json"].decode()
