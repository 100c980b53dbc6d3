"""Addresses of mail servers."""

import pytest

from saas.kit.smtp import Server, server_of

pytestmark = pytest.mark.req("MNT-01")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", Server("", 0, "", "", tls=False, starttls=False)),
        ("smtp://mail.example.com", Server("mail.example.com", 587, "", "", tls=False, starttls=True)),
        ("smtps://a%40b:p%2Fw@mx.example.com", Server("mx.example.com", 465, "a@b", "p/w", tls=True, starttls=False)),
        ("smtp://localhost:1025", Server("localhost", 1025, "", "", tls=False, starttls=False)),
    ],
)
def test_the_address_of_a_mail_server(url: str, server: Server) -> None:
    assert server_of(url) == server


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail.example.com", "smtp://"])
def test_what_is_no_address_of_a_mail_server(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        server_of(url)
