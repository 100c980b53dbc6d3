"""`python -m saas.edge.ocpp`: the OCPP gateway of this installation. SIGTERM or Ctrl-C end it cleanly."""

import argparse
import asyncio
import contextlib
import os
import signal
import ssl
from pathlib import Path

import structlog
import uvloop

from saas.edge.mqtt import rpc
from saas.kit import logs
from saas.kit.home import home
from saas.kit.pki import Authority

from . import tls
from .gateway import Gateway
from .ports import MqttBroker
from .rawlog import RawLog, policy_of
from .services import Services

log = structlog.get_logger("ocpp")
GOODBYE_SECONDS = 2
SECURE = ("2", "3")


def options() -> argparse.Namespace:
    """Command line; ports and secrets come from the installation (WATTLANE_HOME, WATTLANE_OCPP_PORT, MQTT_URL)."""
    parser = argparse.ArgumentParser(prog="saas.edge.ocpp", description=__doc__)
    parser.add_argument("--host", default=home().bind, help="address to listen on (default: WATTLANE_BIND or loopback)")
    parser.add_argument("--certificate", type=Path, help="PEM chain of the TLS port (default: of our own authority)")
    parser.add_argument("--key", type=Path, help="PEM private key of the certificate")
    given = parser.parse_args()
    if (given.certificate is None) != (given.key is None):
        parser.error("--certificate and --key belong together.")
    return given


def tls_of(given: argparse.Namespace) -> ssl.SSLContext:
    """Where we are our own authority, with a key of either kind: the whitepaper's ciphers need both."""
    authority = Authority.load_or_make(home().pki)
    if given.certificate is not None:
        return tls.context(authority, [given.certificate], key=given.key)
    return tls.context(authority, [authority.server_file(home().tls_names, kind=kind) for kind in ("ec", "rsa")])


async def listen(gateway: Gateway, given: argparse.Namespace) -> None:
    """One port without TLS, and one with where WATTLANE_OCPP_TLS_PORT names it. `wattlane demo --conformance` has one
    port, whose kind is that of the profile under test.
    """
    if os.environ.get("WATTLANE_CONFORMANCE_PROFILE") in SECURE:
        await gateway.open(given.host, home().ocpp_port, tls=tls_of(given))
        return
    await gateway.open(given.host, home().ocpp_port)
    if port := home().ocpp_tls_port:
        await gateway.open(given.host, port, tls=tls_of(given))


async def run(given: argparse.Namespace) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker, rawlog = MqttBroker(), RawLog(home().frames, policy_of(dict(os.environ)))
    gateway = Gateway(Services(broker, rpc.Client(broker), rawlog), marks=home().run / "ocpp")
    broker.start()
    writing = asyncio.create_task(rawlog.run())
    await listen(gateway, given)
    await stop.wait()
    await gateway.close()
    await broker.drained(within_s=GOODBYE_SECONDS)
    writing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await writing
    broker.stop()
    log.info("stopped")


def main() -> None:
    """Entry point."""
    logs.configure("gateway")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(options()))


if __name__ == "__main__":
    main()
