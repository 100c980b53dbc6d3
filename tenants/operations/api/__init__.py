"""`/groups`, `/firmware`, `/rollouts`, `/configuration-templates`."""

from ninja import Router

from .firmware import router as firmware
from .groups import router as groups
from .rollouts import router as rollouts
from .templates import router as templates

router = Router()
for part in (groups, firmware, rollouts, templates):
    router.add_router("", part)

__all__ = ("router",)
