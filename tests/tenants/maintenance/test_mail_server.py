"""Mails to a real SMTP server: one that is well, away, choosy, slow, or that dies at the wrong moment."""

import asyncio
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tenants.accounts.models import User
from tenants.maintenance import tasks
from tenants.maintenance.actions import deciding, orders
from tenants.maintenance.actions.escalating import ATTEMPTS, ATTEMPTS_REFUSED
from tenants.maintenance.actions.settings import add_rule
from tenants.maintenance.models import Notice
from tests import builders
from tests.builders import NOW

from .story import Unit, later

pytestmark = [pytest.mark.django_db, pytest.mark.req("MNT-01"), pytest.mark.usefixtures("ampere")]
PATIENCE_S = 0.5


class Peer:
    """A mail server. `answers`: to the next mails, else 250; `unknown`: addresses that it does not take."""

    def __init__(self, port: int) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str] = []
        self.unknown: set[str] = set()
        self.slow = ""  # accepts, and answers too late: to `DATA` or to `QUIT`
        self.controller = Controller(self, hostname="127.0.0.1", port=port)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        if self.slow == "DATA":
            await asyncio.sleep(2 * PATIENCE_S)
        return answer

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.slow == "QUIT":
            await asyncio.sleep(2 * PATIENCE_S)
        return "221 Bye"

    @property
    def names(self) -> list[str]:
        """The Message-IDs of what came."""
        return [str(message["Message-ID"]) for message in self.mails]


@pytest.fixture
def port(settings: Any) -> int:
    """Where the product looks for its mail server; nobody listens there yet."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", number, PATIENCE_S
    return number


@pytest.fixture
def peer(port: int) -> Iterator[Peer]:
    made = Peer(port)
    made.controller.start()
    yield made
    made.controller.stop()


@pytest.fixture
def boss() -> User:
    boss = builders.person("boss", "operator")
    add_rule(after_minutes=0, severity="info", role="operator", by=boss, now=NOW)
    return boss


def text_of(message: EmailMessage) -> str:
    """What people read who see no pages."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def broken(count: int = 1) -> list[Unit]:
    """Alerts that somebody is to be written to about."""
    units = [Unit() for _ in range(count)]
    for unit in units:
        unit.breaks()
    tasks.watch(NOW)
    return units


def test_what_the_mail_says(peer: Peer, boss: User) -> None:
    (unit,) = broken()
    assert tasks.mails(NOW) == 1
    (message,) = peer.mails
    assert message["To"] == boss.email and "ampere" in str(message["From"])
    assert message["Subject"] == "Critical: Too much current · Charger in the yard/1"
    page = message.get_body(("html",))
    lines = [line for line in text_of(message).splitlines() if line]
    assert lines[0] == "Critical: Too much current at Charger in the yard/1."
    assert lines[1].endswith("seen 1 times. Nobody has acknowledged it yet.")
    assert lines[2:6] == [
        "Code: CX004",
        "What to do first:",
        "1. Take it out of use from here. Do not restart it: somebody must look at it first.",
        "2. Ask on site whether breaker and earth-fault switch are on; switch them on once only.",
    ]
    assert (
        lines[6].endswith(f"/maintenance/alerts/{unit.alert.uid}/")
        and page is not None
        and lines[6] in page.get_content()
    )


@pytest.mark.req("MNT-05")
def test_what_the_mail_of_a_job_says(peer: Peer) -> None:
    boss, crew = builders.person("boss", "operator"), builders.person("crew", "technician")
    (unit,) = broken()
    order = orders.order_for_alert(alert=unit.alert, job=None, by=boss, now=NOW)
    orders.step(order=order, verb="assign", by=boss, assignee=crew, now=NOW)
    assert tasks.mails(NOW) == 1
    (message,) = peer.mails
    assert "Bring: clamp meter, fuses." in text_of(message)
    assert f"/jobs/{order.uid}/" in text_of(message) and "Secret street" not in message.as_string()


