"""The control port: one JSON object a line over loopback TCP, one JSON object back.

{"do": "list"}                                              -> {"ok": true, "devices": [state, …]}
{"do": "state", "device": D}                                -> {"ok": true, "state": {…}}
{"do": "type_code", "device": D, "code": "482913"}          -> {"ok": true} or {"ok": false, "error": "wrong_code"}
{"do": "plug" | "unplug" | "restart", "device": D}
{"do": "fault", "device": D, "fault": "meter_silent", "on": true}   every name of --help, on or off
{"do": "offline", "device": D, "seconds": 30}
{"do": "card", "device": D, "uid": "04A1B2C3D4E5F6"}        -> a card is held to the reader
{"do": "summary"}                                           -> {"ok": true, "summary": {…}}
"""

import asyncio
import json
import socket
from collections.abc import Callable

from firmware.simulator import lines
from firmware.simulator.lines import Answer
from firmware.simulator.street import Street


def _list(street: Street, request: Answer) -> Answer:
    return {"devices": [street.state(name) for name in street.devices]}


def _state(street: Street, request: Answer) -> Answer:
    return {"state": street.state(request["device"])}


def _type_code(street: Street, request: Answer) -> Answer:
    error = street.devices[request["device"]].type_code(str(request["code"]))
    return {"ok": False, "error": error} if error else {}


def _plug(street: Street, request: Answer) -> Answer:
    street.devices[request["device"]].plug(request["do"] == "plug")
    return {}


def _fault(street: Street, request: Answer) -> Answer:
    street.fault(request["device"], request["fault"], bool(request.get("on", True)))
    return {}


def _card(street: Street, request: Answer) -> Answer:
    uid = bytes.fromhex(request["uid"])
    if not 4 <= len(uid) <= 10:
        raise ValueError("a card's number has 4, 7 or 10 bytes")
    street.devices[request["device"]].card(uid)
    return {}


def _summary(street: Street, request: Answer) -> Answer:
    return {"summary": street.summary()}


def _offline(street: Street, request: Answer) -> Answer:
    street.devices[request["device"]].cut_network(float(request["seconds"]))
    return {}


def _restart(street: Street, request: Answer) -> Answer:
    street.restart(request["device"])
    return {}


ACTIONS: dict[str, Callable[[Street, Answer], Answer]] = {
    "list": _list,
    "state": _state,
    "type_code": _type_code,
    "plug": _plug,
    "unplug": _plug,
    "fault": _fault,
    "offline": _offline,
    "card": _card,
    "summary": _summary,
    "restart": _restart,
}


async def answer(street: Street, line: bytes) -> Answer:
    """The answer to one line."""

    async def work(request: Answer) -> Answer:
        if request.get("device", next(iter(street.devices), None)) not in street.devices:
            return {"ok": False, "error": f"no such device: {request.get('device')}"}
        return ACTIONS[request["do"]](street, request)

    return await lines.answered(line, work)


async def serve(street: Street, port: int) -> asyncio.Server:
    """Listens on 127.0.0.1; port 0 takes a free one."""
    return await lines.serve(lambda line: answer(street, line), port)


def ask(port: int, request: Answer, *, timeout_s: float = 5.0) -> Answer:
    """One question to a street in another process. Raises OSError when nobody listens."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        connection.sendall(json.dumps(request).encode() + b"\n")
        reply: Answer = json.loads(connection.makefile("rb").readline())
        return reply
