"""The real ingester with a handler that keeps nothing: for faults of delivery alone, `python -m …quiet_ingester`."""

from saas.edge import boot

boot.prepare("ingester")

from saas.edge.ingester.loop import Ingester  # noqa: E402
from saas.edge.ingester.paho_port import PahoPort  # noqa: E402

from .rig import Memory  # noqa: E402

if __name__ == "__main__":
    port = PahoPort()
    ingester = Ingester(port, Memory())
    boot.on_end(ingester.stop)
    ingester.run()
    port.close()
