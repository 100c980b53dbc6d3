"""REST of pricing."""

from ninja import Router

router = Router(tags=["pricing"])
