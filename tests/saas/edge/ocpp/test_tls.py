"""Security profiles 2 and 3 on the wire: TLS, its ciphers, client certificates."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from saas.contracts import rpc
from saas.edge.ocpp import tls
from saas.kit.pki import Authority

from .fakes import House, opened, play
from .stations import ask, basic

pytestmark = pytest.mark.req("CHG-01")
DEMANDED = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.load_or_make(tmp_path_factory.mktemp("pki"))


@asynccontextmanager
async def secure(folder: Path, authority: Authority) -> AsyncIterator[tuple[House, int]]:
    files = [authority.server_file(["localhost"], kind=kind) for kind in ("ec", "rsa")]
    async with opened(folder) as house:
        yield house, await house.gateway.open("127.0.0.1", 0, tls=tls.context(authority, files))


def client(authority: Authority, folder: Path, *, issuer: Authority | None = None, name: str = "") -> ssl.SSLContext:
    """A station's side; with a certificate of `issuer` when it is given a name."""
    context = ssl.create_default_context(cafile=str(authority.certificate_file))
    if name:
        certificate, key = (issuer or authority).issue_client(name, "Ampere")
        file = folder / "client.pem"
        file.write_text(key + certificate)
        context.load_cert_chain(file)
    return context


def dial(port: int, context: ssl.SSLContext | None, headers: dict[str, str]) -> connect:
    scheme = "wss" if context else "ws"
    return connect(
        f"{scheme}://localhost:{port}/ocpp/ampere/CP1",
        ssl=context,
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]
        additional_headers=headers,
        open_timeout=5,
    )


async def talks(socket: ClientConnection) -> bool:
    return (await ask(socket, "Heartbeat", {}))[0] == 3


def test_profile_2_is_a_password_over_tls(tmp_path: Path, authority: Authority) -> None:
    async def scene() -> None:
        async with (
            secure(tmp_path, authority) as (house, port),
            dial(port, client(authority, tmp_path), basic("CP1", "secret-of-cp1")) as socket,
        ):
            assert await talks(socket)
            (question,) = house.answers.of(rpc.Connect)
            assert (question.tls, question.certificate, question.password) == (True, None, "secret-of-cp1")

    play(scene)


def test_profile_3_is_a_client_certificate(tmp_path: Path, authority: Authority) -> None:
    async def scene() -> None:
        async with secure(tmp_path, authority) as (house, port):
            house.answers.certified = True
            async with dial(port, client(authority, tmp_path, name="CP1"), {}) as socket:
                assert await talks(socket)
            (question,) = house.answers.of(rpc.Connect)
            assert question.password is None
            shown = question.certificate
            assert shown and (shown.common_name, shown.organisation) == ("CP1", "Ampere")
            assert int(shown.serial, 16) > 0 and len(shown.sha256) == 64

    play(scene)


def test_a_certificate_of_somebody_else_ends_the_handshake(
    tmp_path: Path, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Authority.load_or_make(tmp_path_factory.mktemp("stranger"))

    async def scene() -> None:
        async with secure(tmp_path, authority) as (house, port):
            with pytest.raises((ssl.SSLError, ConnectionError, ConnectionClosed, InvalidMessage)):
                async with dial(port, client(authority, tmp_path, issuer=stranger, name="CP1"), {}) as socket:
                    await talks(socket)
            assert house.answers.of(rpc.Connect) == []

    play(scene)


@pytest.mark.parametrize("cipher", DEMANDED)
def test_the_demanded_ciphers_of_tls_12(tmp_path: Path, authority: Authority, cipher: str) -> None:
    async def scene() -> None:
        async with secure(tmp_path, authority) as (_, port):
            context = client(authority, tmp_path)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(cipher)
            async with dial(port, context, basic("CP1", "secret-of-cp1")) as socket:
                assert socket.transport.get_extra_info("cipher")[0] == cipher
                assert await talks(socket)

    play(scene)


@pytest.mark.parametrize("weak", ["ECDHE-RSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "AES256-SHA", "tls 1.1"])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_weaker_ones_are_refused(tmp_path: Path, authority: Authority, weak: str) -> None:
    async def scene() -> None:
        async with secure(tmp_path, authority) as (house, port):
            context = client(authority, tmp_path)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            if weak == "tls 1.1":
                context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
                context.set_ciphers("ALL:@SECLEVEL=0")
            else:
                context.set_ciphers(weak)
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await dial(port, context, basic("CP1", "secret-of-cp1"))
            assert house.answers.asked == []

    play(scene)


def test_a_port_with_tls_hears_nothing_without(tmp_path: Path, authority: Authority) -> None:
    async def scene() -> None:
        async with secure(tmp_path, authority) as (house, port):
            with pytest.raises((ConnectionError, InvalidMessage, EOFError)):
                await asyncio.wait_for(dial(port, None, basic("CP1", "secret-of-cp1")), 5)
            assert house.answers.asked == []

    play(scene)
