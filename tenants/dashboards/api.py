"""REST of dashboards."""

from ninja import Router

router = Router(tags=["dashboards"])
