"""`/stations`: OCPP stations, for operators. `{uid}` is a station's uid, or its own OCPP id."""

from ninja import Router

from .files import router as files
from .readback import router as readback
from .stations import router as stations

router = Router(tags=["stations"])
router.add_router("", stations)
router.add_router("", readback)
router.add_router("", files)
