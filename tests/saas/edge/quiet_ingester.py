"""The real ingester with a handler that keeps nothing: for faults of delivery alone, `python -m …quiet_ingester`."""

from saas.edge import boot

boot.prepare("ingester")

from saas.edge.ingester.adapters import adapter  # noqa: E402
from saas.edge.ingester.loop import Ingester  # noqa: E402
from saas.edge.ingester.shards import share  # noqa: E402

from .rig import Memory  # noqa: E402

if __name__ == "__main__":
    ingester = Ingester(adapter(), Memory(), share())
    boot.on_end(ingester.stop)
    ingester.run()