def test_a_server_that_is_away_loses_nothing_and_gets_each_mail_once(port: int, boss: User) -> None:
    broken(3)
    assert tasks.mails(NOW) == 0
    rows = list(Notice.objects.order_by("pk"))
    assert [row.attempts for row in rows] == [1, 0, 0], "the round ends: the others need not wait for the same"
    assert "refused" in rows[0].error.lower()
    peer = Peer(port)
    peer.controller.start()
    try:
        assert [tasks.mails(later(minute)) for minute in (1, 2, 3, 9)] == [2, 1, 0, 0]
    finally:
        peer.controller.stop()
    assert len(peer.mails) == len(set(peer.names)) == 3
    assert set(Notice.objects.values_list("error", flat=True)) == {""}


@pytest.mark.slow
def test_three_days_of_silence_are_waited_for(port: int, boss: User) -> None:
    broken()
    moment, tried = NOW, 0
    while (row := Notice.objects.get()).attempts < ATTEMPTS:
        assert tasks.mails(moment) == 0
        tried, moment = tried + 1, Notice.objects.get().next_at
    assert tried == ATTEMPTS and (row.next_at - NOW).days >= 2


@pytest.mark.slow
def test_not_now_is_tried_again_and_never_is_given_up_without_harm_to_others(peer: Peer, boss: User) -> None:
    other = builders.person("other", "operator")
    peer.unknown, peer.answers = {other.email}, ["451 4.3.0 Try again later"]
    broken()
    assert tasks.mails(NOW) == 0, "one is told to wait, one is not taken at all"
    assert tasks.mails(later(2)) == 1
    assert [message["To"] for message in peer.mails] == [boss.email]
    for hour in range(1, 12):
        tasks.mails(later(60 * hour))
    row = Notice.objects.get(to=other)
    assert (row.sent_at, row.attempts, "No such user" in row.error) == (None, ATTEMPTS, True)
    assert len(peer.mails) == 1 and ATTEMPTS_REFUSED < 12


def test_an_address_that_is_none_stops_nobody(peer: Peer, boss: User) -> None:
    User.objects.filter(pk=builders.person("odd", "operator").pk).update(email="odd\n@x")
    broken()
    assert tasks.mails(NOW) == 1 and [message["To"] for message in peer.mails] == [boss.email]


@pytest.mark.slow
def test_an_answer_that_is_lost_brings_the_mail_twice_under_one_name(peer: Peer, boss: User) -> None:
    broken()
    peer.slow = "DATA"
    assert tasks.mails(NOW) == 0 and len(peer.mails) == 1, "the server has it, and nobody knows"
    peer.slow = ""
    assert tasks.mails(later(2)) == 1
    assert len(peer.mails) == 2 and len(set(peer.names)) == 1


@pytest.mark.slow
def test_trouble_while_hanging_up_sends_nothing_twice(peer: Peer, boss: User) -> None:
    broken()
    peer.slow = "QUIT"
    assert (tasks.mails(NOW), tasks.mails(later(2)), len(peer.mails)) == (1, 0, 1)


def test_a_process_that_dies_before_its_commit_sends_under_the_same_name(
    peer: Peer, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken()

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Notice, "save", dies)
        with pytest.raises(KeyboardInterrupt):
            tasks.mails(NOW)
    assert Notice.objects.get().sent_at is None
    assert tasks.mails(NOW) == 1
    assert len(peer.mails) == 2 and len(set(peer.names)) == 1


@pytest.mark.slow
def test_a_mail_that_goes_out_late_says_how_it_stands_then(port: int, boss: User) -> None:
    first, second = broken(2)
    assert tasks.mails(NOW) == 0
    first.recovers(now=later(5))
    deciding.acknowledge(alerts=[second.alert], by=boss, now=later(5))
    peer = Peer(port)
    peer.controller.start()
    try:
        assert tasks.mails(later(10)) == 2
    finally:
        peer.controller.stop()
    over, known = sorted((text_of(message) for message in peer.mails), key=lambda text: "over since" not in text)
    assert "over since" in over and "What to do first" not in over
    assert f"Acknowledged by {boss}." in known


@pytest.mark.slow
def test_no_mail_goes_unencrypted_where_encryption_is_asked_for(peer: Peer, boss: User, settings: Any) -> None:
    settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = True, "us", "secret"
    broken()
    assert tasks.mails(NOW) == 0 and peer.mails == []
    assert "STARTTLS" in Notice.objects.get().error
