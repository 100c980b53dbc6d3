"""Every word of the vocabulary has a title in plain words and says what to do."""

import re
from collections.abc import Iterator

import pytest

from saas.contracts import advice, faults
from saas.contracts.faults import Fault
from tenants.maintenance import fault_words
from tenants.maintenance.fault_words import BRING, CODES, FIRST, ON_SITE, TITLES, raw_word, title_of, todo

pytestmark = [pytest.mark.req("MNT-01", "MNT-05")]
RAW = re.compile(r"[a-z][A-Z]|[_.:]|CX\d")  # how machines write: two words in one


def vocabulary() -> Iterator[tuple[str, Fault]]:
    """Each word that a device or the platform can say, as an alert has it, and what it means."""
    for table in (faults.OCPP16, faults.STATUSES, faults.SECURITY, faults.STOPS, faults.ADAPTER, faults.PLATFORM):
        yield from ((code, fault) for code, fault in table.items() if fault is not None)
    for (component, variable), fault in faults.EVENTS.items():
        yield f"{component or 'SomethingNew'}.{variable}.2", fault
    for (vendor, code), mrec in faults.VENDORS.items():
        yield f"{vendor}:{code}", faults.MREC[mrec].fault(mrec)


WORDS = list(vocabulary())


def test_the_whole_vocabulary_is_walked() -> None:
    assert len(WORDS) > 150
    assert set(advice.BY_MREC) == set(TITLES) == {*faults.MREC, faults.OTHER}


@pytest.mark.parametrize(("code", "fault"), WORDS, ids=[code for code, _ in WORDS])
def test_a_word_has_a_title_for_people_and_something_to_do(code: str, fault: Fault) -> None:
    title, found = title_of(code, fault.mrec), todo(code, fault.mrec)
    bare = title.removeprefix("Stopped: ").replace("hot: ", "").replace("inside: ", "")
    bare = bare.replace("Warm: ", "").replace("monitor: ", "")
    assert title[0].isupper() and not RAW.search(bare), title
    assert found.first and all(step.text.endswith(".") for step in [*found.first, *found.on_site])
    assert found.on_site or not found.bring, "tools are brought for a work"
    assert title_of(f"warning:{code}", fault.mrec) == f"Warning: {title}"
    assert todo(f"warning:{code}", fault.mrec) == found


def test_every_text_is_said_somewhere_and_every_word_of_a_table_is_in_the_vocabulary() -> None:
    rows = [*advice.BY_MREC.values(), *advice.BY_CODE.values()]
    for kind, words in (("first", FIRST), ("on_site", ON_SITE), ("bring", BRING)):
        assert {code for row in rows for code in getattr(row, kind)} == set(words), kind
    known = {advice.word_of(code) for code, _ in WORDS}
    assert set(advice.BY_CODE) <= known and set(CODES) <= known


@pytest.mark.parametrize("code", ["CX002", "CX004", "CX005", "CX017", "CX022", "CX024", "CX026"])
def test_nobody_restarts_what_may_be_live(code: str) -> None:
    first = [step.code for step in todo("x", code).first]
    assert first[0] == "keep_off" and "restart" not in first


@pytest.mark.parametrize(
    ("code", "mrec", "title", "first"),
    [
        ("GroundFailure", "CX002", "Earth-fault protection has tripped", "keep_off"),
        ("EVCommunicationError", "CX010", "Charger and vehicle do not understand each other", "replug"),
        ("ReaderFailure", "OtherError", "Card reader fails", "access"),
        ("TokenReader.Problem.2", "OtherError", "Card reader fails", "access"),
        ("Volta:E17", "CX017", "Contactor does not open or close", "keep_off"),
        ("Volta:E99", "OtherError", "Fault without a name", "logs"),
        ("InternalError", "CX012", "Internal fault of the charger", "restart"),
        ("site_offline", "CX013", "Many chargers of the site are not connected", "power_cut"),
        ("offline", "CX013", "Not connected", "network"),
    ],
)
def test_titles_and_first_steps(code: str, mrec: str, title: str, first: str) -> None:
    assert (title_of(code, mrec), todo(code, mrec).first[0].code) == (title, first)


def test_the_raw_word_stands_beside_the_title_where_it_is_not_ours() -> None:
    assert raw_word("GroundFailure") == raw_word("warning:GroundFailure") == "GroundFailure"
    assert raw_word("Volta:E17") == "Volta:E17"
    assert raw_word("offline") == raw_word("over_current") == ""


def test_a_mistake_of_a_table_is_found_here() -> None:
    assert RAW.search("GroundFailure") and RAW.search("over_current") and not RAW.search("Plug is not in its holder")
    assert fault_words.NAMELESS in TITLES.values()
