"""The HTTP side of a WebSocket's beginning: the request as it is read, the answers as they are written."""

from collections.abc import Awaitable, Callable
from typing import cast

import structlog
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.streams import StreamReader
from websockets.typing import Subprotocol

from .door import Admitted

log = structlog.get_logger("ocpp")
HEAD_LIMIT = 16 * 1024
Select = Callable[[ServerProtocol, object], Subprotocol | None]


class Refused(Exception):
    """The connection is refused with this HTTP status. `device`: whose, when it is known."""

    def __init__(self, status: int, text: str, *, device: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.device = device


def head_of(data: bytes) -> int | None:
    """How many bytes the head of a request takes; None when it is not whole yet. Raises Refused."""
    end = data.find(b"\r\n\r\n") + 4
    if end >= 4:
        return end
    if len(data) > HEAD_LIMIT:
        raise Refused(431, "The request is too long.")
    return None


def request_of(head: bytes) -> Request:
    """The request. Raises Refused."""
    reader = StreamReader()
    reader.feed_data(head)
    try:
        next(Request.parse(reader.read_line))
    except StopIteration as done:
        return cast(Request, done.value)
    except Exception as wrong:
        log.info("bad_request", reason=str(wrong))
    raise Refused(400, "This is no WebSocket request.")


async def answer_to(request: Request, admission: Awaitable[Admitted]) -> tuple[Response, Admitted | None]:
    """What the request is answered; and who comes in, if anybody does."""
    try:
        admitted = await admission
    except Refused as no:
        return refusal(no), None
    except Exception:
        log.exception("admission_failed")
        return refusal(Refused(500, "The platform failed.")), None
    response = acceptance(request, admitted.subprotocol)
    return response, admitted if response.status_code == 101 else None


def acceptance(request: Request, subprotocol: str) -> Response:
    """101 with the sub-protocol; another status when the request does not ask for a WebSocket."""
    select = cast(Select, lambda _protocol, _offered: subprotocol)
    return ServerProtocol(select_subprotocol=select).accept(request)


def refusal(no: Refused) -> Response:
    """The answer to who is not let in."""
    response = ServerProtocol().reject(no.status, f"{no}\n")
    if no.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Wattlane", charset="UTF-8"'
    if no.status == 503:
        response.headers["Retry-After"] = "10"
    return response
