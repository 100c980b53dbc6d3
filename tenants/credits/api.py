"""REST of credits."""

from ninja import Router

router = Router(tags=["credits"])
