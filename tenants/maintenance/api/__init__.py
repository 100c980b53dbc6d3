"""REST of maintenance: `/maintenance/…`."""

from ninja import Router

from .alerts import router as alerts
from .orders import router as orders
from .rules import router as rules

router = Router(tags=["maintenance"])
for _part in (alerts, orders, rules):
    router.add_router("", _part)
