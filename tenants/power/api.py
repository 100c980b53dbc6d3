"""Smart charging: the limit of a site shared among its sessions."""

from ninja import Router

router = Router()
