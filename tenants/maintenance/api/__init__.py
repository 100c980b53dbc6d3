"""REST of maintenance: `/maintenance/…`."""

from ninja import Router

from .alerts import router as alerts
from .orders import router as orders
from .photos import router as photos
from .rules import router as rules

router = Router(tags=["maintenance"])
for _part in (alerts, orders, photos, rules):
    router.add_router("", _part)
