"""REST of carbon."""

from ninja import Router

router = Router(tags=["carbon"])
