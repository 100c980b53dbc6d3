"""`python -m saas.edge.balancer`: until SIGTERM."""

from saas.edge import boot

boot.prepare("balancer")

import structlog  # noqa: E402

from saas.edge.balancer.loop import LIVE, POWER, Balancer  # noqa: E402
from saas.edge.listen import Listener  # noqa: E402


def main() -> None:
    """Balance until told to stop."""
    balancer = Balancer(Listener(POWER, LIVE))
    boot.on_end(balancer.stop)
    balancer.run()
    structlog.get_logger("balancer").info("stopped")


if __name__ == "__main__":
    main()
