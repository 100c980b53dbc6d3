"""The hands of people at simulated stations: one JSON object a line over loopback TCP, one JSON object back.

{"do": "list"}                                                        -> {"ok": true, "stations": [state, …]}
{"do": "plug", "station": S, "outlet": 1, "wants_wh": 20000}          -> {"ok": true}
{"do": "unplug" | "repair", "station": S, "outlet": 1}
{"do": "card", "station": S, "outlet": 1, "id_tag": "04A1B2C3"}       -> {"ok": true}, or false and an error
{"do": "fault", "station": S, "outlet": 1, "code": "GroundFailure"}
{"do": "ignore_limits", "station": S, "outlet": 1, "on": true}
{"do": "offline", "station": S}                                       drops the connection; the station comes back
"""

import asyncio
from collections.abc import Callable
from typing import Any

from firmware.simulator import lines
from firmware.simulator.lines import Answer

from .outlet import Vehicle
from .station import Station

Stations = dict[str, Station]


async def _list(stations: Stations, _request: Answer) -> Answer:
    return {"stations": [station.state() for station in stations.values()]}


async def _plug(stations: Stations, request: Answer) -> Answer:
    vehicle = Vehicle(wants_wh=int(request.get("wants_wh", 30_000)), phases=int(request.get("phases", 3)))
    stations[request["station"]].plug(request["outlet"], vehicle)
    return {}


async def _unplug(stations: Stations, request: Answer) -> Answer:
    stations[request["station"]].unplug(request["outlet"])
    return {}


async def _card(stations: Stations, request: Answer) -> Answer:
    error = await stations[request["station"]].card(request["outlet"], str(request["id_tag"]))
    return {"ok": False, "error": error} if error else {}


async def _fault(stations: Stations, request: Answer) -> Answer:
    stations[request["station"]].outlets[request["outlet"]].fault = str(request.get("code", ""))
    return {}


async def _ignore(stations: Stations, request: Answer) -> Answer:
    stations[request["station"]].outlets[request["outlet"]].ignores_limits = bool(request.get("on", True))
    return {}


async def _offline(stations: Stations, request: Answer) -> Answer:
    await stations[request["station"]].link.drop()
    return {}


ACTIONS: dict[str, Callable[[Stations, Answer], Any]] = {
    "list": _list,
    "plug": _plug,
    "unplug": _unplug,
    "card": _card,
    "fault": _fault,
    "repair": _fault,
    "ignore_limits": _ignore,
    "offline": _offline,
}


async def answer(stations: Stations, line: bytes) -> Answer:
    """The answer to one line."""
    return await lines.answered(line, lambda request: ACTIONS[request["do"]](stations, request))


async def serve(stations: Stations, port: int) -> asyncio.Server:
    """Listens on 127.0.0.1; port 0 takes a free one."""
    return await lines.serve(lambda line: answer(stations, line), port)
