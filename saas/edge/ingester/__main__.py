"""`python -m saas.edge.ingester`: until SIGTERM."""

from saas.edge import boot

boot.prepare("ingester")

import structlog  # noqa: E402

from saas.edge.ingester.adapters import adapter  # noqa: E402
from saas.edge.ingester.loop import Ingester, quiet_collector  # noqa: E402
from saas.edge.ingester.shards import share  # noqa: E402
from tenants.charging import actions  # noqa: E402


def main() -> None:
    """Ingest until told to stop."""
    quiet_collector()
    ingester = Ingester(adapter(), actions, share())
    boot.on_end(ingester.stop)
    ingester.run()
    structlog.get_logger("ingester").info("stopped")


if __name__ == "__main__":
    main()
