# ruff: noqa: UP031 - MicroPython
"""Identity, the page by which it is set up, and how the platform gets to know it."""

import json

from firmware.app.identity import ALPHABET, Identity, code, known, make
from firmware.app.network import Network, problem
from firmware.net.enrol import AGAIN_MS, FIRST_MS, LONGEST_MS, Enrolment
from firmware.net.portal import DONE, FAILED, TRYING, Portal, complete, escape, fields, name_answer
from tests.firmware.micropython.kit import MemoryFiles

REQ = ("DEV-01",)


class Dice:
    """Random bytes that can be told beforehand."""

    def __init__(self):
        self.value = 0

    def __call__(self, count):
        self.value += 1
        return bytes([(self.value * 37 + index * 11) % 256 for index in range(count)])


def test_identity_is_made_once_and_kept():
    files = MemoryFiles()
    assert known(files) is None
    made = make(files, Dice())
    again = known(files)
    for name in ("device", "secret", "key_hex", "claim", "hotspot"):
        assert getattr(made, name) == getattr(again, name)
    assert made.device.startswith("ad_") and len(made.device) == 19 and len(made.key) == 32
    assert len(made.claim) == 8 and not [1 for character in made.claim if character not in ALPHABET]
    assert len(made.hotspot) == 10 and len(made.secret) == 40


def test_the_label_says_what_a_person_needs_and_no_more():
    made = make(MemoryFiles(), Dice())
    label = made.label()
    assert "WL:" + made.device + ":" + made.claim in label and made.hotspot in label and made.network() in label
    assert made.secret not in label and made.key_hex not in label


