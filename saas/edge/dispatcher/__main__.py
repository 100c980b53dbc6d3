"""`python -m saas.edge.dispatcher`: until SIGTERM."""

from saas.edge import boot

boot.prepare("dispatcher")

import os  # noqa: E402

import structlog  # noqa: E402

from saas.edge.broker.credentials import credentials_file  # noqa: E402
from saas.edge.dispatcher import dynsec, watch  # noqa: E402
from saas.edge.dispatcher.credentials import CredentialsFile  # noqa: E402
from saas.edge.dispatcher.loop import DEVICES, ONLINE, OUTBOX, Dispatcher, Keeper  # noqa: E402
from saas.edge.listen import Listener  # noqa: E402
from saas.edge.mqtt.link import Link  # noqa: E402
from saas.kit.home import home  # noqa: E402


def main() -> None:
    """Dispatch until told to stop. `MQTT_URL` names a broker of its own: Mosquitto with its plug-in."""
    link = Link("_dispatcher")
    keeper: Keeper = CredentialsFile(credentials_file(home()))
    if "MQTT_URL" in os.environ:
        keeper = mosquitto = dynsec.Dynsec(link, dynsec.registry, dynsec.passwords, dynsec.promote)
        watch.watch(link, mosquitto.saw)
    dispatcher = Dispatcher(link, keeper, Listener(OUTBOX, ONLINE, DEVICES))
    boot.on_end(dispatcher.stop)
    link.start()
    dispatcher.run()
    link.stop()
    structlog.get_logger("dispatcher").info("stopped")


if __name__ == "__main__":
    main()
