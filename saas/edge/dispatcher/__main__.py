"""`python -m saas.edge.dispatcher`: until SIGTERM."""

from saas.edge import boot

boot.prepare("dispatcher")

import os  # noqa: E402

import structlog  # noqa: E402

from saas.edge.dispatcher.credentials import CredentialsFile, MosquittoFile  # noqa: E402
from saas.edge.dispatcher.loop import DEVICES, ONLINE, OUTBOX, Dispatcher  # noqa: E402
from saas.edge.listen import Listener  # noqa: E402
from saas.edge.mqtt.link import Link  # noqa: E402
from saas.kit.home import home  # noqa: E402


def main() -> None:
    """Dispatch until told to stop."""
    link = Link("_dispatcher")
    files: list[CredentialsFile | MosquittoFile] = [CredentialsFile(home().path / "broker" / "credentials.json")]
    if "WATTLANE_MOSQUITTO_PID" in os.environ:
        files.append(MosquittoFile(home()))
    dispatcher = Dispatcher(link, files, Listener(OUTBOX, ONLINE, DEVICES))
    boot.on_end(dispatcher.stop)
    link.start()
    dispatcher.run()
    link.stop()
    structlog.get_logger("dispatcher").info("stopped")


if __name__ == "__main__":
    main()