def test_the_letters_of_a_code_are_equally_likely_and_none_looks_like_another():
    for character in "01ILOU":
        assert character not in ALPHABET or character == "U"
    every = [index % 256 for index in range(256)]
    text = code(240, lambda count: bytes([every.pop(0)]))
    assert [text.count(character) for character in ALPHABET] == [240 // len(ALPHABET)] * len(ALPHABET)


def test_what_is_sent_to_the_platform():
    made = make(MemoryFiles(), Dice())
    body = json.loads(made.enrolment("1.1.0", "adapter-a").decode())
    assert sorted(body) == ["claim", "device", "fw", "hardware", "permit_key", "secret"]
    assert body["permit_key"] == made.key_hex and body["hardware"] == "adapter-a"


def test_it_enrols_whenever_the_broker_does_not_know_it():
    enrolment = Enrolment(make(MemoryFiles(), Dice()), "https://wattlane.example/")
    assert not enrolment.due(0)
    enrolment.refused()
    assert enrolment.due(0)
    assert enrolment.request("1", "x")[0] == "https://wattlane.example/api/v1/devices/enrol"
    pauses, now = [], 0
    for status in (None, 500, 429, 422, None, None, None, None, None, None):
        enrolment.answered(status, now)
        before = now
        while not enrolment.due(now):
            now += 1000
        pauses.append(now - before)
    assert pauses[:4] == [FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS, 8 * FIRST_MS] and pauses[-1] == LONGEST_MS
    for status in (200, 409):
        enrolment.answered(status, now)
        assert not enrolment.due(now + AGAIN_MS - 1) and enrolment.due(now + AGAIN_MS)
    enrolment.accepted()
    assert not enrolment.due(now + 2 * AGAIN_MS)


def test_one_that_was_set_up_by_hand_does_not_enrol():
    enrolment = Enrolment(Identity({"device": "d", "secret": "s", "key_hex": "00"}), "https://x")
    enrolment.refused()
    assert not enrolment.due(0)


def get(portal, path="/"):
    return portal.answer(("GET %s HTTP/1.1\r\nHost: anything\r\n\r\n" % path).encode()).decode()


def post(portal, body):
    return portal.answer(("POST /save HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)).encode()).decode()


def test_the_page_lists_the_networks_and_takes_one():
    portal = Portal("ad_0011", ["home", "<script>alert(1)</script>"])
    page = get(portal)
    assert page.startswith("HTTP/1.1 200") and '<option value="home">' in page and "<script>" not in page
    assert "&lt;script&gt;" in page and 'type="password"' in page and "ad_0011" in page
    answer = post(portal, "name=home&other=&password=a%26b+c%2Bd%C3%A4")
    assert (
        answer.startswith("HTTP/1.1 303") and portal.candidate == ("home", "a&b c+d\u00e4") and portal.state == TRYING
    )
    assert "Trying to connect to <b>home</b>" in get(portal) and 'http-equiv="refresh"' in get(portal)
    post(portal, "name=other&password=12345678")
    assert portal.candidate[0] == "home"  # one at a time
    portal.tried("wrong_password")
    page = get(portal)
    assert portal.state == FAILED and "did not take the password" in page and " selected" in page and "a&" not in page
    post(portal, "name=&other=hidden+one&password=")
    assert portal.candidate == ("hidden one", "")
    portal.tried(None)
    assert portal.state == DONE and "Connected to <b>hidden one</b>" in get(portal)


def test_what_cannot_be_right_is_said_at_once():
    portal = Portal("d", [])
    for body in ("", "name=x&password=short", "name=&other=", "other=" + "x" * 33, "name=x&password=" + "y" * 64, "%"):
        post(portal, body)
        assert portal.candidate is None and 'role="alert"' in get(portal), body
    assert problem("x", "") is None and problem("x", "a" * 64) is None and problem("x", "12345678") is None


def test_every_question_of_a_telephone_leads_to_the_page():
    portal = Portal("d", [])
    for path in ("/generate_204", "/hotspot-detect.html", "/connecttest.txt", "/favicon.ico"):
        assert "302 Found" in get(portal, path) and "Location: http://192.168.4.1/" in get(portal, path)
    for request in (b"", b"\xff\xfe\r\n\r\n", b"PUT / HTTP/1.1\r\n\r\n", b"GET /\r\n\r\n"):
        assert portal.answer(request).startswith(b"HTTP/1.1 405")


def test_a_request_is_whole_when_its_body_is():
    head = b"POST /save HTTP/1.1\r\ncontent-length: 5\r\n\r\n"
    assert not complete(b"GET / HT") and complete(b"GET / HTTP/1.1\r\n\r\n")
    assert not complete(head + b"1234") and complete(head + b"12345") and complete(b"x" * 5000)
    assert complete(b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n")


def test_forms_and_escapes():
    assert fields(b"a=1&b=%zz&c=%ff&d") == {"a": "1", "b": "%zz", "c": "", "d": ""}
    assert escape("<a href='x'>\"&") == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;"


def question(name, kind=1):
    labels = b"".join([bytes([len(part)]) + part for part in name.split(b".")])
    return b"\x12\x34\x01\x00\0\1\0\0\0\0\0\0" + labels + b"\0" + bytes([0, kind]) + b"\0\1"


def test_every_name_is_here():
    asked = question(b"connectivitycheck.gstatic.com")
    answer = name_answer(asked)
    assert answer[:2] == b"\x12\x34" and answer[2] & 0x80 and answer[6:8] == b"\0\1"
    assert answer[12 : len(asked)] == asked[12:] and answer[-4:] == bytes([192, 168, 4, 1])
    other = name_answer(question(b"example.org", 28))
    assert other[6:8] == b"\0\0" and len(other) == len(question(b"example.org"))
    for wrong in (b"", b"x" * 12, asked[:20], asked[:2] + b"\x80" + asked[3:], asked[:12] + b"\x3f" + asked[13:]):
        assert name_answer(wrong) is None


def test_the_network_is_kept_and_a_torn_file_means_none():
    files = MemoryFiles()
    assert Network(files).name == ""
    Network(files).save("home", "passpass")
    assert (Network(files).name, Network(files).password) == ("home", "passpass")
    files.content["wifi.json"] = files.content["wifi.json"][:-5]
    assert Network(files).name == ""
